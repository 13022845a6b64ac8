//! What binds a wrapped secret to its realm and its purpose: nobody with access to the database can exchange two.

use crate::Purpose;

/// Of a sealing key.
pub fn sealing(issuer: &str, purpose: Purpose) -> String {
    format!("sealing {} {issuer}", purpose.as_str())
}

/// Of a signing key.
pub fn signing(issuer: &str) -> String {
    format!("signing {issuer}")
}

/// Of a key to which clients encrypt.
pub fn decryption(issuer: &str) -> String {
    format!("decryption {issuer}")
}
