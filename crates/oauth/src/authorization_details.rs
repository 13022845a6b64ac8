//! Authorization details: which of them a client may ask for, and which of them a token has.
//!
//! Spec: RFC 9396 §3.2, §5, §6, §9.1 and §10
//!
//! A type belongs to one API, and so do its objects: `resource` does not change that (§3.2), and where a token goes to
//! some APIs alone, it has the objects of theirs. A client may ask for the types that it is registered for.

use explanation::{Explain, Explanation, catalogue::authorization_details as catalogue};
use protocol::{
    ClientMetadata,
    authorization_details::{AuthorizationDetail, AuthorizationDetails, AuthorizationDetailsError},
    error_code::ErrorCode,
    form::Form,
    json_schema::Violation,
};
use realm::{DetailsTypes, KnownType, RealmContext};

/// How much of a type that somebody sent is said back.
const SHOWN: usize = 60;

/// Why details are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DetailsRefusal {
    /// Not what the parameter can be.
    #[error("authorization_details: {0}")]
    Malformed(#[from] AuthorizationDetailsError),
    /// No API has the type.
    #[error("authorization_details: $[{index}].type: {name} is no type that is known here; known are: {known}")]
    UnknownType {
        /// Which object.
        index: usize,
        /// The type that it says.
        name: String,
        /// Those that there are.
        known: String,
    },
    /// The client may not ask for it.
    #[error(
        "authorization_details: $[{index}].type: the client is not registered for {name} (authorization_details_types)"
    )]
    NotRegistered {
        /// Which object.
        index: usize,
        /// Its type.
        name: String,
    },
    /// Not as its type wants it.
    #[error("authorization_details: {0}")]
    Violation(#[from] Violation),
    /// More than was granted.
    #[error("authorization_details: more is asked for than was granted")]
    TooWide,
}

impl DetailsRefusal {
    /// "The AS MUST abort processing and respond with an error `invalid_authorization_details`" (RFC 9396 §5).
    pub const fn code(&self) -> ErrorCode {
        ErrorCode::InvalidAuthorizationDetails
    }
}

impl Explain for DetailsRefusal {
    fn explanation(&self) -> Explanation {
        match self {
            Self::Malformed(error) => error.explanation(),
            Self::UnknownType { name, known, .. } => Explanation::from(&catalogue::UNKNOWN_TYPE).with(known, name),
            Self::NotRegistered { name, .. } => Explanation::from(&catalogue::NOT_REGISTERED).found(name),
            Self::Violation(violation) => violation.explanation(),
            Self::TooWide => (&catalogue::TOO_WIDE).into(),
        }
    }
}

/// The parameter of a request; empty when there is none.
pub fn asked(form: &Form) -> Result<AuthorizationDetails, DetailsRefusal> {
    let text = form.first("authorization_details");
    Ok(text.map(AuthorizationDetails::parse).transpose()?.unwrap_or_default())
}

/// Whether a client may ask for these: each is of a type that is known, registered for it, and as the type wants it.
pub fn check(
    realm: &RealmContext,
    client: &ClientMetadata,
    details: &AuthorizationDetails,
) -> Result<(), DetailsRefusal> {
    for (index, detail) in details.iter().enumerate() {
        let name: String = detail.type_name().chars().take(SHOWN).collect();
        let Some(known) = realm.details_types.find(detail.type_name()) else {
            let known = realm.details_types.names().collect::<Vec<_>>().join(", ");
            return Err(DetailsRefusal::UnknownType { index, name, known });
        };
        if !client.authorization_details_types.contains(&known.settings.name) {
            return Err(DetailsRefusal::NotRegistered { index, name });
        }
        known.schema.check(detail.members(), &format!("$[{index}]"))?;
    }
    Ok(())
}

