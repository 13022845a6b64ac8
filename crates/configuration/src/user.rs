//! `[[user]]`: a seed. Credentials are set when the user is created, and belong to the user from then on.
//!
//! Spec: OpenID Connect Core §5.1 and §5.2 (the claims)

use authn::factors::totp::TotpSecret;
use protocol::{Acr, claims};
use serde_json::{Map, Value};

use super::{
    client::to_json,
    reader::{Located, Table},
    realm_file::{OtpSeed, PasswordSeed, UserEntry},
};

/// Reads one user.
pub(super) fn read(mut table: Table<'_, '_>) -> Option<Located<UserEntry>> {
    let username = table.required_text("username", "alice");
    if let Some(name) = username.as_ref().filter(|name| !authn::users::is_username(&name.value)) {
        let remedy = format!(
            "use at most {} characters and no control characters",
            authn::users::MAX_USERNAME
        );
        table.report.error(&name.span, "username cannot be a user name", remedy);
    }
    let sub = table.text("sub");
    if let Some(sub) = sub.as_ref().filter(|sub| !is_subject(&sub.value)) {
        let remedy = "use at most 255 ASCII characters without spaces (OpenID Connect Core §2)";
        table
            .report
            .error(&sub.span, "sub cannot be a subject identifier", remedy);
    }
    let password = password(&mut table);
    let totp_secret = otp_secret(&mut table, "totp_secret");
    let hotp_secret = otp_secret(&mut table, "hotp_secret");
    let proofing = proofing(&mut table);
    let groups = table
        .texts("groups")
        .unwrap_or_default()
        .into_iter()
        .map(|group| group.value)
        .collect();
    let enabled = table.boolean("enabled").map(|flag| flag.value);
    let claims = claims(&mut table);
    let span = username
        .as_ref()
        .map_or_else(|| table.span.clone(), |name| name.span.clone());
    table.finish();
    let value = UserEntry {
        username: username?.value.trim().to_owned(),
        sub: sub.map(|sub| sub.value),
        password,
        totp_secret,
        hotp_secret,
        proofing,
        claims,
        groups,
        enabled,
    };
    Some(Located { value, span })
}

fn is_subject(text: &str) -> bool {
    (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn password(table: &mut Table<'_, '_>) -> Option<PasswordSeed> {
    let clear = table.secret("password");
    let hash = table.text("password_hash");
    if let (Some(_), Some(hash)) = (&clear, &hash) {
        table.report.error(
            &hash.span,
            "password and password_hash are both given",
            "keep one of the two",
        );
    }
    if let Some(hash) = hash {
        if !authn::password::is_usable(&hash.value) {
            let remedy = "write a hash of argon2, bcrypt, scrypt, PBKDF2 or {SSHA}, in a form of docs/passwords.md";
            table.report.error(
                &hash.span,
                "password_hash is of no kind that can be checked, or costs too much",
                remedy,
            );
        }
        return Some(PasswordSeed::Hash(hash.value));
    }
    if let Some((clear, secret)) = clear
        .as_ref()
        .and_then(|clear| Some((clear, clear.value.secret.as_ref()?)))
        && let Err(problem) = authn::users::check_password(secret)
    {
        let text = problem.to_string();
        let (problem, remedy) = text.split_once(": ").unwrap_or((&text, "choose another one"));
        table.report.error(&clear.span, problem, remedy);
    }
    // A variable that is not set here may be set where the user is made: the entry remembers that it wants one.
    clear.map(|named| named.value.secret.map_or(PasswordSeed::Missing, PasswordSeed::Clear))
}

/// The secret of an authenticator app or a code token, which counts from the beginning: whoever writes the file vouches
/// for it.
fn otp_secret(table: &mut Table<'_, '_>, key: &'static str) -> Option<OtpSeed> {
    let named = table.secret(key)?;
    let Some(secret) = named.value.secret else {
        return Some(OtpSeed::Missing);
    };
    if TotpSecret::from_base32(secret.expose()).is_none() {
        let problem = format!("{key} is not a secret of one-time codes");
        let remedy = "write the base32 text that app or token was given, of 16 bytes (26 letters) or more";
        table.report.error(&named.span, problem, remedy);
    }
    Some(OtpSeed::Clear(secret))
}

fn proofing(table: &mut Table<'_, '_>) -> Option<Acr> {
    let words = Acr::ALL.iter().map(|level| (level.short(), *level)).collect::<Vec<_>>();
    table.one_of("proofing", &words, &[]).map(|level| level.value)
}

/// The standard claims, in other languages too (`"name#ja"`); each is checked by its type.
fn claims(table: &mut Table<'_, '_>) -> Map<String, Value> {
    for claim in claims::standard().filter(|claim| *claim != claims::UPDATED_AT) {
        // Its value is read below.
        table.know(claim);
    }
    let mut known = Map::new();
    for entry in table.entries() {
        if !claims::is_standard(claims::split(&entry.key).0) {
            continue;
        }
        table.know(&entry.key);
        let value = to_json(&entry.node);
        match claims::check(&entry.key, &value) {
            Ok(()) => {
                known.insert(entry.key.clone(), value);
            }
            Err(error) => table.report.error(
                &entry.node.span,
                format!("{} {}", entry.key, error.problem),
                error.remedy,
            ),
        }
    }
    known
}
