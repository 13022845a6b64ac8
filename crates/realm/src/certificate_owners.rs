//! Whose certificate it is, as it was found out lately. A hint: whoever takes it still reads the client and checks.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// How many are remembered.
const MOST: usize = 10_000;

/// Whose a certificate is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertificateOwner {
    /// Of the client of this id.
    Client(String),
    /// Of no client, or of several.
    Nobody,
}

/// Issuer, and thumbprint of the certificate.
type Key = (String, String);

/// With until when it is remembered.
#[derive(Default)]
pub struct CertificateOwners(Mutex<HashMap<Key, (CertificateOwner, i64)>>);

impl CertificateOwners {
    /// Whose it is, if that is known.
    pub fn get(&self, issuer: &str, thumbprint: &str, now: i64) -> Option<CertificateOwner> {
        let key = (issuer.to_owned(), thumbprint.to_owned());
        let known = self.lock().get(&key).cloned();
        known.filter(|(_, until)| now < *until).map(|(owner, _)| owner)
    }

    /// Remembers whose it is.
    pub fn remember(&self, issuer: &str, thumbprint: &str, owner: CertificateOwner, (now, until): (i64, i64)) {
        let mut owners = self.lock();
        if owners.len() >= MOST {
            owners.retain(|_, (_, until)| now < *until);
            if owners.len() >= MOST {
                owners.clear();
            }
        }
        owners.insert((issuer.to_owned(), thumbprint.to_owned()), (owner, until));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, (CertificateOwner, i64)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
