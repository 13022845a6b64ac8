//! A passkey in software, with the browser around it: good unless it is told otherwise.
//!
//! It takes the options that a page hands to `navigator.credentials` and answers what the page sends back, both as JSON
//! (WebAuthn Level 3 §5.1.8–9). Members are public, so that a test can make it lie: about its origin, its relying party, who is
//! there, how often it was used.

use jose::{Jwk, Signer, SigningAlg, SigningKey, b64, random_bytes, sha256};
use serde_json::{Value, json};

use crate::pki::Identity;

/// User present, user verified, backup eligible, backed up, attested credential data (§6.1).
const UP: u8 = 0x01;
const UV: u8 = 0x04;
const BE: u8 = 0x08;
const BS: u8 = 0x10;
const AT: u8 = 0x40;

/// One credential, its device and its browser.
#[derive(Clone)]
pub struct Authenticator {
    /// The origin that the browser says it is at.
    pub origin: String,
    /// The relying party; `None` takes the one that the options name.
    pub rp_id: Option<String>,
    /// Whether somebody touches it.
    pub is_touched: bool,
    /// Whether it asks for a PIN or a finger.
    pub verifies_user: bool,
    /// Whether it is copied to other devices.
    pub is_synced: bool,
    /// How often it signed; counted up before each signature unless it is synced.
    pub counter: u32,
    /// What it sends for the user; `None` sends nothing, as old keys do.
    pub user_handle: Option<String>,
    /// Its id.
    pub credential_id: Vec<u8>,
    /// Who vouches for it: the certificate of its model, with its key. `None`: nobody.
    pub maker: Option<Identity>,
    pkcs8: Vec<u8>,
}

impl Authenticator {
    /// A device-bound one that verifies its user, in a browser at this origin.
    pub fn at(origin: &str) -> Self {
        let (_, pkcs8) = SigningKey::generate(SigningAlg::Es256).expect("a key");
        Self {
            origin: origin.to_owned(),
            rp_id: None,
            is_touched: true,
            verifies_user: true,
            is_synced: false,
            counter: 0,
            user_handle: None,
            credential_id: random_bytes::<32>().to_vec(),
            maker: None,
            pkcs8,
        }
    }

    /// `navigator.credentials.create()`.
    pub fn create(&mut self, options: &Value) -> Value {
        self.user_handle = options["user"]["id"].as_str().map(str::to_owned);
        let rp_id = options["rp"]["id"].as_str().expect("rp.id");
        let mut data = self.authenticator_data(rp_id, AT);
        data.extend_from_slice(&[0; 16]); // no model is named
        data.extend_from_slice(&u16::try_from(self.credential_id.len()).unwrap().to_be_bytes());
        data.extend_from_slice(&self.credential_id);
        data.extend_from_slice(&cose_key(&self.key().public_jwk()));
        let client_data = self.client_data("webauthn.create", options);
        let attestation = self.attestation_object(&data, &client_data);
        json!({
            "id": b64::encode(&self.credential_id),
            "rawId": b64::encode(&self.credential_id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": b64::encode(client_data),
                "attestationObject": b64::encode(attestation),
            },
        })
    }

