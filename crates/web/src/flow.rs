//! How a flow travels: sealed, in a cookie named by its id; only the id is ever in a URL.
//!
//! Every form carries the sealed flow too. Form and cookie must agree, which binds the form to this browser; and
//! when the cookie was lost half-way, the form still knows which request to begin again with.

use ::oauth::authorize::Person;
use explanation::{
    Explain, Explanation,
    catalogue::{server, sign_in},
};
use jose::{b64, constant_time_eq, hmac_sha256};
use model::{Flow, flow::LIFETIME};
use protocol::form::Form;
use realm::{Purpose, RealmContext, RealmError};
use storage::{Change, Outcome, StorageError, stored_flow};

use crate::extract::{Call, cookies};

/// The largest sealed flow that a cookie carries, in characters.
const COOKIE_LIMIT: usize = 3 * 1024;
/// How many large flows a realm keeps as rows.
const QUOTA: i64 = 10_000;
/// How many flows a browser may have at once; opening more ends the oldest.
const FLOWS_AT_ONCE: usize = 8;
/// Marks a cookie that only names a row.
const ROW: &str = "row.";

/// Why a flow cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    /// The browser has no such flow: cookies are blocked or were removed.
    #[error("the flow is not known in this browser")]
    Lost,
    /// The flow expired or its cookie was lost, but it is known what it was for.
    #[error("the flow expired or its cookie was lost; it begins again")]
    BeginAgain(Box<Flow>),
    /// Too many large flows at once.
    #[error("too many large requests are in progress")]
    TooMany,
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Keys.
    #[error(transparent)]
    Realm(#[from] RealmError),
}

impl Explain for FlowError {
    fn explanation(&self) -> Explanation {
        let reason = match self {
            Self::Lost | Self::BeginAgain(_) => &sign_in::FLOW_LOST,
            Self::TooMany => &sign_in::TOO_MANY_FLOWS,
            Self::Storage(_) | Self::Realm(_) => &server::UNAVAILABLE,
        };
        reason.into()
    }
}

/// An open flow, with the text that its forms carry.
pub struct OpenFlow {
    /// The flow.
    pub flow: Flow,
    /// What the form must bring.
    pub carried: String,
}

impl OpenFlow {
    /// What a form must bring back that only the user who was shown it may answer. It belongs to the flow and to that
    /// user: another one may have signed in since, in another tab; nobody answers for somebody else.
    pub fn csrf_of(&self, person: &Person) -> String {
        let of_flow = &self.flow.csrf;
        let of_user = hmac_sha256(of_flow.as_bytes(), person.user.id.as_bytes());
        format!("{of_flow}.{}", b64::encode(of_user))
    }

    /// Whether a form brought that back; compared in constant time.
    pub fn is_csrf_of(&self, person: &Person, presented: &str) -> bool {
        constant_time_eq(self.csrf_of(person).as_bytes(), presented.as_bytes())
    }
}

/// Puts a flow on its way, new or changed. Answers the cookies to set.
pub async fn begin(call: &Call, flow: &Flow) -> Result<Vec<String>, FlowError> {
    let realm = &call.realm.realm;
    let text = carry(&call.realm, flow).await?;
    let name = authn::session::flow_cookie_name(realm, &flow.id);
    let mut cookies = vec![cookies::set(realm, &name, &text, Some(LIFETIME))];
    cookies.extend(
        oldest(call, &name)
            .iter()
            .map(|name| cookies::set(realm, name, "", Some(0))),
    );
    Ok(cookies)
}

/// The text that carries a flow: sealed, or the name of its row.
pub async fn carry(realm: &RealmContext, flow: &Flow) -> Result<String, FlowError> {
    let sealed = realm.seal(Purpose::Flow, flow)?;
    let text = b64::encode(&sealed);
    if text.len() <= COOKIE_LIMIT {
        return Ok(text);
    }
    if !realm.store.has_room_for_flows(realm.issuer(), QUOTA).await? {
        return Err(FlowError::TooMany);
    }
    let key = jose::random_token();
    let put = stored_flow::put(
        realm.issuer(),
        &row_id(&key),
        &sealed,
        flow.created_at + LIFETIME,
        QUOTA,
    );
    if realm.store.commit(Change::new().then(put)).await? == Outcome::Missed {
        return Err(FlowError::TooMany);
    }
    Ok(format!("{ROW}{key}"))
}

