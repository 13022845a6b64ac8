//! Client authentication: one file per `token_endpoint_auth_method`.
//!
//! Spec: RFC 6749 §2.3, RFC 9449 §5 and §10.1
//!
//! A request may bring a proof of a key (DPoP), which is checked first and used up last (`dpop.rs`).
//!
//! Not accepted: two methods at once. "The client MUST NOT use more than one authentication method in each request."
//!
//! A certificate is no part of a request: it belongs to the connection, and may be there for the tokens alone. Who sends
//! nothing but `client_id` uses whichever it registered of `none`, `tls_client_auth` and `self_signed_tls_client_auth`.

mod assertion;
mod certificate;
mod client_secret_basic;
mod client_secret_jwt;
mod client_secret_post;
mod none;
mod private_key_jwt;
mod self_signed_tls_client_auth;
mod tls_client_auth;

use explanation::{
    Explain, Explanation, Reason,
    catalogue::{self as checks, client as catalogue},
};
use jose::UnverifiedJwt;
use model::{Client, Secret};
use protocol::{Confirmation, dpop::Proof, error_code::ErrorCode, token_endpoint_auth_method::TokenEndpointAuthMethod};
use realm::{RealmContext, trail};

pub use self::{
    assertion::AssertionRefusal,
    certificate::{CertificateRefusal, is_possible},
};

use crate::{
    EndpointRequest, Fault,
    dpop::{self, ProofRefusal},
    guess::{self, GuessRefusal},
};

/// The parameters with which a client proves who it is.
pub(crate) const CREDENTIALS: [&str; 3] = ["client_secret", "client_assertion", "client_assertion_type"];

