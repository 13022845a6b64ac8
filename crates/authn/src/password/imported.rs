//! Password hashes that other programs made, for users who bring them along.
//!
//! Spec: RFC 7914 (scrypt), RFC 8018 §5.2 (PBKDF2), RFC 2307 §5.3 (the form `{SSHA}`)
//!
//! Accepted: bcrypt (`$2a$`, `$2b$`, `$2x$`, `$2y$`), `$scrypt$ln=…,r=…,p=…$`, PBKDF2 by SHA-1, SHA-256 and SHA-512 as
//! passlib (`$pbkdf2-sha256$ROUNDS$`), in PHC's form (`$pbkdf2-sha256$i=…$`) and as Django (`pbkdf2_sha256$ROUNDS$`), and
//! salted SHA-1, SHA-256 and SHA-512 as directories keep them (`{SSHA}`). Not accepted: hashes without a salt, and costs
//! that would let one stored string stop the pool.

use jose::{b64, constant_time_eq};
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};

/// The highest cost of bcrypt: sixteen times the work of the usual 10.
const MAX_BCRYPT: u32 = 14;
/// The most rounds of PBKDF2.
const MAX_ROUNDS: u32 = 2_000_000;
/// The most memory of scrypt, in bytes.
const MAX_SCRYPT_MEMORY: u64 = 128 * 1024 * 1024;
/// The most memory of scrypt times its passes over it.
const MAX_SCRYPT_WORK: u64 = 4 * MAX_SCRYPT_MEMORY;
/// Fewer bytes than this could be found by chance.
const MIN_OUTPUT: usize = 16;
/// More bytes than this nobody stores.
const MAX_OUTPUT: usize = 128;

