//! What is known of a sign-in, and how Cedar is told.

use std::{
    collections::{HashMap, HashSet},
    net::IpAddr,
};

use cedar_policy::{
    Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, Request, RestrictedExpression, Schema,
};
use protocol::acr::Acr;
use serde_json::{Map, Value};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::schema::{self, ACTION};

/// What is known of a sign-in, or of the use of a session.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// The user's name.
    pub username: String,
    /// The names of the user's groups.
    pub groups: Vec<String>,
    /// The user's claims.
    pub claims: Map<String, Value>,
    /// How closely it was looked at who the user is.
    pub proofing: Option<Acr>,
    /// For which app; empty: for the user's own pages.
    pub client: String,
    /// For which APIs.
    pub apis: Vec<String>,
    /// From which address.
    pub address: IpAddr,
    /// Whether the user used an app on this device before.
    pub is_recognised: bool,
    /// Whether the device showed a certificate.
    pub has_certificate: bool,
    /// Whether the user was seen in this network before.
    pub knows_network: bool,
    /// How many attempts of the user failed within a day.
    pub failures: i64,
    /// When, unix seconds.
    pub at: i64,
}

impl Facts {
    /// The request to Cedar, with the user as an entity.
    pub(crate) fn ask(&self, schema: &Schema) -> Result<(Request, Entities), String> {
        let user = uid("User", &self.username)?;
        let attributes = HashMap::from([
            ("username".to_owned(), text(&self.username)),
            ("groups".to_owned(), texts(&self.groups)),
            ("proofing".to_owned(), number(self.proofing.map_or(0, level))),
            ("claims".to_owned(), self.known_claims()?),
        ]);
        let entity = Entity::new(user.clone(), attributes, HashSet::new()).map_err(|error| error.to_string())?;
        let entities = Entities::from_entities([entity], Some(schema)).map_err(|error| error.to_string())?;
        let context = Context::from_pairs(self.context()?).map_err(|error| error.to_string())?;
        let request = Request::new(
            user,
            uid("Action", ACTION)?,
            uid("Client", &self.client)?,
            context,
            Some(schema),
        );
        Ok((request.map_err(|error| error.to_string())?, entities))
    }

    fn context(&self) -> Result<Vec<(String, RestrictedExpression)>, String> {
        let now = OffsetDateTime::from_unix_timestamp(self.at).map_err(|error| error.to_string())?;
        let minutes = self.at.div_euclid(60);
        // Unix time began on a Thursday.
        let week_minute = (minutes + 3 * 24 * 60).rem_euclid(7 * 24 * 60);
        let now = now.format(&Rfc3339).map_err(|error| error.to_string())?;
        let pairs = [
            ("client", text(&self.client)),
            ("apis", texts(&self.apis)),
            (
                "address",
                RestrictedExpression::new_ip(self.address.to_canonical().to_string()),
            ),
            ("recognised", RestrictedExpression::new_bool(self.is_recognised)),
            ("certificate", RestrictedExpression::new_bool(self.has_certificate)),
            ("known_network", RestrictedExpression::new_bool(self.knows_network)),
            ("failures", number(self.failures)),
            ("now", RestrictedExpression::new_datetime(now)),
            ("week_minute", number(week_minute)),
        ];
        Ok(pairs
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect())
    }

    /// The claims that conditions can speak of.
    fn known_claims(&self) -> Result<RestrictedExpression, String> {
        let known = self.claims.iter().filter_map(|(name, value)| {
            let value = match (schema::claim(name)?, value) {
                (true, Value::Bool(flag)) => RestrictedExpression::new_bool(*flag),
                (false, Value::String(value)) => text(value),
                _ => return None,
            };
            Some((name.clone(), value))
        });
        RestrictedExpression::new_record(known).map_err(|error| error.to_string())
    }
}

/// A level as a number: 1 to 4.
const fn level(level: Acr) -> i64 {
    match level {
        Acr::Loa1 => 1,
        Acr::Loa2 => 2,
        Acr::Loa3 | Acr::Phr | Acr::Phrh => 3,
        Acr::Loa4 => 4,
    }
}

fn uid(kind: &str, id: &str) -> Result<EntityUid, String> {
    let kind: EntityTypeName = kind.parse().map_err(|error| format!("{error}"))?;
    Ok(EntityUid::from_type_name_and_id(kind, EntityId::new(id)))
}

fn text(value: &str) -> RestrictedExpression {
    RestrictedExpression::new_string(value.to_owned())
}

fn texts(values: &[String]) -> RestrictedExpression {
    RestrictedExpression::new_set(values.iter().map(|value| text(value)))
}

fn number(value: i64) -> RestrictedExpression {
    RestrictedExpression::new_long(value)
}
