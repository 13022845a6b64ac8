//! `Client-Cert` and `Client-Cert-Chain`: the certificate that a client showed to a proxy, as the proxy passes it on.
//!
//! Spec: RFC 9440 §2.1 to §2.3, RFC 8941 §3.1, §3.3.5
//!
//! Accepted: byte sequences; parameters are ignored. Not accepted: anything that is malformed, doubled or too large, since
//! nobody can say which certificate was meant. Whose headers these may be is for the caller.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::ClientCertificate;

/// The header with the certificate.
pub const CLIENT_CERT: &str = "client-cert";
/// The header with those that came with it.
pub const CLIENT_CERT_CHAIN: &str = "client-cert-chain";

/// The longest certificate, in bytes.
pub const MAX_CERTIFICATE: usize = 16 * 1024;
/// How many others may come with it.
pub const MAX_CHAIN: usize = 8;

/// Why the headers do not say which certificate it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientCertError {
    /// The header came twice.
    #[error("Client-Cert came more than once")]
    Twice,
    /// A chain of nothing.
    #[error("Client-Cert-Chain came without Client-Cert")]
    ChainAlone,
    /// Not a byte sequence with a certificate.
    #[error("Client-Cert is not a certificate in DER as a byte sequence: base64 between two colons")]
    Malformed,
    /// Likewise.
    #[error("Client-Cert-Chain is not a list of certificates in DER as byte sequences")]
    MalformedChain,
    /// More than any certificate needs.
    #[error("a certificate is larger than {MAX_CERTIFICATE} bytes, or more than {MAX_CHAIN} others came with it")]
    TooLarge,
}

/// The certificate in a request's headers, given as the values of all lines of each.
pub fn read<'a>(
    mut certificate: impl Iterator<Item = &'a [u8]>,
    chain: impl Iterator<Item = &'a [u8]>,
) -> Result<Option<ClientCertificate>, ClientCertError> {
    let chain: Vec<&[u8]> = chain.collect();
    let (first, second) = (certificate.next(), certificate.next());
    if second.is_some() {
        return Err(ClientCertError::Twice);
    }
    let Some(item) = first else {
        // "The Client-Cert-Chain HTTP header field […] is only used with the Client-Cert header field" (§2.3).
        return if chain.is_empty() {
            Ok(None)
        } else {
            Err(ClientCertError::ChainAlone)
        };
    };
    let der = byte_sequence(item).ok_or(ClientCertError::Malformed)?;
    // A list may be spread over several lines (RFC 8941 §4.2).
    let members = chain.iter().flat_map(|line| line.split(|byte| *byte == b','));
    let intermediates = members
        .map(|member| byte_sequence(member).ok_or(ClientCertError::MalformedChain))
        .collect::<Result<Vec<_>, _>>()?;
    if intermediates.len() > MAX_CHAIN
        || intermediates
            .iter()
            .chain([&der])
            .any(|der| der.len() > MAX_CERTIFICATE)
    {
        return Err(ClientCertError::TooLarge);
    }
    Ok(Some(ClientCertificate { der, intermediates }))
}

/// `:base64:`, perhaps with parameters: "no semantics are defined" for them, so they are not looked at (RFC 9440 §2.2).
fn byte_sequence(item: &[u8]) -> Option<Vec<u8>> {
    let (encoded, rest) = split_at_colon(item.trim_ascii().strip_prefix(b":")?)?;
    if !(rest.is_empty() || rest.starts_with(b";")) {
        return None;
    }
    let der = STANDARD.decode(encoded).ok()?;
    // Every certificate is a SEQUENCE.
    der.starts_with(&[0x30]).then_some(der)
}

fn split_at_colon(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = text.iter().position(|byte| *byte == b':')?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(certificate: &[&str], chain: &[&str]) -> Result<Option<ClientCertificate>, ClientCertError> {
        let bytes = |lines: &[&str]| lines.iter().map(|line| line.as_bytes().to_vec()).collect::<Vec<_>>();
        let (certificate, chain) = (bytes(certificate), bytes(chain));
        read(certificate.iter().map(Vec::as_slice), chain.iter().map(Vec::as_slice))
    }

    fn text(bytes: &[u8]) -> String {
        format!(":{}:", STANDARD.encode(bytes))
    }

    // Conformance: BCP-28
    #[test]
    fn a_certificate_and_its_chain_are_read() {
        assert_eq!(of(&[], &[]), Ok(None));
        let alone = of(&[":MAA=:"], &[]).unwrap().unwrap();
        assert_eq!((alone.der, alone.intermediates.len()), (vec![0x30, 0], 0));
        let both = of(&[" :MAA=:;a=1 "], &[":MAE=:, :MAI=:", ":MAM=:"]).unwrap().unwrap();
        assert_eq!(both.intermediates, [[0x30, 1], [0x30, 2], [0x30, 3]]);
    }

    #[test]
    fn what_is_not_a_byte_sequence_is_refused() {
        for bad in [
            "", "::", ":", "MAA=", ":MAA=", "MAA=:", ":MAA:", ":MA A=:", ":MAA=: x", ":AAA=:", "\"MAA=\"", ":MAA_:",
        ] {
            assert_eq!(of(&[bad], &[]), Err(ClientCertError::Malformed), "{bad}");
            assert_eq!(of(&[":MAA=:"], &[bad]), Err(ClientCertError::MalformedChain), "{bad}");
        }
        assert_eq!(of(&[":MAA=:"], &[":MAE=:,"]), Err(ClientCertError::MalformedChain));
        assert_eq!(of(&[":MAA=:, :MAE=:"], &[]), Err(ClientCertError::Malformed));
    }

    #[test]
    fn two_certificates_or_none_with_a_chain_are_nobodys() {
        assert_eq!(of(&[":MAA=:", ":MAA=:"], &[]), Err(ClientCertError::Twice));
        assert_eq!(of(&[], &[":MAA=:"]), Err(ClientCertError::ChainAlone));
    }

    #[test]
    fn what_is_too_large_is_refused() {
        let mut der = vec![0x30; MAX_CERTIFICATE];
        assert!(of(&[&text(&der)], &[]).is_ok());
        der.push(0);
        assert_eq!(of(&[&text(&der)], &[]), Err(ClientCertError::TooLarge));
        let many = [":MAA=:"; MAX_CHAIN + 1].join(",");
        assert_eq!(of(&[":MAA=:"], &[&many]), Err(ClientCertError::TooLarge));
    }
}
