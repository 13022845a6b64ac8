//! `[[user]]`: a seed. Credentials are set when the user is created, and belong to the user from then on.

use serde_json::{Map, Value};

use super::{
    document::Item,
    reader::{Located, Table, is_nothing},
    realm_file::{PasswordSeed, UserEntry},
};

/// Claims that are not a text.
const FLAGS: &[&str] = &["email_verified", "phone_number_verified"];
/// Kept by the server itself.
const NOT_GIVEN: &str = "updated_at";

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
    table.not_built("totp_secret", is_nothing);
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
            let remedy = "write the PHC string of an argon2id hash: \"$argon2id$v=19$m=…,t=…,p=…$…$…\"";
            table.report.error(
                &hash.span,
                "password_hash is not an argon2 hash with an acceptable cost",
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

fn claims(table: &mut Table<'_, '_>) -> Map<String, Value> {
    let mut claims = Map::new();
    for claim in protocol::claims::standard().filter(|claim| *claim != NOT_GIVEN) {
        let value = if FLAGS.contains(&claim) {
            table.boolean(claim).map(|flag| Value::Bool(flag.value))
        } else if claim == "address" {
            address(table)
        } else {
            table.text(claim).map(|text| Value::String(text.value))
        };
        if let Some(value) = value {
            claims.insert(claim.to_owned(), value);
        }
    }
    if let Some(Value::String(email)) = claims.get("email")
        && !email.trim_matches('@').contains('@')
    {
        table.report.error(
            &table.span_of("email"),
            format!("{email} is not an e-mail address"),
            "write name@example.com",
        );
    }
    claims
}

/// OpenID Connect Core §5.1.1.
fn address(table: &mut Table<'_, '_>) -> Option<Value> {
    let entry = table.entry("address")?;
    if let Item::Text(_) = entry.node.item {
        let remedy = "write a table: { formatted = \"…\" }";
        table.report.error(&entry.node.span, "address is a text", remedy);
        return None;
    }
    let mut inner = table.table("address", "address")?;
    let mut address = Map::new();
    for member in [
        "formatted",
        "street_address",
        "locality",
        "region",
        "postal_code",
        "country",
    ] {
        if let Some(text) = inner.text(member) {
            address.insert(member.to_owned(), Value::String(text.value));
        }
    }
    inner.finish();
    Some(Value::Object(address))
}
