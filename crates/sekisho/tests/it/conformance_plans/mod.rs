//! What the OpenID Foundation's plans for FAPI 1.0 Advanced, FAPI 2.0 and FAPI-CIBA do beyond what the tests of each
//! endpoint hold the server to: the same for a client of each profile.

mod assertions;
mod ciba;
mod codes;
mod metadata;
mod requests;

use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};

use crate::{
    app::{Server as _, text},
    fapi::{FAPI1_ADVANCED, FAPI2_MESSAGE_SIGNING, FAPI2_SECURITY, Fapi, FapiApp, Pushed},
};

/// A client of each profile of high risk.
const APPS: [FapiApp; 3] = [FAPI1_ADVANCED, FAPI2_SECURITY, FAPI2_MESSAGE_SIGNING];

/// A request that alice permitted, some parameters replaced, with its code.
async fn permitted(fapi: &Fapi, app: FapiApp, changes: &Value) -> (Pushed, String) {
    let pushed = fapi.push(app, changes).await;
    let answer = fapi.answer(app, &fapi.walk(&pushed).await).await;
    let code = text(&answer, "code").to_owned();
    (pushed, code)
}

/// A request over mutual TLS, with the certificate of the clients.
fn shown(fapi: &Fapi, request: RequestBuilder) -> RequestBuilder {
    let (name, value) = fapi.keys.certificate.client_cert();
    request.header(name, value)
}

/// A POST of a form, over mutual TLS.
async fn post(fapi: &Fapi, path: &str, form: &[(&str, &str)]) -> Response {
    let request = fapi.bank.http.post(fapi.bank.at(path)).form(form);
    shown(fapi, request).send().await.unwrap()
}

/// A POST of a form with an assertion of the client, over mutual TLS.
async fn post_as(fapi: &Fapi, app: FapiApp, path: &str, form: &[(&str, &str)]) -> Response {
    shown(fapi, fapi.post(app, path, form)).send().await.unwrap()
}

/// Changes of a request, so that a refresh token comes of it.
fn for_long() -> Value {
    json!({"scope": "openid offline_access accounts:read"})
}
