//! What a user proved, and what that is worth: the level of assurance, and the methods that tokens name.
//!
//! Spec: ITU-T X.1254 (2012) §6, RFC 8176 §2, NIST SP 800-63B §4 and §5.1
//!
//! A session keeps proofs, and each ages by itself; level and `amr` follow from those that still count. Levels count
//! kinds of factors, not methods: two things that a user has are one kind. A code by e-mail shows no device
//! (§5.1.3.1), a recovery code stands in for one that was lost, and an invitation opens the way to one: none counts as a kind.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::acr::{Acr, amr};

/// For how long a proof counts together with others, in seconds (§4.2.3 and §4.3.3: 12 hours).
pub const TOGETHER: i64 = 12 * 3600;
/// For how long it counts alone, in seconds (§4.1.3: 30 days).
pub const ALONE: i64 = 30 * 24 * 3600;

/// A way in which users prove who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The user name and the password.
    Password,
    /// A passkey (Web Authentication).
    Passkey,
    /// A code that changes with time (RFC 6238).
    Totp,
    /// A code of a hardware token that changes with each use (RFC 4226).
    Hotp,
    /// A certificate (RFC 5280).
    ClientCertificate,
    /// A code that was sent by e-mail.
    EmailCode,
    /// A code that was written down for the day when a device is lost.
    RecoveryCode,
    /// A link that the operator handed over.
    Invitation,
}

impl Method {
    /// All there are, in the order in which users are offered them.
    pub const ALL: [Self; 8] = [
        Self::Password,
        Self::Passkey,
        Self::Totp,
        Self::Hotp,
        Self::ClientCertificate,
        Self::EmailCode,
        Self::RecoveryCode,
        Self::Invitation,
    ];

    /// As stored, and as in the addresses of pages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Passkey => "passkey",
            Self::Totp => "totp",
            Self::Hotp => "hotp",
            Self::ClientCertificate => "client_certificate",
            Self::EmailCode => "email_code",
            Self::RecoveryCode => "recovery_code",
            Self::Invitation => "invitation",
        }
    }

    /// From that.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == text)
    }
}

/// A kind of factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Something that the user knows.
    Know,
    /// Something that the user has.
    Have,
    /// Something that the user is.
    Are,
}

/// What a user proved, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// How.
    pub method: Method,
    /// When, unix seconds.
    pub at: i64,
    /// The kinds of factors that it shows; none: too weak to count as one.
    #[serde(default)]
    pub kinds: Vec<Kind>,
    /// Whether no other site can get hold of it and use it here.
    #[serde(default)]
    pub phishing_resistant: bool,
    /// Whether its key cannot leave a piece of hardware.
    #[serde(default)]
    pub hardware: bool,
}

impl Proof {
    /// By a method of which nothing else needs to be known: all but passkeys and certificates.
    pub fn of(method: Method, at: i64) -> Self {
        let kinds = match method {
            Method::Password => vec![Kind::Know],
            Method::Totp | Method::Hotp | Method::Passkey | Method::ClientCertificate => vec![Kind::Have],
            Method::EmailCode | Method::RecoveryCode | Method::Invitation => Vec::new(),
        };
        Self {
            method,
            at,
            kinds,
            phishing_resistant: false,
            hardware: false,
        }
    }

    /// By a passkey. `is_verified`: it asked for a PIN or a finger; `hardware`: its maker vouches that it cannot be copied.
    pub fn passkey(at: i64, is_verified: bool, hardware: bool) -> Self {
        Self::of_key(Method::Passkey, at, is_verified, hardware)
    }

    /// By a certificate. `is_smart_card`: its policy vouches for a card that asks for a PIN.
    pub fn client_certificate(at: i64, is_smart_card: bool) -> Self {
        Self::of_key(Method::ClientCertificate, at, is_smart_card, is_smart_card)
    }

    fn of_key(method: Method, at: i64, is_verified: bool, hardware: bool) -> Self {
        let kinds = [Kind::Have].into_iter().chain(is_verified.then_some(Kind::Know));
        Self {
            kinds: kinds.collect(),
            phishing_resistant: true,
            hardware,
            ..Self::of(method, at)
        }
    }

