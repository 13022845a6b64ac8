//! Clients that call an API for themselves, without a token: by HTTP Basic, or by their certificate.
//!
//! Spec: RFC 7617 §2, RFC 6749 §2.3.1, RFC 8705 §2
//!
//! Who a client is, is found out as at the token endpoint, by the method that it is registered for. What it may do is what it
//! is registered for at the API. A call has no `client_id`, so whose certificate it is, is looked for among the clients that
//! authenticate by one; what was found is remembered, but never believed: the client is read and checked each time.
//!
//! Deliberately not: a certificate that would do for several clients.

use explanation::{Explain, Explanation, catalogue::client_access as catalogue};
use model::Client;
use protocol::{
    ClientCertificate, ClientMetadata, Confirmation, ErrorCode, Form, Scope, TokenEndpointAuthMethod,
    tls_client_auth::CertificateSubject,
};
use realm::{CertificateOwner, RealmContext, trail};
use x509::Certificate;

use crate::{
    EndpointRequest, Fault, api_key,
    client_auth::{self, ClientAuthRefusal},
    client_keys, scope_policy, sender_constraint,
};

/// For how long it is remembered that a certificate is nobody's, in seconds.
const NOBODYS: i64 = 60;
/// For how long it is remembered whose it is.
const SOMEBODYS: i64 = 3600;

/// Why a client may not call.
#[derive(Debug, thiserror::Error)]
pub enum ClientAccessRefusal {
    /// It did not prove who it is.
    #[error(transparent)]
    Client(#[from] ClientAuthRefusal),
    /// The certificate is none of any client, or of several.
    #[error("the certificate is that of no client, or of several")]
    Nobodys,
    /// The API wants clients with a stricter profile, or the client must have tokens that are bound to a key.
    #[error("the client does not follow the security profile that the API wants, or must use access tokens")]
    NotOfProfile,
    /// It is registered for nothing there.
    #[error("the client is registered for no scope of the API")]
    NothingRegistered,
    /// A failure of this server.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl ClientAccessRefusal {
    /// The registered error code.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Client(refusal) => refusal.code(),
            Self::Nobodys | Self::NotOfProfile | Self::NothingRegistered => ErrorCode::InvalidClient,
            Self::Fault(fault) if fault.is_temporary() => ErrorCode::TemporarilyUnavailable,
            Self::Fault(_) => ErrorCode::ServerError,
        }
    }
}

impl Explain for ClientAccessRefusal {
    fn explanation(&self) -> Explanation {
        let reason = match self {
            Self::Client(refusal) => return refusal.explanation(),
            Self::Nobodys => &catalogue::NOBODYS,
            Self::NotOfProfile => &catalogue::NOT_OF_PROFILE,
            Self::NothingRegistered => &catalogue::NOTHING_REGISTERED,
            Self::Fault(fault) => return fault.explanation(),
        };
        reason.into()
    }
}

/// A client that may call an API for itself. Made only here.
#[derive(Debug, Clone)]
pub struct ClientAccess {
    /// Its id.
    pub client_id: String,
    /// What it may do there.
    pub scope: Scope,
}

/// By the one `Authorization` header, which is one of HTTP Basic.
pub async fn by_basic(
    realm: &RealmContext,
    authorization: &str,
    api: &str,
) -> Result<ClientAccess, ClientAccessRefusal> {
    let form = Form::default();
    let client = client_auth::authenticate(realm, &request(&form, Some(authorization), None))
        .await?
        .require_confidential()?;
    access(realm, client.client(), None, api)
}

/// By the certificate with which it connected.
pub async fn by_certificate(
    realm: &RealmContext,
    certificate: &ClientCertificate,
    api: &str,
) -> Result<ClientAccess, ClientAccessRefusal> {
    let CertificateOwner::Client(client_id) = whose(realm, certificate).await? else {
        return Err(ClientAccessRefusal::Nobodys);
    };
    let form = Form::from_pairs([("client_id", client_id)]);
    let client = client_auth::authenticate(realm, &request(&form, None, Some(certificate)))
        .await?
        .require_confidential()?;
    access(realm, client.client(), Some(certificate.thumbprint()), api)
}

