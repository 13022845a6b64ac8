//! A description that somebody imports.

use std::path::Path;

/// Whatever a description says, what is made of it is one `[[api]]`, and nothing in it has become more open than it says.
pub fn openapi(data: &[u8]) {
    const IDENTIFIER: &str = "https://api.example/v1";
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(made) = configuration::import_openapi_text(Path::new("fuzz.yaml"), text, IDENTIFIER) else {
        return;
    };
    let table: toml::Table = match made.parse() {
        Ok(table) => table,
        Err(error) => panic!("no TOML was made: {error}\n{made}"),
    };
    let apis = table.get("api").and_then(toml::Value::as_array).map_or(0, Vec::len);
    assert_eq!((table.len(), apis), (1, 1), "{made}");
    // It may be refused, but by mistakes with places.
    let realm = format!("issuer = \"https://id.example\"\n{made}");
    let _ = configuration::from_text(Path::new("realm.toml"), &realm);
}