    /// `navigator.credentials.get()`.
    pub fn get(&mut self, options: &Value) -> Value {
        if !self.is_synced {
            self.counter += 1;
        }
        let rp_id = options["rpId"].as_str().expect("rpId");
        let data = self.authenticator_data(rp_id, 0);
        let client_data = self.client_data("webauthn.get", options);
        let signed = [data.as_slice(), &sha256(client_data.as_bytes())].concat();
        let signature = self.key().sign(&signed).expect("a signature");
        let mut response = json!({
            "clientDataJSON": b64::encode(client_data),
            "authenticatorData": b64::encode(data),
            "signature": b64::encode(der(&signature)),
        });
        if let Some(handle) = &self.user_handle {
            response["userHandle"] = handle.as_str().into();
        }
        json!({
            "id": b64::encode(&self.credential_id),
            "rawId": b64::encode(&self.credential_id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": response,
        })
    }

    fn key(&self) -> SigningKey {
        SigningKey::from_pkcs8(SigningAlg::Es256, &self.pkcs8).expect("a key")
    }

    /// `{ fmt, attStmt, authData }` as CBOR (§6.5.4): of the form `packed` (§8.2) where somebody vouches for it, else `none`
    /// (§8.7).
    fn attestation_object(&self, data: &[u8], client_data: &str) -> Vec<u8> {
        let (format, statement) = match &self.maker {
            None => ("none", vec![0xa0]),
            Some(maker) => {
                let signed = [data, &sha256(client_data.as_bytes())].concat();
                let signature = der(&maker.sign(&signed));
                let mut statement = vec![0xa3];
                statement.extend_from_slice(&text("alg"));
                statement.push(0x26);
                statement.extend_from_slice(&text("sig"));
                statement.extend_from_slice(&bytes(&signature));
                statement.extend_from_slice(&text("x5c"));
                statement.push(0x81);
                statement.extend_from_slice(&bytes(&maker.der));
                ("packed", statement)
            }
        };
        let mut cbor = vec![0xa3];
        for part in [
            text("fmt"),
            text(format),
            text("attStmt"),
            statement,
            text("authData"),
            bytes(data),
        ] {
            cbor.extend_from_slice(&part);
        }
        cbor
    }

    /// §6.1: hash of the relying party ‖ flags ‖ counter.
    fn authenticator_data(&self, rp_id: &str, more: u8) -> Vec<u8> {
        let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
        let flags = more | flag(self.is_touched, UP) | flag(self.verifies_user, UV) | flag(self.is_synced, BE | BS);
        let mut data = sha256(self.rp_id.as_deref().unwrap_or(rp_id).as_bytes()).to_vec();
        data.push(flags);
        data.extend_from_slice(&self.counter.to_be_bytes());
        data
    }

    /// §5.8.1.
    fn client_data(&self, kind: &str, options: &Value) -> String {
        let (challenge, origin) = (&options["challenge"], &self.origin);
        json!({ "type": kind, "challenge": challenge, "origin": origin, "crossOrigin": false }).to_string()
    }
}

/// The key as CBOR: EC2 on P-256, for ES256 (RFC 9053 §7.1.1).
fn cose_key(key: &Jwk) -> Vec<u8> {
    let coordinate = |text: &Option<String>| b64::decode(text.as_deref().unwrap()).unwrap();
    let mut cbor = vec![0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01];
    for (label, value) in [(0x21, coordinate(&key.x)), (0x22, coordinate(&key.y))] {
        cbor.extend_from_slice(&[label, 0x58, 32]);
        cbor.extend_from_slice(&value);
    }
    cbor
}

/// A short text as CBOR.
fn text(text: &str) -> Vec<u8> {
    [&[0x60 | u8::try_from(text.len()).unwrap()], text.as_bytes()].concat()
}

/// Bytes as CBOR, with a length of two bytes.
fn bytes(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap().to_be_bytes();
    [&[0x59], length.as_slice(), bytes].concat()
}

/// `r ‖ s` as the sequence of two integers that authenticators send (§6.5.5).
fn der(signature: &[u8]) -> Vec<u8> {
    let integer = |number: &[u8]| {
        let digits = number.iter().position(|byte| *byte != 0).unwrap_or(number.len() - 1);
        let mut body = number[digits..].to_vec();
        if body[0] & 0x80 != 0 {
            body.insert(0, 0);
        }
        [vec![0x02, u8::try_from(body.len()).unwrap()], body].concat()
    };
    let (r, s) = signature.split_at(signature.len() / 2);
    let body = [integer(r), integer(s)].concat();
    [vec![0x30, u8::try_from(body.len()).unwrap()], body].concat()
}
