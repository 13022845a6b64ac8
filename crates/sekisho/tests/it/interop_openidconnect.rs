//! A client library that nobody here wrote, against the real server on both engines.

use http::Response;
use openidconnect::{
    AccessTokenHash, AdditionalProviderMetadata, AuthorizationCode, ClientId, ClientSecret, CsrfToken,
    EmptyAdditionalClaims, EndSessionUrl, HttpRequest, HttpResponse, IssuerUrl, LogoutRequest, Nonce,
    OAuth2TokenResponse, PkceCodeChallenge, PostLogoutRedirectUrl, ProviderMetadata, RedirectUrl, RevocationUrl, Scope,
    TokenResponse, UserInfoClaims,
    core::{
        CoreAuthDisplay, CoreAuthenticationFlow, CoreClaimName, CoreClaimType, CoreClient, CoreClientAuthMethod,
        CoreGenderClaim, CoreGrantType, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm,
        CoreJweKeyManagementAlgorithm, CoreResponseMode, CoreResponseType, CoreRevocableToken,
        CoreSubjectIdentifierType,
    },
};
use serde::{Deserialize, Serialize};
use testkit::{Browser, Engine, postgres, realm};

use crate::{
    app::{BANK_API, ROBOT, Server, WEB_APP},
    https::Https,
};

/// Members that the library leaves to its users.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct More {
    revocation_endpoint: RevocationUrl,
    end_session_endpoint: EndSessionUrl,
}

impl AdditionalProviderMetadata for More {}

type Metadata = ProviderMetadata<
    More,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// Carries the library's requests.
async fn carry(http: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let answer = http.execute(request.try_into()?).await?;
    let mut response = Response::new(Vec::new());
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    *response.body_mut() = answer.bytes().await?.into();
    Ok(response)
}

async fn complete_everything(engine: Engine) {
    let server = Https::start(engine, "");
    let http = |request| carry(server.http(), request);
    let issuer = IssuerUrl::new(server.issuer().to_owned()).unwrap();
    let metadata = Metadata::discover_async(issuer, &http).await.unwrap();
    complete_the_code_flow(&server, metadata.clone()).await;
    complete_client_credentials(&server, metadata).await;
}

/// A user signs in; the client refreshes and revokes.
async fn complete_the_code_flow(server: &Https, metadata: Metadata) {
    let http = |request| carry(server.http(), request);
    let More {
        revocation_endpoint: revocation,
        end_session_endpoint,
    } = metadata.additional_metadata().clone();
    let secret = ClientSecret::new(realm::secret(WEB_APP.client_id));
    let client = CoreClient::from_provider_metadata(metadata, ClientId::new(WEB_APP.client_id.into()), Some(secret))
        .set_redirect_uri(RedirectUrl::new(WEB_APP.redirect_uri.into()).unwrap())
        .set_revocation_url(revocation);

    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state, nonce) = client
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        )
        .add_scopes(["email", "offline_access", "accounts:read"].map(|scope| Scope::new(scope.into())))
        .set_pkce_challenge(challenge)
        .url();
    let browser = Browser::with_client(server.issuer(), server.http());
    let callback = browser
        .authorize(url.as_str(), "alice", &realm::password("alice"))
        .await;
    assert_eq!(callback.get("state"), Some(state.secret().as_str()));
    assert_eq!(callback.get("iss"), Some(server.issuer()));

    let code = AuthorizationCode::new(callback.code().to_owned());
    let exchange = client.exchange_code(code).unwrap().set_pkce_verifier(verifier);
    let tokens = exchange.request_async(&http).await.unwrap();
    let id_token = tokens.id_token().unwrap();
    let verifier = client.id_token_verifier();
    let claims = id_token.claims(&verifier, &nonce).unwrap();
    let hash = AccessTokenHash::from_token(
        tokens.access_token(),
        id_token.signing_alg().unwrap(),
        id_token.signing_key(&verifier).unwrap(),
    );
    assert_eq!(claims.access_token_hash(), Some(&hash.unwrap()));

    let subject = Some(claims.subject().clone());
    let request = client.user_info(tokens.access_token().clone(), subject).unwrap();
    let person: UserInfoClaims<EmptyAdditionalClaims, CoreGenderClaim> = request.request_async(&http).await.unwrap();
    assert_eq!(person.email().map(|email| email.as_str()), Some("alice@example.com"));

    let refresh_token = tokens.refresh_token().unwrap();
    let fresh = client
        .exchange_refresh_token(refresh_token)
        .unwrap()
        .request_async(&http)
        .await
        .unwrap();
    let again = fresh
        .id_token()
        .unwrap()
        .claims(&verifier, |_: Option<&Nonce>| Ok(()))
        .unwrap();
    assert_eq!(again.subject(), claims.subject());
    assert!(BANK_API.sees(server, fresh.access_token().secret()).await);

    let revocable = CoreRevocableToken::RefreshToken(refresh_token.clone());
    client
        .revoke_token(revocable)
        .unwrap()
        .request_async(&http)
        .await
        .unwrap();
    assert!(!BANK_API.sees(server, fresh.access_token().secret()).await);
    let reused = client
        .exchange_refresh_token(refresh_token)
        .unwrap()
        .request_async(&http)
        .await;
    assert!(reused.is_err());

    let signed_out = "https://app.example.com/signed-out";
    let end = LogoutRequest::from(end_session_endpoint)
        .set_id_token_hint(id_token)
        .set_post_logout_redirect_uri(PostLogoutRedirectUrl::new(signed_out.into()).unwrap())
        .set_state(CsrfToken::new("s".into()));
    let answer = browser.open(end.http_get_url().as_str()).await.callback();
    assert_eq!(answer.url.as_str(), format!("{signed_out}?state=s"));
    assert!(browser.open("/account").await.page().has("sign-in"));
}

/// A client that acts for itself.
async fn complete_client_credentials(server: &Https, metadata: Metadata) {
    let http = |request| carry(server.http(), request);
    let secret = ClientSecret::new(realm::secret(ROBOT.client_id));
    let robot = CoreClient::from_provider_metadata(metadata, ClientId::new(ROBOT.client_id.into()), Some(secret));
    let request = robot
        .exchange_client_credentials()
        .unwrap()
        .add_scope(Scope::new("accounts:read".into()));
    let own = request.request_async(&http).await.unwrap();
    assert!(BANK_API.sees(server, own.access_token().secret()).await);
}

// Conformance: oidcc-server oidcc-rp-initiated-logout
#[tokio::test]
async fn openidconnect_completes_everything_on_sqlite() {
    complete_everything(Engine::Sqlite).await;
}

// Conformance: oidcc-server oidcc-rp-initiated-logout
#[tokio::test]
async fn openidconnect_completes_everything_on_postgresql() {
    let database = tokio::task::spawn_blocking(|| postgres::shared().create_database())
        .await
        .unwrap();
    complete_everything(Engine::Postgres(database)).await;
}
