//! What a client reads: signed by the algorithm that it registered, and then encrypted if it registered that too.
//!
//! Spec: OpenID Connect Core §2, §5.3.2, §10.1, §10.2, §16.14; OpenID Connect Registration §2; RFC 9701 §5, §6,
//! OpenID Connect Back-Channel Logout §2.4, JARM §2.2 and §3
//!
//! Accepted: the algorithms that are offered, with the keys of `jwks` or `jwks_uri`. Deliberately not: `none`, and
//! encryption by the client's secret.
//!
//! A [`Protection`] is made before anything is used up: a client whose keys cannot be had loses no code by it.

use explanation::{Explain, Explanation};
use jose::{Envelope, JweAlg, JweEnc, JweError, Payload, SigningAlg, sign_jwt};
use protocol::{ClientMetadata, error_code::ErrorCode};
use realm::RealmContext;
use serde::Serialize;

use crate::{
    Fault,
    client_keys::{self, ClientKeysError},
};

/// How one answer is protected. It is good for that one answer.
pub struct Protection {
    signing_alg: Option<SigningAlg>,
    envelope: Option<Envelope>,
}

/// An answer whose form depends on the client.
pub enum Answer<T> {
    /// As JSON.
    Json(T),
    /// As a JWT.
    Jwt(String),
}

/// Why an answer cannot be protected as the client wants it.
#[derive(Debug, thiserror::Error)]
pub enum ProtectionRefusal {
    /// It cannot be encrypted: the client must mend its registration, or its keys.
    #[error("{member} wants encryption, but {error}")]
    Keys {
        /// The member of the registration.
        member: &'static str,
        /// What is wrong.
        error: ClientKeysError,
    },
    /// A failure of this server.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl ProtectionRefusal {
    /// The registered error code. No specification has one for this; the client is the one who can do something.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Keys { .. } => ErrorCode::InvalidRequest,
            Self::Fault(fault) if fault.is_temporary() => ErrorCode::TemporarilyUnavailable,
            Self::Fault(_) => ErrorCode::ServerError,
        }
    }
}

impl Explain for ProtectionRefusal {
    fn explanation(&self) -> Explanation {
        match self {
            Self::Keys { error, .. } => error.explanation(),
            Self::Fault(fault) => fault.explanation(),
        }
    }
}

/// What a client registered about the encryption of an answer.
struct Encryption {
    member: &'static str,
    alg: Option<JweAlg>,
    enc: Option<JweEnc>,
}

impl Protection {
    /// Of ID tokens and what is like them.
    pub async fn of_id_token(realm: &RealmContext, client: &ClientMetadata) -> Result<Self, ProtectionRefusal> {
        let encryption = Encryption {
            member: "id_token_encrypted_response_alg",
            alg: client.id_token_encrypted_response_alg,
            enc: client.id_token_encrypted_response_enc,
        };
        let alg = signing_alg(realm, client, client.id_token_signed_response_alg);
        Self::new(realm, client, Some(alg), encryption).await
    }

    /// Of logout tokens: by "the same keys" as ID tokens. "If the Logout Token is encrypted, it SHOULD replicate the iss
    /// (issuer) claim in the JWT Header Parameters" (Back-Channel Logout §2.4).
    pub async fn of_logout_token(realm: &RealmContext, client: &ClientMetadata) -> Result<Self, ProtectionRefusal> {
        let mut this = Self::of_id_token(realm, client).await?;
        this.envelope = this.envelope.map(|envelope| envelope.from_issuer(realm.issuer()));
        Ok(this)
    }

    /// Of UserInfo; `None`: plain JSON. "The response MAY be encrypted without also being signed" (Core §5.3.2).
    pub async fn of_userinfo(realm: &RealmContext, client: &ClientMetadata) -> Result<Option<Self>, ProtectionRefusal> {
        let encryption = Encryption {
            member: "userinfo_encrypted_response_alg",
            alg: client.userinfo_encrypted_response_alg,
            enc: client.userinfo_encrypted_response_enc,
        };
        let registered = client.userinfo_signed_response_alg;
        if registered.is_none() && encryption.alg.is_none() {
            return Ok(None);
        }
        let alg = registered.map(|alg| signing_alg(realm, client, Some(alg)));
        Self::new(realm, client, alg, encryption).await.map(Some)
    }

