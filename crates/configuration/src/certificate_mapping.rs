//! `[[certificate_mapping]]` and `smart_card_policies`: whose certificate it is, and which ones are on cards with a PIN.
//!
//! Spec: RFC 5280 §4.2.1.4 (policies), RFC 4514 §2 (names of issuers)

use model::{CertificateMapping, CertificateName, MappedUser, Realm};
use protocol::distinguished_name::DistinguishedName;

use super::reader::Table;

const NAMES: &[(&str, CertificateName)] = &[
    ("san_email", CertificateName::SanEmail),
    ("san_upn", CertificateName::SanUpn),
    ("subject_cn", CertificateName::SubjectCn),
    ("subject_uid", CertificateName::SubjectUid),
];
const USERS: &[(&str, MappedUser)] = &[("username", MappedUser::Username), ("email", MappedUser::Email)];

/// Reads both. `client_ca` has been read.
pub(super) fn read(table: &mut Table<'_, '_>, realm: &mut Realm) {
    for mapping in table.tables("certificate_mapping", "[[certificate_mapping]]") {
        realm
            .certificate_mapping
            .extend(rule(mapping, realm.client_ca.is_empty()));
    }
    let report = table.report;
    for policy in table.texts("smart_card_policies").unwrap_or_default() {
        if is_oid(&policy.value) {
            realm.smart_card_policies.push(policy.value);
        } else {
            let remedy = "write it like \"2.16.840.1.101.3.2.1.3.13\"";
            report.error(
                &policy.span,
                "smart_card_policies has what is no object identifier",
                remedy,
            );
        }
    }
}

fn rule(mut table: Table<'_, '_>, is_nobody_believed: bool) -> Option<CertificateMapping> {
    let report = table.report;
    if is_nobody_believed {
        let remedy = "add client_ca with the authority that issues the certificates of users";
        report.error(
            &table.span,
            "no authority vouches for certificates that could be mapped",
            remedy,
        );
    }
    let from = table.one_of("from", NAMES, &[]);
    if from.is_none() && !table.entries().iter().any(|entry| entry.key == "from") {
        let remedy = "add from = \"san_email\", or \"san_upn\", \"subject_cn\", \"subject_uid\"";
        report.absent(
            &table.span,
            "[[certificate_mapping]] does not say where the name stands",
            remedy,
        );
    }
    let user = table.one_of("user", USERS, &[]);
    if user.is_none() && !table.entries().iter().any(|entry| entry.key == "user") {
        let remedy = "add user = \"email\" or \"username\"";
        report.absent(
            &table.span,
            "[[certificate_mapping]] does not say what of a user that is",
            remedy,
        );
    }
    let issuer = table.text("issuer");
    if let Some(named) = &issuer
        && let Err(error) = DistinguishedName::parse(&named.value)
    {
        let remedy = "write it like CN=People CA,O=Example,C=JP";
        report.error(&named.span, format!("issuer {error}"), remedy);
    }
    table.finish();
    Some(CertificateMapping {
        from: from?.value,
        user: user?.value,
        issuer: issuer.map(|named| named.value),
    })
}

fn is_oid(text: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.len() < 20 && part.bytes().all(|byte| byte.is_ascii_digit());
    text.len() < 200 && text.contains('.') && text.split('.').all(is_number)
}
