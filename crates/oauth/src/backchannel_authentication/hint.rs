//! Who is to be asked, by one of the three hints.
//!
//! Spec: CIBA §7.1 (`login_hint`, `login_hint_token`, `id_token_hint`), §7.2-4, §14, FAPI-CIBA §5.2.2-11, RFC 9493 §3.2
//!
//! Accepted as `login_hint`: the name to sign in with, or a verified mail address. As `login_hint_token`: a JWT that the
//! client signed, or an issuer that is trusted for `login-hint`. As `id_token_hint`: an ID token that this client was
//! given, expired or not. Hints say who, and nothing else: what else is in them is not looked at.
//!
//! Deliberately not: a name of one user that is the mail address of another.

use explanation::{Explain, Explanation, catalogue::ciba};
use jose::{SigningAlg, UnverifiedJwt};
use model::{Client, TrustedFor, User};
use protocol::{
    RequestError,
    assertion::{AssertionAudience, AssertionClaims, AssertionError},
    backchannel_authentication::Hint,
    error_code::ErrorCode,
    login_hint_token::NamedUser,
};
use realm::RealmContext;
use serde_json::Value;
use storage::StorageError;

use super::BackchannelAuthenticationRefusal;
use crate::{
    client_keys,
    id_token_hint::IdTokenHint,
    subject,
    trusted_issuer::{self, TrustRefusal},
};

type Found = Result<Option<User>, BackchannelAuthenticationRefusal>;

/// The user whom a hint names.
pub(super) async fn user(realm: &RealmContext, client: &Client, hint: &Hint) -> Found {
    match hint {
        Hint::Login(name) => Ok(by_name(realm, name).await?),
        Hint::IdToken(token) => by_id_token(realm, client, token).await,
        Hint::LoginToken(token) => by_token(realm, client, token).await,
    }
}

async fn by_name(realm: &RealmContext, name: &str) -> Result<Option<User>, StorageError> {
    let by_name = realm.store.find_user_by_name(realm.issuer(), name).await?;
    let by_email = realm.store.find_user_by_verified_email(realm.issuer(), name).await?;
    Ok(match (by_name, by_email) {
        (Some(one), Some(other)) if one.id != other.id => None,
        (one, other) => one.or(other),
    })
}

/// "The OP should ensure that it is the issuer of the token and that the Client presenting the `id_token_hint` is listed
/// in the audience claim" (§14).
async fn by_id_token(realm: &RealmContext, client: &Client, token: &str) -> Found {
    match IdTokenHint::verify(realm, token).filter(|hint| hint.client_id == client.id()) {
        Some(hint) => Ok(subject::find(realm, &client.metadata, &hint.sub).await?),
        None => Ok(None),
    }
}

async fn by_token(realm: &RealmContext, client: &Client, text: &str) -> Found {
    let unverified = UnverifiedJwt::parse(text).map_err(|error| refused(&error.to_string()))?;
    let iss = unverified.claims_unverified().get("iss").and_then(Value::as_str);
    if iss == Some(client.id()) {
        return by_token_of_client(realm, client, &unverified).await;
    }
    match trusted_issuer::verify(realm, text, TrustedFor::LoginHint).await {
        Ok(assertion) => Ok(assertion.user(realm).await?),
        Err(TrustRefusal::Claims(error)) => Err(of_claims(&error)),
        Err(refusal) => Err(refused(&refusal.to_string())),
    }
}

async fn by_token_of_client(realm: &RealmContext, client: &Client, token: &UnverifiedJwt) -> Found {
    let verified = client_keys::verify(realm, &client.metadata, token, &SigningAlg::ALL)
        .await
        .map_err(|error| refused(&error.to_string()))?;
    let named = NamedUser::of(&verified.claims, realm.issuer())
        .ok_or_else(|| refused("it names nobody: give sub, or sub_id of the format email, iss_sub or opaque"))?;
    let mut claims = verified.claims;
    claims.insert("sub".to_owned(), named.text().into());
    let claims = AssertionClaims::read(&claims).map_err(|error| of_claims(&error))?;
    claims
        .check_audience(AssertionAudience::IssuerOrEndpoint, realm.issuer(), &[])
        .and_then(|()| claims.check_times(realm.now()))
        .map_err(|error| of_claims(&error))?;
    Ok(match &named {
        NamedUser::Subject(sub) => subject::find(realm, &client.metadata, sub).await?,
        NamedUser::Email(email) => realm.store.find_user_by_verified_email(realm.issuer(), email).await?,
    })
}

/// "`expired_login_hint_token`: The `login_hint_token` provided in the authentication request is not valid because it has
/// expired" (§13).
fn of_claims(error: &AssertionError) -> BackchannelAuthenticationRefusal {
    match error {
        AssertionError::Expired => {
            let (code, description) = (
                ErrorCode::ExpiredLoginHintToken,
                "the login_hint_token has expired".to_owned(),
            );
            let why = error.explanation();
            RequestError { code, description, why }.into()
        }
        other => refused(&other.to_string()),
    }
}

fn refused(why: &str) -> BackchannelAuthenticationRefusal {
    RequestError::new(
        Explanation::from(&ciba::LOGIN_HINT_TOKEN).found(why),
        format!("the login_hint_token: {why}"),
    )
    .into()
}