/// What the user leaves of what is asked for: `is_ticked` says of an object, `is_item_ticked` of an object and an item of
/// the list of which its type lets the user choose. An object of which too little is left is left out.
pub fn chosen(
    realm: &RealmContext,
    asked: &AuthorizationDetails,
    is_ticked: impl Fn(usize) -> bool,
    is_item_ticked: impl Fn(usize, usize) -> bool,
) -> AuthorizationDetails {
    let left = |(index, detail): (usize, &AuthorizationDetail)| {
        let known = realm
            .details_types
            .find(detail.type_name())
            .filter(|_| is_ticked(index))?;
        let list = known.settings.choose.as_deref();
        let left = match list.filter(|list| detail.members().contains_key(*list)) {
            Some(list) => detail.with_items(list, |item| is_item_ticked(index, item))?,
            None => detail.clone(),
        };
        known.schema.check(left.members(), "$").is_ok().then_some(left)
    };
    asked.iter().enumerate().filter_map(left).collect()
}

/// Whether these are as their types want them.
fn conform(realm: &RealmContext, details: &AuthorizationDetails) -> Result<(), Violation> {
    details.iter().enumerate().try_for_each(|(index, detail)| {
        let known = realm.details_types.find(detail.type_name());
        known.map_or(Ok(()), |known| {
            known.schema.check(detail.members(), &format!("$[{index}]"))
        })
    })
}

/// The APIs to which these belong.
pub(crate) fn owners<'a>(realm: &'a RealmContext, details: &'a AuthorizationDetails) -> impl Iterator<Item = &'a str> {
    details
        .types()
        .filter_map(|name| realm.details_types.find(name))
        .map(|known| known.api.as_str())
}

fn of_type(
    types: &DetailsTypes,
    details: &AuthorizationDetails,
    is_meant: impl Fn(&KnownType) -> bool,
) -> AuthorizationDetails {
    details.filter(|detail| types.find(detail.type_name()).is_some_and(&is_meant))
}

/// Those of the APIs of an audience: "filtered to the specific audience" (RFC 9396 §9.1).
pub(crate) fn for_audience(
    realm: &RealmContext,
    details: &AuthorizationDetails,
    audience: &[String],
) -> AuthorizationDetails {
    of_type(&realm.details_types, details, |known| audience.contains(&known.api))
}

/// Those that an API may hear of which has this client's credentials.
pub(crate) fn for_api_of(
    realm: &RealmContext,
    details: &AuthorizationDetails,
    client_id: &str,
) -> AuthorizationDetails {
    let may_ask = |known: &KnownType| {
        let mut apis = realm.apis.iter().filter(|api| api.identifier == known.api);
        apis.any(|api| api.introspection.iter().any(|id| id == client_id))
    };
    of_type(&realm.details_types, details, may_ask)
}

/// Those that the client is still registered for.
pub(crate) fn registered(
    realm: &RealmContext,
    client: &ClientMetadata,
    details: &AuthorizationDetails,
) -> AuthorizationDetails {
    of_type(&realm.details_types, details, |known| {
        client.authorization_details_types.contains(&known.settings.name)
    })
}

/// Those of which a permission is remembered; the others are asked for each time.
pub(crate) fn remembered(types: &DetailsTypes, details: &AuthorizationDetails) -> AuthorizationDetails {
    of_type(types, details, |known| known.settings.remember)
}

/// What of these is part of what was granted.
pub(crate) fn within(
    types: &DetailsTypes,
    details: &AuthorizationDetails,
    granted: &AuthorizationDetails,
) -> AuthorizationDetails {
    details.within(granted, &|name, member| types.may_shrink(name, member))
}

/// What a token request leaves of what was granted; all of it when it does not say (RFC 9396 §6, §7). What is left must
/// still be as its type wants it: less is not always possible.
pub(crate) fn narrow(
    realm: &RealmContext,
    granted: &AuthorizationDetails,
    form: &Form,
) -> Result<AuthorizationDetails, DetailsRefusal> {
    if form.first("authorization_details").is_none() {
        return Ok(granted.clone());
    }
    let may_shrink = |name: &str, member: &str| realm.details_types.may_shrink(name, member);
    let narrowed = granted
        .narrowed(&asked(form)?, &may_shrink)
        .ok_or(DetailsRefusal::TooWide)?;
    conform(realm, &narrowed)?;
    Ok(narrowed)
}
