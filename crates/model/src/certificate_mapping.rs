//! Whose certificate it is: rules by which certificates name users.

use serde::{Deserialize, Serialize};

/// A rule: what a certificate calls its holder is what this server calls a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateMapping {
    /// Where the certificate names its holder.
    pub from: CertificateName,
    /// What of a user that is.
    pub user: MappedUser,
    /// The subject of the authority that must have issued it, as a distinguished name; none: any of `client_ca`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
}

/// Where a certificate names its holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CertificateName {
    /// A mail address among the alternative names.
    SanEmail,
    /// The user principal name among the alternative names.
    SanUpn,
    /// The common name of the subject.
    SubjectCn,
    /// The user id of the subject.
    SubjectUid,
}

/// What of a user a certificate names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MappedUser {
    /// The name to sign in with.
    Username,
    /// The verified mail address.
    Email,
}
