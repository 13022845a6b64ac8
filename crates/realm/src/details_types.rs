//! The types of authorization details of a realm, with their schemas ready to check.
//!
//! Spec: RFC 9396 §2.1 ("unique for the described API in the context of the AS") and §5

use std::collections::BTreeMap;

use model::{Api, DetailsType};
use protocol::{authorization_details, json_schema::JsonSchema};

/// A type that can be asked for.
#[derive(Debug)]
pub struct KnownType {
    /// The identifier of the API that it belongs to.
    pub api: String,
    /// How it was described.
    pub settings: DetailsType,
    /// What its objects look like.
    pub schema: JsonSchema,
}

/// The types, by name.
#[derive(Debug, Default)]
pub struct DetailsTypes(BTreeMap<String, KnownType>);

impl DetailsTypes {
    /// Those of these APIs. Schemas were checked when the APIs were written; a type whose schema is none all the same
    /// cannot be asked for.
    pub fn of(issuer: &str, apis: &[Api]) -> Self {
        let types = apis
            .iter()
            .flat_map(|api| api.authorization_details.iter().map(move |settings| (api, settings)));
        let known = types.filter_map(|(api, settings)| match JsonSchema::compile(&settings.schema) {
            Ok(schema) => {
                let known = KnownType {
                    api: api.identifier.clone(),
                    settings: settings.clone(),
                    schema,
                };
                Some((settings.name.clone(), known))
            }
            Err(error) => {
                tracing::error!(issuer, r#type = settings.name, %error, "a type of authorization_details is unusable");
                None
            }
        });
        Self(known.collect())
    }

    /// The type of this name.
    pub fn find(&self, name: &str) -> Option<&KnownType> {
        self.0.get(name)
    }

    /// The names of all types.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether a member of a type is a list of which some items can be left out: each adds a right.
    pub fn may_shrink(&self, name: &str, member: &str) -> bool {
        let is_chosen = |known: &KnownType| known.settings.choose.as_deref() == Some(member);
        authorization_details::is_adding(member) || self.find(name).is_some_and(is_chosen)
    }
}
