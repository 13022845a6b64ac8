//! Codes that change with time, as authenticator apps show them.
//!
//! Spec: RFC 6238 §4 and §5.2, RFC 4226 §5.3, NIST SP 800-63B §5.1.4.2
//!
//! Accepted: six digits of the step that the server's clock is in, the one before, or the one after. A step is taken
//! once: its number is the authenticator's counter, which only grows.

use jose::{OneTimeCodeHash, WrapKey, base32, constant_time_eq, one_time_code, random_bytes};
use model::{Authenticator, Session, User};
use protocol::{Method, Proof};
use qrcode::{QrCode, render::svg};
use realm::{RealmContext, RealmError};
use storage::authenticator;
use url::Url;

use super::{FactorVerified, Offered, secret_of, with_secret};
use crate::enrolment::{self, Counts, EnrolRefusal};

/// How long a code is shown, in seconds.
const PERIOD: i64 = 30;
/// The digits of a code.
const DIGITS: u32 = 6;
/// How many steps a clock may be wrong (§5.2: "at most one time step is allowed as the network delay"; one more for
/// clocks that run ahead).
const SKEW: i64 = 1;
/// The shortest secret, in bytes (RFC 4226 §4, R6).
const SHORTEST: usize = 16;

/// What app and server share. It has no `Debug`.
#[derive(Clone)]
pub struct TotpSecret(Vec<u8>);

impl TotpSecret {
    /// A new one, of the length that RFC 4226 recommends.
    pub fn new() -> Self {
        Self(random_bytes::<20>().to_vec())
    }

    /// As people write it down; `None`: no base32, or fewer than 16 bytes.
    pub fn from_base32(text: &str) -> Option<Self> {
        let bytes = base32::decode(text)?;
        (bytes.len() >= SHORTEST).then_some(Self(bytes))
    }

    /// As people write it down.
    pub fn base32(&self) -> String {
        base32::encode(&self.0)
    }

    /// The step whose code this is, of those that are taken `now` (unix seconds) and come after `last`.
    pub fn step_of(&self, code: &str, now: i64, last: i64) -> Option<i64> {
        let current = now.div_euclid(PERIOD);
        let steps = current - SKEW..=current + SKEW;
        // All are looked at, so that the time does not tell which one it was.
        steps.fold(None, |found, step| {
            let expected = one_time_code(OneTimeCodeHash::Sha1, &self.0, step.unsigned_abs(), DIGITS);
            let is_it = constant_time_eq(expected.as_bytes(), code.as_bytes());
            if is_it && step > last { Some(step) } else { found }
        })
    }

    /// An authenticator of a user with this secret, which does not count yet.
    pub fn authenticator(&self, wrap: &WrapKey, issuer: &str, user_id: &str) -> Authenticator {
        with_secret(wrap, issuer, user_id, Method::Totp, &self.0)
    }
}

impl Default for TotpSecret {
    fn default() -> Self {
        Self::new()
    }
}

/// What is shown to whoever enrolls an app.
pub struct Offer {
    /// The secret in base32.
    pub secret: String,
    /// The same as apps read it from a picture or an address.
    pub uri: String,
    /// The picture, as SVG.
    pub picture: Option<String>,
    /// What must come back with a code.
    pub sealed: String,
}

/// Begins to enroll an app: with a new secret.
pub fn begin(realm: &RealmContext, (session, user): (&Session, &User)) -> Result<Offer, RealmError> {
    let secret = TotpSecret::new();
    let sealed = Offered::seal(realm, session, Method::Totp, &secret.0)?;
    Ok(offer(realm, user, &secret, sealed))
}

/// The same again, after a code that was wrong. `None`: it is not of this session, or too old.
pub fn again(realm: &RealmContext, (session, user): (&Session, &User), sealed: &str) -> Option<Offer> {
    let offered = Offered::open(realm, session, Method::Totp, sealed)?;
    Some(offer(realm, user, &TotpSecret(offered.secret), sealed.to_owned()))
}

/// Enrolls the app, which has shown a code of the secret. The code is used up by that.
pub async fn confirm(
    realm: &RealmContext,
    whose: (&Session, &User),
    sealed: &str,
    code: &str,
) -> Result<Counts, EnrolRefusal> {
    let (session, user) = whose;
    let offered = Offered::open(realm, session, Method::Totp, sealed).ok_or(EnrolRefusal::SignedOut)?;
    let secret = TotpSecret(offered.secret);
    let code: String = code.chars().filter(|letter| !letter.is_whitespace()).take(64).collect();
    let step = secret.step_of(&code, realm.now(), 0).ok_or(EnrolRefusal::WrongCode)?;
    let new = Authenticator {
        counter: step,
        lookup: Some(enrolment::once(&secret.0)),
        ..secret.authenticator(&realm.wrap, realm.issuer(), &user.id)
    };
    enrolment::add(realm, whose, new).await
}

