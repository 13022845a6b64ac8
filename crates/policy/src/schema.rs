//! What conditions can speak of.

use cedar_policy::{CedarSchemaError, Schema};
use protocol::claims;

/// The name of what is judged: `principal` signs in to use `resource`.
pub(crate) const ACTION: &str = "sign-in";

/// Claims that are true or false.
const BOOLEANS: [&str; 2] = ["email_verified", "phone_number_verified"];

/// Whether a claim can be spoken of, and is true or false rather than a text.
pub(crate) fn claim(name: &str) -> Option<bool> {
    let is_plain = claims::is_standard(name) && name != "address" && name != claims::UPDATED_AT;
    is_plain.then(|| BOOLEANS.contains(&name))
}

/// The schema.
pub(crate) fn schema() -> Result<Schema, Box<CedarSchemaError>> {
    let claims = claims::standard().filter_map(|name| {
        let kind = if claim(name)? { "Bool" } else { "String" };
        Some(format!("{name}?: {kind}"))
    });
    let claims: Vec<String> = claims.collect();
    let text = format!(
        "entity User = {{ username: String, groups: Set<String>, proofing: Long, claims: {{ {} }} }};\n\
         entity Client;\n\
         action \"{ACTION}\" appliesTo {{ principal: User, resource: Client, context: {{\n\
           client: String, apis: Set<String>, address: ipaddr, recognised: Bool, certificate: Bool,\n\
           known_network: Bool, failures: Long, now: datetime, week_minute: Long\n\
         }} }};",
        claims.join(", ")
    );
    Ok(Schema::from_cedarschema_str(&text).map_err(Box::new)?.0)
}
