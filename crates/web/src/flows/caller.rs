//! Who calls `/flows`: an app of the organisation itself, by a script of one of its own origins, or without a browser.
//!
//! Spec: RFC 6454 §7, RFC 6265 §8.2
//!
//! A script has the cookies that the pages have, and never sees them. An app without a browser is handed the same as one
//! text, sealed for its client, and sends it in each body; no cookie counts for it. So nobody's browser can be made to act
//! here: whoever has its cookies is a script of another origin, which is refused, or none.

use std::sync::Arc;

use authn::session::{cookie_name, device_cookie_name};
use axum::{
    extract::{FromRequest, Request},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use explanation::catalogue::authorize as catalogue;
use jose::b64;
use model::{Client, Session};
use protocol::form::Form;
use realm::{Purpose, trail};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::refusal::{FlowsRefusal, refused};
use crate::{
    account::sign_in::cookies_of,
    app::App,
    extract::{self, Call, Cookies},
};

/// How long a browser may remember that it may ask, in seconds.
const PREFLIGHT_MAX_AGE: &str = "600";

/// A call of an app that may show the steps of flows itself.
pub struct Caller {
    /// The call. Its cookies are those of the browser, or what the app has sent in their place.
    pub call: Call,
    /// The app.
    pub client: Client,
    /// The origin of the script that calls; `None`: no browser does.
    origin: Option<HeaderValue>,
    /// What is to be set in the browser.
    set: Vec<String>,
}

/// What an app without a browser has in the place of cookies.
#[derive(Serialize, Deserialize)]
struct Kept {
    client_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    device: Option<String>,
}

impl Caller {
    /// Who calls; otherwise the refusal.
    pub async fn of(mut call: Call) -> Result<Self, Box<Response>> {
        match permitted(&call).await {
            Ok((client, origin)) => {
                if origin.is_none() {
                    call.cookies = Cookies::default();
                }
                let set = Vec::new();
                Ok(Self {
                    call,
                    client,
                    origin,
                    set,
                })
            }
            Err(refusal) => Err(Box::new(refused(&call, &refusal))),
        }
    }

    /// Takes what an app without a browser has sent of its user's session. What is not its own counts as none.
    pub fn bring(&mut self, session: Option<&str>) {
        let realm = &self.call.realm;
        let sealed = session.filter(|_| self.origin.is_none()).and_then(b64::decode);
        let kept = sealed.and_then(|sealed| realm.open::<Kept>(Purpose::Device, &sealed));
        let Some(kept) = kept.filter(|kept| kept.client_id == self.client.id()) else {
            return;
        };
        let names = [cookie_name(&realm.realm), device_cookie_name(&realm.realm)];
        for (name, value) in names.iter().zip([kept.session, kept.device]) {
            if let Some(value) = value {
                self.call.cookies.put(name, &value);
            }
        }
    }

    /// A session began or goes on with a new secret; the device is named after a sign-in.
    pub fn keep(&mut self, (session, secret): (&Session, &str), device: Option<&String>) {
        if self.origin.is_some() {
            self.set = cookies_of(&self.call, (session, secret), device);
        }
        let realm = Arc::clone(&self.call.realm);
        self.call.cookies.put(&cookie_name(&realm.realm), secret);
        if let Some(device) = device {
            self.call.cookies.put(&device_cookie_name(&realm.realm), device);
        }
    }

    /// What an app without a browser is to send next time; `None` for scripts, and as long as nobody signed in.
    pub fn kept(&self) -> Result<Option<String>, FlowsRefusal> {
        let (call, realm) = (&self.call, &self.call.realm);
        let kept = Kept {
            client_id: self.client.id().to_owned(),
            session: call.session_cookie().map(str::to_owned),
            device: call.cookies.get(&device_cookie_name(&realm.realm)).map(str::to_owned),
        };
        if self.origin.is_some() || (kept.session.is_none() && kept.device.is_none()) {
            return Ok(None);
        }
        Ok(Some(b64::encode(realm.seal(Purpose::Device, &kept)?)))
    }

    /// Lets the script read the answer, and sets what its browser is to keep.
    pub fn readable(&self, mut response: Response) -> Response {
        let headers = response.headers_mut();
        headers.insert(header::VARY, HeaderValue::from_static("Origin"));
        if let Some(origin) = &self.origin {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers.insert(
                header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
                HeaderValue::from_static("true"),
            );
            let exposed = HeaderValue::from_static("sekisho-explain, retry-after");
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
        }
        for cookie in self.set.iter().filter_map(|cookie| HeaderValue::from_str(cookie).ok()) {
            headers.append(header::SET_COOKIE, cookie);
        }
        response
    }
}

/// The client, which must be the organisation's own, and the origin of the script that calls, which must be the client's.
async fn permitted(call: &Call) -> Result<(Client, Option<HeaderValue>), FlowsRefusal> {
    let query = Form::parse(call.query().as_bytes()).unwrap_or_default();
    let client_id = query.get("client_id").ok().flatten();
    let client_id = client_id.ok_or(FlowsRefusal::ClientMissing)?;
    trail::says_client(client_id);
    let found = call.realm.store.find_client(call.realm.issuer(), client_id).await?;
    let client = found.filter(|client| client.enabled);
    let client = client.ok_or_else(|| FlowsRefusal::ClientUnknown(client_id.to_owned()))?;
    trail::passed(&catalogue::CLIENT);
    if !client.metadata.first_party {
        return Err(FlowsRefusal::NotFirstParty);
    }
    // Browsers say `Origin` with every POST, `Sec-Fetch-Site` with everything.
    let is_script = call.headers.contains_key(header::ORIGIN) || call.headers.contains_key("sec-fetch-site");
    if !is_script {
        return Ok((client, None));
    }
    let origin = call.header("origin").unwrap_or_default();
    if !client.metadata.origins.iter().any(|own| own == origin) {
        return Err(FlowsRefusal::Origin(origin.to_owned()));
    }
    let origin = call.headers.get(header::ORIGIN).cloned();
    Ok((client, origin))
}

/// Answers a CORS preflight: `client_id` in the query says whose origins count.
pub async fn preflight(call: Call) -> Response {
    let caller = match Caller::of(call).await {
        Ok(caller) => caller,
        Err(response) => return *response,
    };
    let mut response = caller.readable(StatusCode::NO_CONTENT.into_response());
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "POST"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "content-type"),
        (header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_MAX_AGE),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// A call of `/flows`, and what is in its body. Who calls is looked at first.
pub struct FlowsCall {
    /// Who calls.
    pub caller: Caller,
    /// The JSON in its body.
    pub body: Value,
}

impl FromRequest<Arc<App>> for FlowsCall {
    type Rejection = Response;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Response> {
        let (call, body) = extract::begin(request, app);
        let caller = Caller::of(call).await.map_err(|response| *response)?;
        match extract::json_value(&caller.call, body).await {
            Ok(body) => Ok(Self { caller, body }),
            Err(error) => Err(caller.readable(refused(&caller.call, &error.into()))),
        }
    }
}