fn request<'a>(
    form: &'a Form,
    authorization: Option<&'a str>,
    certificate: Option<&'a ClientCertificate>,
) -> EndpointRequest<'a> {
    EndpointRequest {
        authorization: authorization.into_iter().collect(),
        dpop: Vec::new(),
        method: "",
        path: "",
        form,
        certificate,
        token_bindings: None,
    }
}

/// What a client may do, proved by a certificate or not: what a token that was bound so would permit.
fn access(
    realm: &RealmContext,
    client: &Client,
    thumbprint: Option<String>,
    api: &str,
) -> Result<ClientAccess, ClientAccessRefusal> {
    let profile = client.profile(&realm.realm);
    let proven = Confirmation {
        x5t_s256: thumbprint,
        ..Confirmation::default()
    };
    let is_bound_enough = sender_constraint::is_bound_enough(&client.metadata, profile, Some(&proven));
    if !is_bound_enough || !scope_policy::admits(realm, api, profile) {
        return Err(ClientAccessRefusal::NotOfProfile);
    }
    let scope = api_key::scope_at(realm, &client.metadata, api);
    if scope.is_empty() {
        return Err(ClientAccessRefusal::NothingRegistered);
    }
    trail::passed(&catalogue::CLIENT);
    Ok(ClientAccess {
        client_id: client.id().to_owned(),
        scope,
    })
}

/// Whose certificate it seems to be.
async fn whose(realm: &RealmContext, certificate: &ClientCertificate) -> Result<CertificateOwner, Fault> {
    let (issuer, now) = (realm.issuer(), realm.now());
    let thumbprint = certificate.thumbprint();
    if let Some(known) = realm.node.certificates.get(issuer, &thumbprint, now) {
        return Ok(known);
    }
    let owner = search(realm, certificate).await?;
    let until = match owner {
        CertificateOwner::Client(_) => now + SOMEBODYS,
        CertificateOwner::Nobody => now + NOBODYS,
    };
    let owners = &realm.node.certificates;
    owners.remember(issuer, &thumbprint, owner.clone(), (now, until));
    Ok(owner)
}

async fn search(realm: &RealmContext, certificate: &ClientCertificate) -> Result<CertificateOwner, Fault> {
    let Ok(shown) = Certificate::parse(&certificate.der) else {
        return Ok(CertificateOwner::Nobody);
    };
    let is_vouched_for = realm.authorities.verify(certificate, realm.now()).is_ok();
    let mut owner = CertificateOwner::Nobody;
    for client in realm.store.clients_with_certificates(realm.issuer()).await? {
        if !is_of(realm, &client.metadata, (certificate, &shown), is_vouched_for).await {
            continue;
        }
        if owner != CertificateOwner::Nobody {
            return Ok(CertificateOwner::Nobody);
        }
        owner = CertificateOwner::Client(client.id().to_owned());
    }
    Ok(owner)
}

async fn is_of(
    realm: &RealmContext,
    client: &ClientMetadata,
    (certificate, shown): (&ClientCertificate, &Certificate<'_>),
    is_vouched_for: bool,
) -> bool {
    match client.token_endpoint_auth_method {
        TokenEndpointAuthMethod::TlsClientAuth => {
            is_vouched_for && CertificateSubject::of(client).is_ok_and(|subject| shown.names(&subject))
        }
        TokenEndpointAuthMethod::SelfSignedTlsClientAuth => {
            // Strangers can show certificates without end: nobody's keys are fetched again for them.
            let keys = client_keys::key_set(realm, client, None).await;
            keys.is_ok_and(|keys| {
                let mut keys = keys.keys.iter();
                keys.any(|key| key.certificate().as_ref() == Some(&certificate.der))
            })
        }
        _ => false,
    }
}
