//! `client_secret` and `client_secret_hash` of `[[client]]`.
//!
//! A client of `client_secret_jwt` needs the secret itself. A hash beside it only says which one is meant, so that an
//! exported file, which names a variable, changes nothing where that is not set.

use jose::{SHORTEST_MAC_SECRET, b64};
use model::{Secret, client_secret_hash};
use protocol::ClientMetadata;

use super::{
    document::Span,
    reader::{Located, Report, Table},
    realm_file::ClientSecret,
    secret::NamedSecret,
};
use crate::Kind;

/// At least 128 bits in base64url.
const SHORTEST_SECRET: usize = 22;

/// The secret that a client gives: hashed, unless the server needs it itself.
pub(super) fn read(
    table: &mut Table<'_, '_>,
    metadata: &ClientMetadata,
    issuer: &str,
    span: &Span,
) -> Option<ClientSecret> {
    let report = table.report;
    let clear = table.secret("client_secret");
    let hash = table.text("client_secret_hash");
    let is_recoverable = metadata.token_endpoint_auth_method.needs_recoverable_secret();
    check_given(report, metadata, span, (clear.as_ref(), hash.as_ref()));
    let hash = match hash {
        Some(text) => {
            let bytes = parse_hash(&text.value);
            if bytes.is_none() {
                let remedy = "write \"$sha256$\" and 43 characters of base64url, as export does";
                report.error(&text.span, "client_secret_hash is not a hash", remedy);
            }
            Some(bytes?)
        }
        None => None,
    };
    let Some(clear) = clear else {
        return hash.filter(|_| !is_recoverable).map(ClientSecret::Hash);
    };
    let Some(secret) = clear.value.secret else {
        return Some(hash.map_or(ClientSecret::Missing, ClientSecret::Stored));
    };
    check_length(report, is_recoverable, &secret, &clear.span);
    let of_secret = client_secret_hash(issuer, &metadata.client_id, secret.expose()).to_vec();
    if hash.is_some_and(|hash| hash != of_secret) && is_recoverable {
        let remedy = "remove client_secret_hash, or give the secret that it was made of";
        report.error(
            &clear.span,
            "client_secret is not the one of client_secret_hash",
            remedy,
        );
    }
    Some(if is_recoverable {
        ClientSecret::Clear(secret)
    } else {
        ClientSecret::Hash(of_secret)
    })
}

/// What is given fits the method.
fn check_given(
    report: &Report<'_>,
    metadata: &ClientMetadata,
    client: &Span,
    given: (Option<&Located<NamedSecret>>, Option<&Located<String>>),
) {
    let method = metadata.token_endpoint_auth_method;
    let is_recoverable = method.needs_recoverable_secret();
    let name = method.as_str();
    match given {
        (Some(_), Some(hash)) if !is_recoverable => report.error(
            &hash.span,
            "client_secret and client_secret_hash are both given",
            "keep one of the two",
        ),
        (None, Some(hash)) if is_recoverable => report.error(
            &hash.span,
            format!("{name} needs the secret itself, of which there is only a hash"),
            "add client_secret = { file = \"…\" }, or { env = \"…\" }",
        ),
        _ => {}
    }
    let span = given.0.map(|clear| &clear.span).or(given.1.map(|hash| &hash.span));
    match span {
        Some(span) if !method.uses_secret() => {
            let remedy = "remove the secret, or set token_endpoint_auth_method = \"client_secret_basic\"";
            report.error(
                span,
                format!("a client with token_endpoint_auth_method = \"{name}\" has no secret"),
                remedy,
            );
        }
        None if method.uses_secret() => {
            let remedy = "add client_secret = { file = \"…\" }, or set token_endpoint_auth_method = \"none\" for an app \
                          that cannot keep a secret";
            report.absent(
                client,
                format!("a client with token_endpoint_auth_method = \"{name}\" needs a secret"),
                remedy,
            );
        }
        _ => {}
    }
}

fn check_length(report: &Report<'_>, is_recoverable: bool, secret: &Secret, span: &Span) {
    let length = secret.expose().len();
    let remedy = "use a random one: openssl rand -hex 32";
    if is_recoverable && length < SHORTEST_MAC_SECRET {
        let problem = format!("client_secret has {length} bytes: HS256 needs {SHORTEST_MAC_SECRET} (RFC 7518 §3.2)");
        report.error(span, problem, remedy);
    } else if length < SHORTEST_SECRET && !report.plain_secrets {
        let problem = format!("client_secret is short ({length} characters): it could be guessed");
        report.warning_of(Kind::ShortSecret, span, problem, remedy);
    }
}

const HASH_PREFIX: &str = "$sha256$";

fn parse_hash(text: &str) -> Option<Vec<u8>> {
    b64::decode(text.strip_prefix(HASH_PREFIX)?).filter(|bytes| bytes.len() == 32)
}

/// The hash of a secret as files write it.
pub fn format_hash(hash: &[u8]) -> String {
    format!("{HASH_PREFIX}{}", b64::encode(hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_written_and_read() {
        let hash = client_secret_hash("https://id.example.com", "app", "secret");
        assert_eq!(parse_hash(&format_hash(&hash)), Some(hash.to_vec()));
        for bad in ["", "$sha256$", "$sha256$AAAA", "$argon2id$x", "AAAA"] {
            assert_eq!(parse_hash(bad), None, "{bad}");
        }
    }
}