/// Spec: the format `otpauth` of the Google Authenticator wiki, which every app reads. Names are percent-encoded.
fn offer(realm: &RealmContext, user: &User, secret: &TotpSecret, sealed: String) -> Offer {
    let organisation = &realm.realm.display_name;
    let text = secret.base32();
    let mut uri = Url::parse("otpauth://totp/").ok();
    if let Some(uri) = &mut uri {
        uri.set_path(&format!(
            "/{}:{}",
            without_colon(organisation),
            without_colon(&user.username)
        ));
        let query = format!(
            "secret={text}&issuer={}&algorithm=SHA1&digits={DIGITS}&period={PERIOD}",
            encoded(organisation)
        );
        uri.set_query(Some(&query));
    }
    let uri = uri.map(String::from).unwrap_or_default();
    Offer {
        picture: picture(&uri),
        secret: text,
        uri,
        sealed,
    }
}

/// A colon parts the two names.
fn without_colon(text: &str) -> String {
    text.chars().filter(|letter| *letter != ':').collect()
}

/// Spaces too as `%20`: not every app knows `+`.
fn encoded(text: &str) -> String {
    let mut url = Url::parse("x:/").ok();
    if let Some(url) = &mut url {
        url.query_pairs_mut().append_pair("", text);
    }
    let query = url.as_ref().and_then(Url::query).unwrap_or_default();
    query.trim_start_matches('=').replace('+', "%20")
}

fn picture(uri: &str) -> Option<String> {
    let code = QrCode::new(uri.as_bytes()).ok()?;
    let svg = code.render::<svg::Color<'_>>().min_dimensions(208, 208).build();
    Some(svg)
}

pub(super) fn verify(
    realm: &RealmContext,
    of: &Authenticator,
    code: &str,
) -> Result<Option<FactorVerified>, RealmError> {
    let now = realm.now();
    let secret = TotpSecret(secret_of(realm, of)?);
    let step = secret.step_of(code, now, of.counter);
    Ok(step.map(|step| FactorVerified {
        proof: Proof::of(Method::Totp, now),
        guards: vec![authenticator::advance(realm.issuer(), &of.id, step, now)],
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn secret() -> TotpSecret {
        TotpSecret::from_base32("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").unwrap()
    }

    fn code_at(now: i64) -> String {
        one_time_code(
            OneTimeCodeHash::Sha1,
            &secret().0,
            (now / PERIOD).unsigned_abs(),
            DIGITS,
        )
    }

    #[test]
    fn rfc6238_appendix_b_in_six_digits() {
        assert_eq!(secret().step_of("287082", 59, 0), Some(1));
        assert_eq!(secret().step_of("081804", 1_111_111_109, 0), Some(37_037_036));
    }

    #[test]
    fn a_clock_may_be_wrong_by_one_step() {
        for (seconds, is_taken) in [(-60, false), (-30, true), (0, true), (30, true), (60, false)] {
            let step = secret().step_of(&code_at(NOW + seconds), NOW, 0);
            assert_eq!(step, is_taken.then_some((NOW + seconds) / PERIOD), "{seconds}");
        }
    }

    #[test]
    fn a_step_is_taken_once_and_none_before_it() {
        let last = NOW / PERIOD;
        assert_eq!(secret().step_of(&code_at(NOW), NOW, last), None);
        assert_eq!(secret().step_of(&code_at(NOW - 30), NOW, last), None);
        assert_eq!(secret().step_of(&code_at(NOW + 30), NOW, last), Some(last + 1));
    }

    #[test]
    fn nothing_but_the_whole_code_is_one() {
        let code = code_at(NOW);
        for wrong in [&code[..5], &format!("{code}0"), "", "000000\0", "ａｂｃ"] {
            assert_eq!(secret().step_of(wrong, NOW, 0), None, "{wrong}");
        }
    }

    #[test]
    fn secrets_are_long_enough_and_differ() {
        assert_ne!(TotpSecret::new().base32(), TotpSecret::new().base32());
        assert_eq!(TotpSecret::new().base32().len(), 32);
        assert!(TotpSecret::from_base32("GEZDGNBVGY3TQOJQ").is_none(), "10 bytes");
        assert!(TotpSecret::from_base32("not base32!").is_none());
    }
}
