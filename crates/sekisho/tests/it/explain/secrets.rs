//! No secret that a request brings is in what is remembered of it, whatever it was refused for.

use reqwest::Response;
use testkit::realm;

use super::recorded::explain;
use crate::{
    app::{CLI, POST_APP, ROBOT, WEB_APP, header, text},
    bank::Bank,
    request::{Request, post},
};

const SCOPE: &str = "openid offline_access accounts:read";
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const WRONG: &str = "a-secret-that-nobody-has";
const PASSWORD: &str = "a password that nobody has";
const STATE: &str = "a-state-that-nobody-may-see";

/// Everything that must not be seen again.
struct Secrets {
    all: Vec<String>,
    code: String,
    verifier: String,
    access: String,
    refresh: String,
    jwt: String,
}

impl Secrets {
    async fn of(bank: &Bank) -> Self {
        let code = WEB_APP.code(bank, SCOPE).await;
        let tokens = WEB_APP.tokens(bank, SCOPE).await;
        let of = |name| text(&tokens, name).to_owned();
        let (access, refresh, jwt) = (of("access_token"), of("refresh_token"), of("id_token"));
        let mut all = vec![
            code.text.clone(),
            code.verifier.clone(),
            access.clone(),
            refresh.clone(),
        ];
        // Each part of a JWT, since any of them may be cut out.
        all.extend(jwt.split('.').map(str::to_owned));
        all.extend(["web-app", "post-app", "robot", "bank-api"].map(realm::secret));
        all.extend([realm::password("alice"), WRONG.into(), PASSWORD.into(), STATE.into()]);
        Self {
            all,
            code: code.text,
            verifier: code.verifier,
            access,
            refresh,
            jwt,
        }
    }
}

/// At the token endpoint: another client's, with something else that is wrong, twice, and as what they are not.
async fn at_token(bank: &Bank, secrets: &Secrets) -> Vec<Response> {
    let (code, verifier, own) = (&*secrets.code, &*secrets.verifier, realm::secret("web-app"));
    let redeem = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("code_verifier", verifier),
    ];
    let refreshing = [("grant_type", "refresh_token"), ("refresh_token", &*secrets.refresh)];
    let elsewhere = format!("{}?code={code}&state={STATE}", WEB_APP.redirect_uri);
    let bearer = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
        ("assertion", &*secrets.jwt),
    ];
    let exchange = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token", &*secrets.access),
        ("subject_token_type", &*secrets.access),
    ];
    let password = [
        ("grant_type", "password"),
        ("username", "alice"),
        ("password", PASSWORD),
    ];
    let mut answers = Vec::new();
    for (app, form) in [
        (CLI, redeem.to_vec()),
        (POST_APP, redeem.to_vec()),
        (POST_APP, refreshing.to_vec()),
        (WEB_APP, [&redeem[..], &[("redirect_uri", &*elsewhere)]].concat()),
        (WEB_APP, [&redeem[..], &redeem[1..2]].concat()),
        (WEB_APP, password.to_vec()),
        (WEB_APP, vec![("grant_type", code)]),
        (WEB_APP, vec![("grant_type", "refresh_token"), ("refresh_token", code)]),
        (
            WEB_APP,
            [&refreshing[..], &[("scope", "openid payments:write")]].concat(),
        ),
        (WEB_APP, [&redeem[..], &[("client_secret", &*own)]].concat()),
        (WEB_APP, bearer.to_vec()),
        (WEB_APP, exchange.to_vec()),
        (ROBOT, exchange.to_vec()),
    ] {
        answers.push(app.post(bank, "/token", &form).await);
    }
    let post = || bank.http.post(bank.url("/token"));
    let twice = [
        ("client_id", "web-app"),
        ("client_secret", &own),
        ("client_secret", WRONG),
    ];
    let asserted = [
        ("client_assertion_type", ASSERTION),
        ("client_assertion", &*secrets.jwt),
    ];
    for request in [
        post().basic_auth("web-app", Some(WRONG)).form(&redeem),
        post().header("authorization", format!("Basic {own}")).form(&redeem),
        // The two mixed up, as happens in a configuration.
        post().basic_auth(&own, Some("web-app")).form(&refreshing),
        post().form(&twice),
        post().form(&[&redeem[..], &asserted].concat()),
        post().json(&serde_json::json!({ "code": code, "client_secret": own })),
        post()
            .body(format!("code={code}%ZZ"))
            .header("content-type", "application/x-www-form-urlencoded"),
        post()
            .basic_auth("web-app", Some(&own))
            .header("dpop", &*secrets.jwt)
            .form(&redeem),
        bank.http.get(bank.url(&format!("/token?code={code}"))),
    ] {
        answers.push(request.send().await.unwrap());
    }
    answers
}