/// The cookies of the oldest flows, beyond what a browser may have at once besides the one of this name.
fn oldest(call: &Call, this: &str) -> Vec<String> {
    let prefix = authn::session::flow_cookie_name(&call.realm.realm, "");
    let mut flows: Vec<(i64, &str)> = call
        .cookies
        .with_prefix(&prefix)
        .filter(|(name, _)| *name != this)
        .map(|(name, value)| {
            let begun = b64::decode(value).and_then(|sealed| call.realm.open::<Flow>(Purpose::Flow, &sealed));
            (begun.map_or(0, |flow| flow.created_at), name)
        })
        .collect();
    flows.sort_unstable();
    let too_many = (flows.len() + 1).saturating_sub(FLOWS_AT_ONCE);
    flows
        .into_iter()
        .take(too_many)
        .map(|(_, name)| name.to_owned())
        .collect()
}

/// The row of a large flow: found by a secret that only the browser's cookie knows.
fn row_id(key: &str) -> String {
    b64::encode(jose::sha256(key.as_bytes()))
}

/// The flow that a URL names by its id.
pub async fn resume(call: &Call, id: &str) -> Result<OpenFlow, FlowError> {
    let name = authn::session::flow_cookie_name(&call.realm.realm, id);
    let carried = call.cookies.get(&name).ok_or(FlowError::Lost)?;
    let flow = open(&call.realm, carried, None).await?;
    if flow.id != id {
        return Err(FlowError::Lost);
    }
    Ok(OpenFlow {
        flow,
        carried: carried.to_owned(),
    })
}

/// The flow that a form continues: what the form carries must be what the cookie holds.
pub async fn submitted(call: &Call, carried: &str, csrf: &str) -> Result<OpenFlow, FlowError> {
    let flow = open(&call.realm, carried, None).await?;
    let name = authn::session::flow_cookie_name(&call.realm.realm, &flow.id);
    let is_ours = call
        .cookies
        .get(&name)
        .is_some_and(|cookie| constant_time_eq(cookie.as_bytes(), carried.as_bytes()));
    if !is_ours || !flow.is_csrf(csrf) || !call.is_same_origin() {
        return Err(FlowError::BeginAgain(Box::new(flow)));
    }
    Ok(OpenFlow {
        flow,
        carried: carried.to_owned(),
    })
}

/// The flow that a form continues of which [`OpenFlow::csrf_of`] says who may answer it; that is yet to be checked.
pub async fn submitted_by_someone(call: &Call, form: &Form) -> Result<OpenFlow, FlowError> {
    let (carried, csrf) = (form.first("flow").unwrap_or(""), form.first("csrf").unwrap_or(""));
    submitted(call, carried, csrf.split('.').next().unwrap_or("")).await
}

/// Opens what carries a flow, if its steps are shown by this client itself; `None`: by the pages.
pub async fn open(realm: &RealmContext, carried: &str, shown_by: Option<&str>) -> Result<Flow, FlowError> {
    let sealed = match carried.strip_prefix(ROW) {
        Some(key) => {
            realm
                .store
                .find_stored_flow(realm.issuer(), &row_id(key), realm.now())
                .await?
        }
        None => b64::decode(carried),
    };
    let flow = sealed
        .and_then(|sealed| realm.open::<Flow>(Purpose::Flow, &sealed))
        .filter(|flow| flow.shown_by.as_deref() == shown_by)
        .ok_or(FlowError::Lost)?;
    if flow.is_expired(realm.now()) {
        return Err(FlowError::BeginAgain(Box::new(flow)));
    }
    Ok(flow)
}