    fn amr(&self) -> Vec<&'static str> {
        let key = if self.hardware { amr::HWK } else { amr::SWK };
        let is_whole = self.kinds.len() > 1;
        match self.method {
            Method::Password => vec![amr::PWD],
            Method::Totp | Method::Hotp => vec![amr::OTP],
            Method::EmailCode => vec![amr::OTP, amr::EMAIL],
            Method::RecoveryCode => vec![amr::OTP, amr::RECOVERY],
            Method::Invitation => vec![amr::INVITATION],
            // What asks for a touch alone is a second step, and no proof by itself of who holds the key.
            Method::Passkey if is_whole => vec![key, amr::USER, amr::POP],
            Method::Passkey => vec![key, amr::USER],
            Method::ClientCertificate if is_whole => vec![key, amr::PIN, amr::SC, amr::POP],
            Method::ClientCertificate => vec![key, amr::POP],
        }
    }
}

/// The proofs with a new one: of a method, the latest counts.
pub fn with(proofs: &[Proof], new: Proof) -> Vec<Proof> {
    let others = proofs.iter().filter(|old| old.method != new.method).cloned();
    let mut all: Vec<Proof> = others.collect();
    all.push(new);
    all
}

/// What proofs are worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assurance {
    /// The level reached.
    pub acr: Acr,
    /// The methods, as tokens name them.
    pub amr: Vec<String>,
}

impl Assurance {
    /// At most this level: who somebody is was not looked at more closely when the account was made.
    #[must_use]
    pub fn capped(self, proofing: Option<Acr>) -> Self {
        Self {
            acr: proofing.map_or(self.acr, |most| self.acr.min(most)),
            ..self
        }
    }
}

/// What these proofs are worth `now` (unix seconds).
pub fn reached(proofs: &[Proof], now: i64) -> Assurance {
    let within = |age| proofs.iter().filter(|proof| now - proof.at <= age).collect::<Vec<_>>();
    let together = within(TOGETHER);
    let level = level(&together);
    if level >= Acr::Loa3 {
        return Assurance {
            acr: level,
            amr: amr_of(&together, true),
        };
    }
    let alone = within(ALONE);
    let shows_something = alone.iter().any(|proof| !proof.kinds.is_empty());
    Assurance {
        acr: if shows_something { Acr::Loa2 } else { Acr::Loa1 },
        amr: amr_of(&alone, false),
    }
}

/// The level of proofs that count together.
fn level(proofs: &[&Proof]) -> Acr {
    let kinds: BTreeSet<Kind> = proofs.iter().flat_map(|proof| proof.kinds.iter().copied()).collect();
    let resistant = || proofs.iter().filter(|proof| proof.phishing_resistant);
    match kinds.len() {
        0 => Acr::Loa1,
        1 => Acr::Loa2,
        _ if resistant().any(|proof| proof.hardware && proof.kinds.len() > 1) => Acr::Loa4,
        _ if resistant().any(|proof| proof.hardware) => Acr::Phrh,
        _ if resistant().next().is_some() => Acr::Phr,
        _ => Acr::Loa3,
    }
}