    /// Of introspection answers as JWTs, which are always signed (RFC 9701 §5).
    pub async fn of_introspection(realm: &RealmContext, caller: &ClientMetadata) -> Result<Self, ProtectionRefusal> {
        let encryption = Encryption {
            member: "introspection_encrypted_response_alg",
            alg: caller.introspection_encrypted_response_alg,
            enc: caller.introspection_encrypted_response_enc,
        };
        // RFC 9701 §6: RS256 when nothing is registered.
        let alg = signing_alg(realm, caller, caller.introspection_signed_response_alg);
        Self::new(realm, caller, Some(alg), encryption).await
    }

    /// Of authorization responses as JWTs: "either signed, or signed and encrypted" (JARM §2.2).
    pub async fn of_authorization_response(
        realm: &RealmContext,
        client: &ClientMetadata,
    ) -> Result<Self, ProtectionRefusal> {
        let encryption = Encryption {
            member: "authorization_encrypted_response_alg",
            alg: client.authorization_encrypted_response_alg,
            enc: client.authorization_encrypted_response_enc,
        };
        // JARM §3: RS256 when nothing is registered.
        let alg = signing_alg(realm, client, client.authorization_signed_response_alg);
        Self::new(realm, client, Some(alg), encryption).await
    }

    async fn new(
        realm: &RealmContext,
        client: &ClientMetadata,
        signing_alg: Option<SigningAlg>,
        encryption: Encryption,
    ) -> Result<Self, ProtectionRefusal> {
        if let Some(alg) = signing_alg {
            // Slow keys (RSA) are made in the first second of a realm.
            realm.keys.signer(alg).ok_or(Fault::NotReady(alg.as_str()))?;
        }
        let envelope = match encryption.alg {
            Some(alg) => Some(envelope(realm, client, alg, &encryption).await?),
            None => None,
        };
        Ok(Self { signing_alg, envelope })
    }

    /// With what it will be signed.
    pub fn signing_alg(&self) -> Option<SigningAlg> {
        self.signing_alg
    }

    /// Whether the client alone can read it.
    pub fn is_encrypted(&self) -> bool {
        self.envelope.is_some()
    }

    /// Signs claims as a JWT of type `typ`, and encrypts the result: "signing the plain text JSON Claims" comes first
    /// (Core §16.14).
    pub fn protect(self, realm: &RealmContext, typ: &str, claims: &impl Serialize) -> Result<String, Fault> {
        let Some(alg) = self.signing_alg else {
            return self.encrypt_claims(claims);
        };
        let signer = realm.keys.signer(alg).ok_or(Fault::NotReady(alg.as_str()))?;
        let token = sign_jwt(signer, typ, claims).map_err(|error| Fault::Signing(error.to_string()))?;
        match self.envelope {
            Some(envelope) => envelope.seal(&Payload::Jwt(&token)).map_err(Fault::Encryption),
            None => Ok(token),
        }
    }

    fn encrypt_claims(self, claims: &impl Serialize) -> Result<String, Fault> {
        // Nothing is made that is neither signed nor encrypted.
        let envelope = self.envelope.ok_or(Fault::Encryption(JweError::Failed))?;
        let claims = serde_json::to_vec(claims).map_err(|error| Fault::Signing(error.to_string()))?;
        envelope.seal(&Payload::Claims(&claims)).map_err(Fault::Encryption)
    }
}

/// The algorithm that a client registered, or the default: the first of its profile, which is RS256 as the specifications
/// say, except where the profile forbids that (FAPI 1.0 Advanced §8.6, FAPI 2.0 Security Profile §5.4.1).
fn signing_alg(realm: &RealmContext, client: &ClientMetadata, registered: Option<SigningAlg>) -> SigningAlg {
    let profile = client.profile_or(realm.realm.profile.0);
    registered
        .filter(|alg| profile.signing_algs.contains(alg))
        .unwrap_or(profile.default_signing_alg())
}

async fn envelope(
    realm: &RealmContext,
    client: &ClientMetadata,
    alg: JweAlg,
    encryption: &Encryption,
) -> Result<Envelope, ProtectionRefusal> {
    let refuse = |error| ProtectionRefusal::Keys {
        member: encryption.member,
        error,
    };
    let recipient = client_keys::recipient(realm, client, alg).await.map_err(refuse)?;
    // "If id_token_encrypted_response_alg is specified, the default […] value is A128CBC-HS256" (Registration §2).
    match recipient.envelope(encryption.enc.unwrap_or_default()) {
        Ok(envelope) => Ok(envelope),
        Err(JweError::UnfitKey) => Err(refuse(ClientKeysError::NoneFits(alg.as_str()))),
        Err(error) => Err(Fault::Encryption(error).into()),
    }
}
