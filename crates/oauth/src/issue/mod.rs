//! The only place where tokens are minted.

pub mod access_token;
pub mod id_token;
pub mod refresh_token;

use model::{Authorization, Client, User};
use protocol::{
    scope::{OPENID, Scope},
    token_response::TokenResponse,
};
use realm::RealmContext;

use crate::Fault;
pub use access_token::AccessToken;

/// What a grant earned: made by a grant's `redeem` alone.
pub struct Redeemed {
    pub(crate) client: Client,
    pub(crate) behalf: Behalf,
    pub(crate) scope: Scope,
    pub(crate) audience: Vec<String>,
    pub(crate) refresh_token: Option<String>,
    /// The `nonce` of the request, for the first ID token.
    pub(crate) nonce: Option<String>,
}

/// For whom a token acts.
pub enum Behalf {
    /// A user, by an authorization.
    User(Box<Authorization>, Box<User>),
    /// The client itself.
    Client,
}

/// Whether every key is there that these tokens need: asked before anything is used up, since slow keys (RSA) are made
/// in the first second of a realm.
pub fn check_keys(realm: &RealmContext, client: &Client, scope: &Scope, audience: &[String]) -> Result<(), Fault> {
    let of_id_token = scope
        .contains(OPENID)
        .then_some(client.metadata.id_token_signed_response_alg);
    for alg in of_id_token
        .into_iter()
        .chain(access_token::signing_alg(realm, audience))
    {
        realm.keys.signer(alg).ok_or(Fault::NotReady(alg.as_str()))?;
    }
    Ok(())
}

/// Mints what was earned.
pub fn issue(realm: &RealmContext, redeemed: &Redeemed) -> Result<TokenResponse, Fault> {
    let token = match &redeemed.behalf {
        Behalf::User(authorization, user) => {
            AccessToken::for_user(realm, authorization, user, &redeemed.scope, &redeemed.audience)
        }
        Behalf::Client => AccessToken::for_client(realm, redeemed.client.id(), &redeemed.scope, &redeemed.audience),
    };
    let access_token = token.mint(realm, &redeemed.client)?;
    let id_token = match &redeemed.behalf {
        Behalf::User(authorization, user) if redeemed.scope.contains(OPENID) => Some(
            id_token::IdToken::new(realm, &redeemed.client, authorization, user)?
                .nonce(redeemed.nonce.clone())
                .access_token(&access_token)
                .mint(realm)?,
        ),
        _ => None,
    };
    Ok(TokenResponse {
        access_token,
        token_type: "Bearer".into(),
        expires_in: token.expires_at - token.issued_at,
        refresh_token: redeemed.refresh_token.clone(),
        scope: Some(redeemed.scope.clone()),
        id_token,
    })
}