/// RFC 8176 §2, `mfa`: "When this is present, specific authentication methods used may also be included."
fn amr_of(proofs: &[&Proof], is_multi_factor: bool) -> Vec<String> {
    let mut names: Vec<&str> = Vec::new();
    for name in proofs.iter().flat_map(|proof| proof.amr()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.extend(is_multi_factor.then_some(amr::MFA));
    names.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_000_000_000;

    fn of(methods: &[Method]) -> Vec<Proof> {
        methods.iter().map(|method| Proof::of(*method, NOW)).collect()
    }

    fn password_and(proof: Proof) -> Vec<Proof> {
        with(&of(&[Method::Password]), proof)
    }

    /// Every combination of methods that a sign-in can end with, its level, and what tokens say of it.
    #[test]
    fn what_each_combination_is_worth() {
        use Method::{EmailCode, Hotp, Invitation, Password, RecoveryCode, Totp};
        let touched = |hardware| Proof::passkey(NOW, false, hardware);
        let verified = |hardware| Proof::passkey(NOW, true, hardware);
        let certificate = |is_smart_card| Proof::client_certificate(NOW, is_smart_card);
        for (proofs, acr, amr) in [
            (vec![], Acr::Loa1, ""),
            (of(&[Password]), Acr::Loa2, "pwd"),
            (of(&[EmailCode]), Acr::Loa1, "otp email"),
            (of(&[Password, EmailCode]), Acr::Loa2, "pwd otp email"),
            (of(&[RecoveryCode]), Acr::Loa1, "otp recovery"),
            (of(&[Password, RecoveryCode]), Acr::Loa2, "pwd otp recovery"),
            (of(&[Invitation]), Acr::Loa1, "invitation"),
            (of(&[Password, Invitation]), Acr::Loa2, "pwd invitation"),
            (of(&[Totp]), Acr::Loa2, "otp"),
            (of(&[Totp, EmailCode]), Acr::Loa2, "otp email"),
            (of(&[Totp, Hotp]), Acr::Loa2, "otp"),
            (of(&[Password, Totp]), Acr::Loa3, "pwd otp mfa"),
            (of(&[Password, Hotp]), Acr::Loa3, "pwd otp mfa"),
            (vec![touched(true)], Acr::Loa2, "hwk user"),
            (password_and(touched(false)), Acr::Phr, "pwd swk user mfa"),
            (password_and(touched(true)), Acr::Phrh, "pwd hwk user mfa"),
            (vec![verified(false)], Acr::Phr, "swk user pop mfa"),
            (vec![verified(true)], Acr::Loa4, "hwk user pop mfa"),
            (vec![certificate(false)], Acr::Loa2, "swk pop"),
            (password_and(certificate(false)), Acr::Phr, "pwd swk pop mfa"),
            (vec![certificate(true)], Acr::Loa4, "hwk pin sc pop mfa"),
        ] {
            let reached = reached(&proofs, NOW);
            assert_eq!((reached.acr, reached.amr.join(" ").as_str()), (acr, amr), "{proofs:?}");
        }
    }

    #[test]
    fn each_proof_ages_by_itself() {
        let both = of(&[Method::Password, Method::Totp]);
        assert_eq!(reached(&both, NOW + TOGETHER).acr, Acr::Loa3);
        let later = reached(&both, NOW + TOGETHER + 1);
        assert_eq!(
            (later.acr, later.amr),
            (Acr::Loa2, vec!["pwd".to_owned(), "otp".to_owned()])
        );
        // The one that is proved again counts again, and the other one counts as long as before.
        let again = with(&both, Proof::of(Method::Totp, NOW + TOGETHER));
        assert_eq!(again.len(), 2);
        assert_eq!(reached(&again, NOW + TOGETHER).acr, Acr::Loa3);
        assert_eq!(reached(&again, NOW + TOGETHER + 1).acr, Acr::Loa2);
        let nothing = reached(&both, NOW + ALONE + 1);
        assert_eq!((nothing.acr, nothing.amr), (Acr::Loa1, vec![]));
    }

    #[test]
    fn proofing_lowers_a_level_and_never_raises_it() {
        let capped = |methods: &[Method], most| reached(&of(methods), NOW).capped(most).acr;
        let both = [Method::Password, Method::Totp];
        assert_eq!(capped(&both, None), Acr::Loa3);
        assert_eq!(capped(&both, Some(Acr::Loa2)), Acr::Loa2);
        assert_eq!(capped(&both, Some(Acr::Loa4)), Acr::Loa3);
    }

    #[test]
    fn proofs_are_written_briefly_and_read_back() {
        let text = r#"[{"method":"password","at":7,"kinds":["know"]}]"#;
        let read: Vec<Proof> = serde_json::from_str(text).unwrap();
        assert_eq!(read, [Proof::of(Method::Password, 7)]);
        for method in Method::ALL {
            assert_eq!(Method::parse(method.as_str()), Some(method));
            assert_eq!(serde_json::to_value(method).unwrap(), method.as_str());
        }
    }
}
