//! The only place where tokens are minted.

pub mod access_token;
pub mod for_client;
pub mod id_token;
pub mod refresh_token;

use model::{Authorization, Client, User};
use protocol::{
    AuthorizationDetails, Confirmation,
    scope::{OPENID, Scope},
    token_response::TokenResponse,
    token_type::TokenType,
};
use realm::{RealmContext, audit};

use crate::{Fault, scope_policy::Rights};
pub use access_token::AccessToken;
pub(crate) use access_token::{check_key as check_access_token_key, is_signed};
pub use for_client::{Answer, Protection, ProtectionRefusal};

/// What a grant earned: made by a grant's `redeem` alone.
pub struct Redeemed {
    pub(crate) client: Client,
    pub(crate) behalf: Behalf,
    pub(crate) rights: Rights,
    pub(crate) refresh_token: Option<String>,
    /// The `nonce` of the request, for the first ID token.
    pub(crate) nonce: Option<String>,
    /// How the ID token is protected, as [`check_keys`] said; `None`: there is none.
    pub(crate) id_token: Option<Protection>,
    /// What kind of token it is, in the words of an exchange.
    pub(crate) issued_token_type: Option<TokenType>,
    /// The backchannel request that it answers, which its ID token names.
    pub(crate) auth_req_id: Option<String>,
    /// That it is earned, where no change has written it: it is counted when there are tokens.
    pub(crate) counted: Option<audit::Event>,
}

impl Redeemed {
    /// A token, and nothing with it.
    pub(crate) fn token(client: &Client, token: AccessToken, details: AuthorizationDetails) -> Self {
        Self {
            client: client.clone(),
            rights: Rights {
                scope: token.scope.clone(),
                authorization_details: details,
                audience: token.audience.clone(),
            },
            behalf: Behalf::Token(Box::new(token)),
            refresh_token: None,
            nonce: None,
            id_token: None,
            issued_token_type: None,
            auth_req_id: None,
            counted: None,
        }
    }

    /// The same, as the answer to a backchannel request.
    pub(crate) fn of_auth_req_id(self, auth_req_id: &str) -> Self {
        Self {
            auth_req_id: Some(auth_req_id.to_owned()),
            ..self
        }
    }
}

/// For whom a token acts.
pub enum Behalf {
    /// A user, by an authorization.
    User(Box<Authorization>, Box<User>),
    /// The client itself.
    Client,
    /// Whom a token says that was settled by the grant: nobody authenticated for it here and now.
    Token(Box<AccessToken>),
}

/// Whether every key is there that these tokens need, this server's and the client's: asked before anything is used up.
/// Answers how the ID token will be protected, if there will be one.
pub async fn check_keys(
    realm: &RealmContext,
    client: &Client,
    scope: &Scope,
    audience: &[String],
) -> Result<Option<Protection>, ProtectionRefusal> {
    access_token::check_key(realm, audience)?;
    if scope.contains(OPENID) {
        Ok(Some(Protection::of_id_token(realm, &client.metadata).await?))
    } else {
        Ok(None)
    }
}

/// Mints what was earned, bound to a key if there is one.
pub fn issue(realm: &RealmContext, redeemed: Redeemed, cnf: Option<Confirmation>) -> Result<TokenResponse, Fault> {
    let rights = redeemed.rights;
    let mut token = match &redeemed.behalf {
        Behalf::User(authorization, user) => AccessToken::for_user(realm, authorization, user, &rights),
        Behalf::Client => AccessToken::for_client(realm, redeemed.client.id(), &rights),
        Behalf::Token(token) => AccessToken::clone(token),
    };
    token.cnf = cnf;
    token.limit_lifetime(redeemed.client.profile(&realm.realm));
    let access_token = token.mint(realm, &redeemed.client)?;
    let id_token = match (&redeemed.behalf, redeemed.id_token) {
        (Behalf::User(authorization, user), Some(protection)) => Some(
            id_token::IdToken::new(realm, &redeemed.client, authorization, user, &rights.scope)?
                .nonce(redeemed.nonce)
                .access_token(&access_token)
                .backchannel(redeemed.auth_req_id, redeemed.refresh_token.as_deref())
                .mint(realm, protection)?,
        ),
        _ => None,
    };
    let grant_id = match &redeemed.behalf {
        Behalf::User(authorization, _) if authorization.details.grant_is_managed => {
            Some(authorization.grant_id.clone())
        }
        _ => None,
    };
    if let Some(event) = redeemed.counted {
        event.count(realm);
    }
    Ok(TokenResponse {
        access_token,
        token_type: token.token_type().into(),
        expires_in: token.expires_at - token.issued_at,
        refresh_token: redeemed.refresh_token,
        scope: Some(rights.scope).filter(|scope| !scope.is_empty()),
        authorization_details: rights.authorization_details,
        issued_token_type: redeemed.issued_token_type.map(|known| known.as_str().to_owned()),
        id_token,
        grant_id,
    })
}
