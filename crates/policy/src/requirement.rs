//! What a rule wants proved: `otp or passkey`.

use protocol::Method;

/// One of these must be proved.
pub type Requirement = Vec<Method>;

/// The words for what can be required.
pub const REQUIREMENTS: [(&str, &[Method]); 7] = [
    ("password", &[Method::Password]),
    ("otp", &[Method::Totp, Method::Hotp]),
    ("totp", &[Method::Totp]),
    ("hotp", &[Method::Hotp]),
    ("passkey", &[Method::Passkey]),
    ("client_certificate", &[Method::ClientCertificate]),
    ("email_code", &[Method::EmailCode]),
];

/// Reads one requirement. `Err`: the word that says nothing.
pub(crate) fn parse(text: &str) -> Result<Requirement, &str> {
    let mut methods = Vec::new();
    for word in text.split(" or ").map(str::trim) {
        let (_, named) = REQUIREMENTS.iter().find(|(known, _)| *known == word).ok_or(word)?;
        methods.extend(
            named
                .iter()
                .filter(|method| !methods.contains(*method))
                .copied()
                .collect::<Vec<_>>(),
        );
    }
    Ok(methods)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_requirement_is_a_word_or_several() {
        assert_eq!(parse("otp"), Ok(vec![Method::Totp, Method::Hotp]));
        let several = [Method::Totp, Method::Hotp, Method::Passkey];
        assert_eq!(parse("totp or otp or passkey"), Ok(several.to_vec()));
        assert_eq!(
            parse("email_code or passkey"),
            Ok(vec![Method::EmailCode, Method::Passkey])
        );
        assert_eq!(parse("otp or face"), Err("face"));
        assert_eq!(parse("recovery_code"), Err("recovery_code"));
        assert_eq!(parse(""), Err(""));
    }
}
