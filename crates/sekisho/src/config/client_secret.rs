//! `client_secret` and `client_secret_hash` of `[[client]]`.

use jose::b64;
use model::client_secret_hash;
use protocol::ClientMetadata;

use super::{document::Span, reader::Table, realm_file::ClientSecret};

/// At least 128 bits in base64url.
const SHORTEST_SECRET: usize = 22;

/// The secret that a client gives, hashed.
pub(super) fn read(
    table: &mut Table<'_, '_>,
    metadata: &ClientMetadata,
    issuer: &str,
    span: &Span,
) -> Option<ClientSecret> {
    let report = table.report;
    let clear = table.secret("client_secret");
    let hash = table.text("client_secret_hash");
    if let (Some(_), Some(hash)) = (&clear, &hash) {
        report.error(
            &hash.span,
            "client_secret and client_secret_hash are both given",
            "keep one of the two",
        );
    }
    let given = clear
        .as_ref()
        .map(|clear| &clear.span)
        .or(hash.as_ref().map(|hash| &hash.span));
    let uses_secret = metadata.token_endpoint_auth_method.uses_secret();
    let method = metadata.token_endpoint_auth_method.as_str();
    match given {
        Some(span) if !uses_secret => {
            let remedy = "remove the secret, or set token_endpoint_auth_method = \"client_secret_basic\"";
            report.error(
                span,
                format!("a client with token_endpoint_auth_method = \"{method}\" has no secret"),
                remedy,
            );
        }
        None if uses_secret => {
            let remedy = "add client_secret = { file = \"…\" }, or set token_endpoint_auth_method = \"none\" for an app \
                          that cannot keep a secret";
            report.absent(
                span,
                format!("a client with token_endpoint_auth_method = \"{method}\" needs a secret"),
                remedy,
            );
        }
        _ => {}
    }
    if let Some(hash) = hash {
        let bytes = parse_hash(&hash.value);
        if bytes.is_none() {
            let remedy = "write \"$sha256$\" and 43 characters of base64url, as export does";
            report.error(&hash.span, "client_secret_hash is not a hash", remedy);
        }
        return bytes.map(ClientSecret::Hash);
    }
    let clear = clear?;
    let Some(secret) = clear.value.secret else {
        return Some(ClientSecret::Missing);
    };
    if secret.expose().len() < SHORTEST_SECRET && !report.plain_secrets {
        let remedy = "use a random one: openssl rand -hex 32";
        let problem = format!(
            "client_secret is short ({} characters): it could be guessed",
            secret.expose().len()
        );
        report.warning(&clear.span, problem, remedy);
    }
    let hash = client_secret_hash(issuer, &metadata.client_id, secret.expose());
    Some(ClientSecret::Hash(hash.to_vec()))
}

const HASH_PREFIX: &str = "$sha256$";

fn parse_hash(text: &str) -> Option<Vec<u8>> {
    b64::decode(text.strip_prefix(HASH_PREFIX)?).filter(|bytes| bytes.len() == 32)
}

/// The hash of a secret as files write it.
pub(crate) fn format_hash(hash: &[u8]) -> String {
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