/// At the other endpoints that programs call.
async fn at_other_endpoints(bank: &Bank, secrets: &Secrets) -> Vec<Response> {
    let (code, access, jwt, own) = (
        &*secrets.code,
        &*secrets.access,
        &*secrets.jwt,
        realm::secret("web-app"),
    );
    let post = |path: &str| bank.http.post(bank.url(path));
    let get = |path: &str| bank.http.get(bank.url(path));
    let of_api = realm::secret("bank-api");
    let mut answers = Vec::new();
    for request in [
        post("/introspect").form(&[("token", access), ("client_id", "cli")]),
        post("/introspect")
            .basic_auth("bank-api", Some(WRONG))
            .form(&[("token", access)]),
        post("/revoke")
            .basic_auth("bank-api", Some(&of_api))
            .form(&[("token", access)]),
        post("/par").basic_auth("web-app", Some(&own)).form(&[("request", jwt)]),
        post("/par")
            .basic_auth("web-app", Some(&own))
            .form(&[("request_uri", code)]),
        post("/register")
            .bearer_auth(access)
            .json(&serde_json::json!({ "client_secret": own })),
        get("/userinfo").bearer_auth(jwt),
        get(&format!("/userinfo?access_token={access}")),
        get("/userinfo")
            .header("authorization", format!("DPoP {access}"))
            .header("dpop", jwt),
        get("/grants/x").bearer_auth(access),
    ] {
        answers.push(request.send().await.unwrap());
    }
    answers
}

/// Where browsers go.
async fn at_pages(bank: &Bank, secrets: &Secrets) -> Vec<Response> {
    let (code, access, jwt) = (&*secrets.code, &*secrets.access, &*secrets.jwt);
    let request = || Request::code(SCOPE).with("state", STATE);
    let own_address = format!("{}?code={code}&state={STATE}", WEB_APP.redirect_uri);
    let mut urls = vec![
        bank.url(&format!(
            "/logout?id_token_hint={jwt}&post_logout_redirect_uri=https://x.example/?code={code}"
        )),
        bank.url(&format!("/logout?id_token_hint={access}")),
    ];
    urls.extend(
        [
            request().with("redirect_uri", &own_address),
            request().with("id_token_hint", access).with("prompt", "none"),
            request().with("request", jwt),
            request().with("request_uri", &format!("https://x.example/object?code={code}")),
            request().with("code_challenge", &format!("{}+", secrets.verifier)),
            request().also("state", code),
        ]
        .map(|request| request.url(bank)),
    );
    let mut answers = Vec::new();
    for url in urls {
        answers.push(bank.http.get(url).send().await.unwrap());
    }
    let browser = bank.browser();
    let page = Request::code(SCOPE).open(bank, &browser).await.page();
    let form = page
        .form_with("sign-in")
        .fill("username", "alice")
        .fill("password", PASSWORD);
    answers.push(post(bank, &browser, &form, "sign-in").send().await.unwrap());
    let forged = form.tamper("flow", jwt);
    answers.push(post(bank, &browser, &forged, "sign-in").send().await.unwrap());
    answers
}

#[tokio::test]
async fn no_secret_of_a_request_is_in_what_is_remembered_of_it() {
    let bank = Bank::start().await;
    let secrets = Secrets::of(&bank).await;
    let mut answers = at_token(&bank, &secrets).await;
    answers.extend(at_other_endpoints(&bank, &secrets).await);
    answers.extend(at_pages(&bank, &secrets).await);
    for (number, response) in answers.into_iter().enumerate() {
        let (status, url) = (response.status(), response.url().path().to_owned());
        let id = header(&response, "sekisho-explain").to_owned();
        assert!(!id.is_empty(), "{number}: {url} {status} is refused");
        let refusal = explain(&bank, &id).await.unwrap();
        let (shown, debugged) = (refusal.to_string(), format!("{:?}", bank.running.explain(&id).unwrap()));
        for secret in &secrets.all {
            assert!(
                !shown.contains(secret) && !debugged.contains(secret),
                "{number}: {secret} in {shown}"
            );
        }
    }
}
