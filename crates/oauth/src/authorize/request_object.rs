//! `request` and `request_uri`: the request as the client signed it, by value or at an address of its own.
//!
//! Spec: OpenID Connect Core §6.1 to §6.3, RFC 9101 §5, §6, §7, §10.4 and §10.5, RFC 9126 §3
//!
//! Accepted: signed objects, and signed ones that were then encrypted to a key of this realm, in any of the ways that are
//! offered, whatever the client has declared (OpenID Connect Registration §2).
//!
//! A request object is looked at once, when the request comes in; the flow holds what it amounts to. Its signature, its
//! times and its address say that the request was good then. To look again at each step would make the user wait for
//! the client's server, and fail whoever signs in more slowly than the object expires.
//!
//! Not accepted: addresses that are not registered (`request_uris`, compared with their fragment); both parameters at
//! once. Deliberately not: a cache of what is at an address.

use explanation::{Explain, Explanation, catalogue::request_object as catalogue, shown_uri};
use jose::UnverifiedJwt;
use protocol::{
    ClientMetadata,
    authorization_request::RequestError,
    error_code::ErrorCode,
    explained::{of_jwe, of_jws},
    form::{Duplicate, Form},
    profile::SecurityProfile,
    request_object::{ACCEPT, LONGEST_URI, RequestObject},
};
use realm::RealmContext;

use crate::{Fault, client_keys};

/// What a client is told that must sign its requests and has not.
pub(super) const REQUIRED: &str = "this client's requests must come in signed request objects";

/// Whether a client's requests must be signed: it has registered so (RFC 9101 §10.5), or its profile wants it.
pub(super) fn is_required(client: &ClientMetadata, profile: &SecurityProfile) -> bool {
    client.require_signed_request_object || profile.signed_requests
}

/// Why an object does not do.
pub(super) enum ObjectRefusal {
    /// The client is to learn it.
    Request(RequestError),
    /// A failure of this server.
    Fault(Fault),
}

impl From<RequestError> for ObjectRefusal {
    fn from(error: RequestError) -> Self {
        Self::Request(error)
    }
}

impl From<Duplicate> for ObjectRefusal {
    fn from(duplicate: Duplicate) -> Self {
        Self::Request(duplicate.into())
    }
}

fn invalid_object(why: Explanation, text: impl Into<String>) -> RequestError {
    RequestError {
        code: ErrorCode::InvalidRequestObject,
        description: text.into(),
        why,
    }
}

/// The parameters that a request with an object amounts to. `None`: it has no object, and needs none. `alone`: what is
/// beside the object does not count, whatever it looks like.
pub(super) async fn assemble(
    realm: &RealmContext,
    client: &ClientMetadata,
    profile: &SecurityProfile,
    sent: &Form,
    alone: bool,
) -> Result<Option<Form>, ObjectRefusal> {
    let object = match (sent.get("request")?, sent.get("request_uri")?) {
        (None, None) if is_required(client, profile) => {
            return Err(RequestError::new(&catalogue::MISSING, REQUIRED).into());
        }
        (None, None) => return Ok(None),
        // RFC 9101 §5: request_uri "MUST NOT be present if the request parameter is present".
        (Some(_), Some(_)) => {
            let text = "request and request_uri cannot both be sent";
            return Err(RequestError::new(&catalogue::BOTH, text).into());
        }
        (Some(object), None) => object.to_owned(),
        (None, Some(uri)) => fetch(realm, client, uri).await?,
    };
    if let Some(name) = sent.duplicate() {
        return Err(Duplicate { name: name.to_owned() }.into());
    }
    let object = decrypt(realm, object).await?;
    let object = verify(realm, client, profile, &object).await?;
    Ok(Some(object.assemble(sent, alone)?))
}

async fn fetch(realm: &RealmContext, client: &ClientMetadata, uri: &str) -> Result<String, RequestError> {
    // RFC 9101 §10.4: a server that fetches what anybody names can be used against others.
    if uri.len() > LONGEST_URI || !client.request_uris.iter().any(|registered| registered == uri) {
        let why = Explanation::from(&catalogue::NOT_REGISTERED).with(client.request_uris.join(", "), shown_uri(uri));
        return Err(RequestError::new(
            why,
            "request_uri is not one of the registered request_uris; it must be the same, with its fragment",
        ));
    }
    // The fragment says which content is meant (OpenID Connect Core §6.2); it is never sent.
    let address = uri.split('#').next().unwrap_or(uri);
    let body = realm.outside.get(address, ACCEPT).await.map_err(|error| {
        let text = format!("the request object at request_uri cannot be had: {error}");
        RequestError::new(&catalogue::UNREACHABLE, text)
    })?;
    String::from_utf8(body)
        .map(|text| text.trim().to_owned())
        .map_err(|_| RequestError::new(&catalogue::NOT_A_JWT, "what is at request_uri is not a JWT"))
}

/// OpenID Connect Core §6.3.1: "The Authorization Server MUST return an error if decryption fails." What is in it is then
/// held to the rules of every object: it must be signed.
async fn decrypt(realm: &RealmContext, text: String) -> Result<String, ObjectRefusal> {
    // A compact JWE has five parts, a compact JWS three.
    if text.bytes().filter(|byte| *byte == b'.').count() != 4 {
        return Ok(text);
    }
    let decrypted = realm
        .decrypt(&text)
        .await
        .map_err(|error| ObjectRefusal::Fault(error.into()))?
        .map_err(|error| invalid_object(of_jwe(error).into(), format!("the request object: {error}")))?;
    let signed = String::from_utf8(decrypted.plaintext);
    Ok(signed.map_err(|_| {
        RequestError::new(
            &catalogue::NOT_A_JWT,
            "what is in the encrypted request object is not a JWT",
        )
    })?)
}

/// OpenID Connect Core §6.3.2: the `alg` "MUST match the value of the `request_object_signing_alg` set during Client
/// Registration", and the signature is checked "against the appropriate key for that `client_id` and algorithm".
async fn verify(
    realm: &RealmContext,
    client: &ClientMetadata,
    profile: &SecurityProfile,
    text: &str,
) -> Result<RequestObject, RequestError> {
    let token = UnverifiedJwt::parse(text)
        .map_err(|error| invalid_object(of_jws(error).into(), format!("the request object: {error}")))?;
    let allowed = client_keys::allowed(profile, client.request_object_signing_alg);
    let verified = client_keys::verify(realm, client, &token, &allowed)
        .await
        .map_err(|error| invalid_object(error.explanation(), format!("the request object: {error}")))?;
    let typ = verified.header.typ.as_deref();
    let lifetime = profile.request_object_lifetime;
    RequestObject::read(
        typ,
        &verified.claims,
        realm.issuer(),
        &client.client_id,
        realm.now(),
        lifetime,
    )
}