/// A hash that can be checked at an acceptable cost.
pub(super) enum Imported {
    Bcrypt(String),
    Scrypt {
        params: scrypt::Params,
        salt: Vec<u8>,
        output: Vec<u8>,
    },
    Pbkdf2 {
        digest: Digest,
        rounds: u32,
        salt: Vec<u8>,
        output: Vec<u8>,
    },
    Salted {
        digest: Digest,
        salt: Vec<u8>,
        output: Vec<u8>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Digest {
    Sha1,
    Sha256,
    Sha512,
}

impl Digest {
    const fn bytes(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

impl Imported {
    /// Reads a stored hash; `None` when it is not one, or not one to be checked here.
    pub(super) fn parse(text: &str) -> Option<Self> {
        bcrypt_hash(text)
            .or_else(|| scrypt_hash(text))
            .or_else(|| pbkdf2_hash(text))
            .or_else(|| salted_hash(text))
    }

    /// Whether this is its password.
    pub(super) fn is_of(&self, password: &[u8]) -> bool {
        match self {
            Self::Bcrypt(hash) => bcrypt::verify(password, hash).unwrap_or(false),
            Self::Scrypt { params, salt, output } => {
                let mut found = vec![0; output.len()];
                scrypt::scrypt(password, salt, params, &mut found).is_ok() && constant_time_eq(&found, output)
            }
            Self::Pbkdf2 {
                digest,
                rounds,
                salt,
                output,
            } => {
                let mut found = vec![0; output.len()];
                match digest {
                    Digest::Sha1 => pbkdf2::pbkdf2_hmac::<Sha1>(password, salt, *rounds, &mut found),
                    Digest::Sha256 => pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, *rounds, &mut found),
                    Digest::Sha512 => pbkdf2::pbkdf2_hmac::<Sha512>(password, salt, *rounds, &mut found),
                }
                constant_time_eq(&found, output)
            }
            Self::Salted { digest, salt, output } => {
                let salted = [password, salt].concat();
                let found = match digest {
                    Digest::Sha1 => Sha1::digest(&salted).to_vec(),
                    Digest::Sha256 => Sha256::digest(&salted).to_vec(),
                    Digest::Sha512 => Sha512::digest(&salted).to_vec(),
                };
                constant_time_eq(&found, output)
            }
        }
    }
}

/// `$2b$12$` and 53 characters.
fn bcrypt_hash(text: &str) -> Option<Imported> {
    let rest = ["$2a$", "$2b$", "$2x$", "$2y$"]
        .into_iter()
        .find_map(|start| text.strip_prefix(start))?;
    let (cost, hash) = rest.split_once('$')?;
    let is_hash = hash.len() == 53
        && hash
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'/');
    let is_number = cost.len() == 2 && cost.bytes().all(|byte| byte.is_ascii_digit());
    let is_acceptable = is_number && (4..=MAX_BCRYPT).contains(&cost.parse().ok()?);
    (is_hash && is_acceptable).then(|| Imported::Bcrypt(text.to_owned()))
}

/// `$scrypt$ln=16,r=8,p=1$SALT$HASH`.
fn scrypt_hash(text: &str) -> Option<Imported> {
    let [cost, salt, output] = parts(text.strip_prefix("$scrypt$")?)?;
    let number = |name: &str| -> Option<u32> {
        let mut values = cost
            .split(',')
            .filter_map(|part| part.strip_prefix(name)?.strip_prefix('='));
        let value = values.next()?.parse().ok()?;
        values.next().is_none().then_some(value)
    };
    let (log_n, r, p) = (number("ln")?, number("r")?, number("p")?);
    let blocks = 1_u64.checked_shl(log_n)?;
    let memory = blocks.checked_mul(128)?.checked_mul(r.into())?;
    let is_acceptable = log_n < 32 && memory <= MAX_SCRYPT_MEMORY && memory.checked_mul(p.into())? <= MAX_SCRYPT_WORK;
    if !is_acceptable {
        return None;
    }
    Some(Imported::Scrypt {
        params: scrypt::Params::new(u8::try_from(log_n).ok()?, r, p).ok()?,
        salt: decode(salt)?,
        output: output_of(decode(output)?)?,
    })
}

/// `$pbkdf2-sha256$29000$SALT$HASH`, `$pbkdf2-sha256$i=29000,l=32$SALT$HASH`, or `pbkdf2_sha256$29000$SALT$HASH`, of which the
/// salt is text.
fn pbkdf2_hash(text: &str) -> Option<Imported> {
    const PASSLIB: [(&str, Digest); 3] = [
        ("$pbkdf2$", Digest::Sha1),
        ("$pbkdf2-sha256$", Digest::Sha256),
        ("$pbkdf2-sha512$", Digest::Sha512),
    ];
    const DJANGO: [(&str, Digest); 3] = [
        ("pbkdf2_sha1$", Digest::Sha1),
        ("pbkdf2_sha256$", Digest::Sha256),
        ("pbkdf2_sha512$", Digest::Sha512),
    ];
    let find = |table: [(&'static str, Digest); 3]| {
        let found = table.into_iter().find(|(start, _)| text.starts_with(start))?;
        parts(text.strip_prefix(found.0)?).map(|parts| (found.1, parts))
    };
    let (digest, rounds, salt, output) = match find(PASSLIB) {
        Some((digest, [rounds, salt, output])) => (digest, rounds, decode(salt)?, output),
        None => {
            find(DJANGO).map(|(digest, [rounds, salt, output])| (digest, rounds, salt.as_bytes().to_vec(), output))?
        }
    };
    let rounds = rounds.strip_prefix("i=").unwrap_or(rounds);
    let rounds: u32 = rounds.split(',').next()?.parse().ok()?;
    if rounds == 0 || rounds > MAX_ROUNDS || salt.is_empty() {
        return None;
    }
    Some(Imported::Pbkdf2 {
        digest,
        rounds,
        salt,
        output: output_of(decode(output)?)?,
    })
}

/// `{SSHA}` and the hash with the salt behind it.
fn salted_hash(text: &str) -> Option<Imported> {
    const SCHEMES: [(&str, Digest); 3] = [
        ("{SSHA}", Digest::Sha1),
        ("{SSHA256}", Digest::Sha256),
        ("{SSHA512}", Digest::Sha512),
    ];
    let (digest, encoded) = SCHEMES.into_iter().find_map(|(scheme, digest)| {
        let start = text.get(..scheme.len())?;
        start
            .eq_ignore_ascii_case(scheme)
            .then(|| (digest, text.get(scheme.len()..).unwrap_or_default()))
    })?;
    let mut output = decode(encoded)?;
    let salt = (output.len() > digest.bytes()).then(|| output.split_off(digest.bytes()))?;
    Some(Imported::Salted { digest, salt, output })
}

/// Exactly three parts between `$`.
fn parts(text: &str) -> Option<[&str; 3]> {
    let parts: Vec<&str> = text.split('$').collect();
    parts.try_into().ok()
}

/// Base64 in the alphabets that are in use: `+` or `.`, with padding or without.
fn decode(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=').replace(['+', '.'], "-").replace('/', "_");
    b64::decode(text)
}

fn output_of(output: Vec<u8>) -> Option<Vec<u8>> {
    (MIN_OUTPUT..=MAX_OUTPUT).contains(&output.len()).then_some(output)
}

#[cfg(test)]
mod tests;