/// Why a client is not believed.
#[derive(Debug, thiserror::Error)]
pub enum ClientAuthRefusal {
    /// Two methods at once, or two headers.
    #[error(
        "use one client authentication method only: the Authorization header, a secret in the body, or an assertion"
    )]
    SeveralMethods,
    /// Nothing that says which client it is.
    #[error("the request does not say which client it comes from: send client_id, or an Authorization header")]
    Missing,
    /// A certificate, and nothing that says whose. "For all requests to the authorization server utilizing mutual-TLS
    /// client authentication, the client MUST include the `client_id` parameter" (RFC 8705 §2).
    #[error("send client_id: a certificate alone does not say which client it comes from")]
    ClientIdMissing,
    /// A header that is not what RFC 6749 §2.3.1 says.
    #[error("the Authorization header is not valid HTTP Basic: base64 of the form-encoded client_id and secret")]
    MalformedHeader,
    /// `client_id` in the body names another client than the header or the assertion.
    #[error("client_id in the body is another client than the one that the request authenticates")]
    ClientIdMismatch,
    /// Unknown, disabled, or a wrong secret: not told apart on the wire.
    #[error("client authentication failed")]
    Failed {
        /// Whether the request used the `Authorization` header, so that 401 comes with a challenge.
        by_header: bool,
        /// The true reason, for the log, and for whoever asks by the id of the refusal.
        reason: &'static Reason,
    },
    /// Too many secrets were wrong: it is not told whether this one is.
    #[error("too many wrong secrets from this network: the next one is looked at in {retry_after} seconds")]
    TooManyGuesses {
        /// In seconds.
        retry_after: i64,
    },
    /// Another method than the registered one.
    #[error("the client is registered for another token_endpoint_auth_method than the one it used")]
    WrongMethod {
        /// Whether the request used the `Authorization` header.
        by_header: bool,
    },
    /// The profile has become stricter since the client registered.
    #[error("the client's token_endpoint_auth_method is not allowed by its profile {profile}")]
    NotOfProfile {
        /// The profile.
        profile: &'static str,
    },
    /// An assertion that is not believed.
    #[error(transparent)]
    Assertion(#[from] AssertionRefusal),
    /// A certificate that is not believed.
    #[error(transparent)]
    Certificate(#[from] CertificateRefusal),
    /// A proof of a key that is not taken.
    #[error(transparent)]
    Proof(#[from] ProofRefusal),
    /// The endpoint needs a client that can prove who it is.
    #[error("public clients cannot use this endpoint: authenticate with credentials")]
    PublicClient,
    /// A failure of this server.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl ClientAuthRefusal {
    /// The registered error code.
    pub fn code(&self) -> ErrorCode {
        match self {
            // "utilizes more than one mechanism for authenticating the client" (RFC 6749 §5.2, invalid_request).
            Self::SeveralMethods | Self::ClientIdMissing => ErrorCode::InvalidRequest,
            // "unknown client, no client authentication included, or unsupported authentication method" (§5.2); who
            // tried the Authorization header must get a 401.
            Self::Missing
            | Self::MalformedHeader
            | Self::ClientIdMismatch
            | Self::Failed { .. }
            | Self::WrongMethod { .. }
            | Self::NotOfProfile { .. }
            // "the value of the error parameter MUST be the invalid_client error code" (RFC 7523 §3.2).
            | Self::Assertion(_)
            // "the invalid_client error code to indicate failed client authentication" (RFC 8705 §2).
            | Self::Certificate(_)
            | Self::PublicClient => ErrorCode::InvalidClient,
            Self::Proof(refusal) => refusal.code(),
            // Not invalid_client: that would have to be a 401 (§5.2), and credentials that are asked for again do not help.
            Self::TooManyGuesses { .. } => ErrorCode::TemporarilyUnavailable,
            Self::Fault(fault) if fault.is_temporary() => ErrorCode::TemporarilyUnavailable,
            Self::Fault(_) => ErrorCode::ServerError,
        }
    }
}

impl Explain for ClientAuthRefusal {
    fn explanation(&self) -> Explanation {
        let reason = match self {
            Self::SeveralMethods => &catalogue::SEVERAL_METHODS,
            Self::Missing => &catalogue::NOT_NAMED,
            Self::ClientIdMissing => &catalogue::ID_MISSING,
            Self::MalformedHeader => &catalogue::MALFORMED_HEADER,
            Self::ClientIdMismatch => &catalogue::OTHER_CLIENT_ID,
            Self::Failed { reason, .. } => *reason,
            Self::TooManyGuesses { retry_after } => {
                return Explanation::from(&checks::client_access::TOO_MANY_GUESSES).retry_after(*retry_after);
            }
            Self::WrongMethod { .. } => &catalogue::OTHER_METHOD,
            Self::NotOfProfile { .. } => &catalogue::NOT_OF_PROFILE,
            Self::Assertion(refusal) => return refusal.explanation(),
            Self::Certificate(refusal) => return refusal.explanation(),
            Self::Proof(refusal) => return refusal.explanation(),
            Self::PublicClient => &catalogue::PUBLIC,
            Self::Fault(fault) => return fault.explanation(),
        };
        reason.into()
    }
}

impl From<GuessRefusal> for ClientAuthRefusal {
    fn from(refusal: GuessRefusal) -> Self {
        match refusal {
            GuessRefusal::TooMany { retry_after } => Self::TooManyGuesses { retry_after },
            GuessRefusal::Fault(fault) => Self::Fault(fault),
        }
    }
}

/// A client that proved who it is, as far as its registered method goes. Made only here.
pub struct AuthenticatedClient {
    client: Client,
    proven: Confirmation,
}

impl AuthenticatedClient {
    /// The client.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The keys that its request was shown to hold, besides its credentials.
    pub fn proven(&self) -> &Confirmation {
        &self.proven
    }

    /// Whether it holds no credentials: anybody can claim to be it.
    pub fn is_public(&self) -> bool {
        self.client.metadata.token_endpoint_auth_method == TokenEndpointAuthMethod::None
    }

    /// Refuses public clients.
    pub fn require_confidential(self) -> Result<Self, ClientAuthRefusal> {
        if self.is_public() {
            Err(ClientAuthRefusal::PublicClient)
        } else {
            Ok(self)
        }
    }
}

/// What a request presents.
struct Presented {
    client_id: String,
    method: TokenEndpointAuthMethod,
    credential: Credential,
}

impl Presented {
    /// Whether the request used the `Authorization` header, so that 401 comes with a challenge.
    fn by_header(&self) -> bool {
        self.method == TokenEndpointAuthMethod::ClientSecretBasic
    }

    /// Whether a client with this method presents itself so.
    fn can_be(&self, method: TokenEndpointAuthMethod) -> bool {
        self.method == method || (self.method == TokenEndpointAuthMethod::None && method.uses_certificate())
    }
}

/// With what a client proves who it is.
enum Credential {
    None,
    Secret(Secret),
    /// Boxed: it is large, and every request would carry the room for it.
    Assertion(Box<UnverifiedJwt>),
}

/// Looks for one method's credentials in a request.
type Method = fn(&EndpointRequest<'_>) -> Result<Option<Presented>, ClientAuthRefusal>;

/// The methods, in the order in which a request is looked at.
const METHODS: &[Method] = &[
    client_secret_basic::presented,
    client_secret_post::presented,
    client_secret_jwt::presented,
    private_key_jwt::presented,
    none::presented,
];

/// Finds out which client a request comes from.
pub async fn authenticate(
    realm: &RealmContext,
    request: &EndpointRequest<'_>,
) -> Result<AuthenticatedClient, ClientAuthRefusal> {
    let proof = dpop::check(realm, &request.proof()).await?;
    let presented = presented(request)?;
    trail::says_client(&presented.client_id);
    trail::passed(&catalogue::NAMED);
    let client = proven(realm, request, &presented, proof.as_ref()).await;
    if let (Credential::Secret(secret), Ok(_) | Err(ClientAuthRefusal::Failed { .. })) =
        (&presented.credential, &client)
    {
        let shown = (Some(presented.client_id.as_str()), secret.expose());
        guess::compared(realm, shown, client.is_ok()).await?;
        if client.is_ok() {
            trail::passed(&catalogue::SECRET);
        }
    }
    let client = client?;
    if client.metadata.token_endpoint_auth_method != TokenEndpointAuthMethod::None {
        trail::client_is_proven();
    }
    if let Some(proof) = &proof {
        dpop::use_up(realm, proof)?;
    }
    Ok(AuthenticatedClient {
        client,
        proven: Confirmation {
            jkt: proof.map(|proof| proof.jkt().to_owned()),
            ..request.proven()
        },
    })
}

/// The credentials in a request.
fn presented(request: &EndpointRequest<'_>) -> Result<Presented, ClientAuthRefusal> {
    if request.authorization.len() > 1 {
        return Err(ClientAuthRefusal::SeveralMethods);
    }
    let mut found: Option<Presented> = None;
    for method in METHODS {
        if let Some(presented) = method(request)? {
            if found.is_some() {
                return Err(ClientAuthRefusal::SeveralMethods);
            }
            found = Some(presented);
        }
    }
    let presented = found.ok_or(if request.certificate.is_some() {
        ClientAuthRefusal::ClientIdMissing
    } else {
        ClientAuthRefusal::Missing
    })?;
    if request
        .form
        .first("client_id")
        .is_some_and(|id| id != presented.client_id)
    {
        return Err(ClientAuthRefusal::ClientIdMismatch);
    }
    Ok(presented)
}

/// The client that the request comes from, if that is true.
async fn proven(
    realm: &RealmContext,
    request: &EndpointRequest<'_>,
    presented: &Presented,
    proof: Option<&Proof>,
) -> Result<Client, ClientAuthRefusal> {
    let client = find(realm, presented).await?;
    if let Some(proof) = proof {
        dpop::check_alg(client.profile(&realm.realm), proof)?;
    }
    verify(realm, request, &client, presented).await?;
    Ok(client)
}

/// The living client that the request says it comes from, if that is how the client authenticates.
async fn find(realm: &RealmContext, presented: &Presented) -> Result<Client, ClientAuthRefusal> {
    let by_header = presented.by_header();
    let failed = |reason| ClientAuthRefusal::Failed { by_header, reason };
    let client = realm
        .store
        .find_client(realm.issuer(), &presented.client_id)
        .await
        .map_err(Fault::from)?
        .ok_or(failed(&catalogue::UNKNOWN))?;
    if !client.enabled {
        return Err(failed(&catalogue::DISABLED));
    }
    trail::passed(&catalogue::KNOWN);
    if !presented.can_be(client.metadata.token_endpoint_auth_method) {
        let (registered, used) = (client.metadata.token_endpoint_auth_method, presented.method);
        trail::compared(&catalogue::OTHER_METHOD, registered.as_str(), used.as_str());
        return Err(ClientAuthRefusal::WrongMethod { by_header });
    }
    let profile = client.profile(&realm.realm);
    if !profile
        .client_auth_methods
        .contains(&client.metadata.token_endpoint_auth_method)
    {
        return Err(ClientAuthRefusal::NotOfProfile { profile: profile.name });
    }
    trail::passed(&catalogue::METHOD);
    Ok(client)
}

/// Checks the credentials; an assertion is used up.
async fn verify(
    realm: &RealmContext,
    request: &EndpointRequest<'_>,
    client: &Client,
    presented: &Presented,
) -> Result<(), ClientAuthRefusal> {
    match &presented.credential {
        Credential::None => match client.metadata.token_endpoint_auth_method {
            TokenEndpointAuthMethod::TlsClientAuth => {
                tls_client_auth::verify(realm, client, request)?;
                trail::passed(&checks::certificate::VOUCHED);
                trail::passed(&checks::certificate::SUBJECT);
            }
            TokenEndpointAuthMethod::SelfSignedTlsClientAuth => {
                self_signed_tls_client_auth::verify(realm, client, request).await?;
                trail::passed(&checks::certificate::REGISTERED);
            }
            _ => {}
        },
        Credential::Secret(secret) if client.is_secret(realm.issuer(), secret) => {}
        Credential::Secret(_) => {
            return Err(ClientAuthRefusal::Failed {
                by_header: presented.by_header(),
                reason: &catalogue::WRONG_SECRET,
            });
        }
        Credential::Assertion(assertion) => {
            let verified = match presented.method {
                TokenEndpointAuthMethod::ClientSecretJwt => client_secret_jwt::verify(realm, client, assertion)?,
                _ => private_key_jwt::verify(realm, client, assertion).await?,
            };
            trail::passed(match presented.method {
                TokenEndpointAuthMethod::ClientSecretJwt => &checks::assertion::MAC,
                _ => &checks::keys::SIGNATURE,
            });
            assertion::check(realm, request, client, &verified).await?;
        }
    }
    Ok(())
}
