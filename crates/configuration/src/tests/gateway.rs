//! `upstream` and `gateway` of an API.

use super::*;

/// A realm whose API has these keys on line 4.
fn problems_of_gateway(keys: &str) -> Vec<(usize, String)> {
    realm_problems(&format!(
        "issuer = \"https://id.example.com\"\n[[api]]\nidentifier = \"https://api.example.com\"\n{keys}\n\
         route = [{{ path = \"/**\" }}]\n"
    ))
}

#[test]
fn an_upstream_is_one_or_several_and_its_gateway_says_how_it_is_reached() {
    let one = r#"upstream = "http://127.0.0.1:9000""#;
    let several = r#"upstream = ["http://a.internal:9000", "http://b.internal:9000"]
gateway = { identity = "jwt", forwarded = "forwarded", host = "api.internal", http2 = true, connect = "1s", first_byte = "10s", idle = "5m", whole = "1h", origins = ["https://app.example.com", "http://localhost:3000"], body_limit = "10MiB", health = { path = "/health", every = "10s" } }"#;
    assert_eq!(problems_of_gateway(one), []);
    assert_eq!(problems_of_gateway(several), []);
}

#[test]
fn a_gateway_that_cannot_be_or_has_no_effect_is_told() {
    for (gateway, expected) in [
        ("body_limit = \"10MB\"", "is not a size"),
        (
            "identity = \"jwt\", pass_authorization = true",
            "the gateway's own token",
        ),
        ("identity = \"token\"", "identity cannot be"),
        ("origins = [\"*\"]", "is not an origin"),
        ("origins = [\"https://app.example.com/\"]", "is not an origin"),
        ("origins = [\"https://App.example.com\"]", "is not an origin"),
        ("origins = [\"http://app.example.com\"]", "is not an origin"),
        ("host = \"user@api.internal\"", "host cannot be"),
        ("health = { path = \"health\" }", "is not a path"),
        ("health = { every = \"5s\" }", "health has no path"),
        ("first_byte = \"0s\"", "first_byte"),
        ("roots = [\"gone.pem\"]", "no file"),
        ("conect = \"1s\"", "did you mean connect?"),
    ] {
        let found = problems_of_gateway(&format!(
            "upstream = \"https://127.0.0.1:9000\"\ngateway = {{ {gateway} }}"
        ));
        assert_problems(&found, &[(5, expected)]);
    }
    for upstream in ["127.0.0.1:9000", "http://127.0.0.1:9000/base", "ws://127.0.0.1:9000"] {
        let found = problems_of_gateway(&format!("upstream = [\"{upstream}\"]"));
        assert_problems(&found, &[(4, "is no upstream")]);
    }
    assert_problems(
        &problems_of_gateway("gateway = { http2 = true }"),
        &[(4, "without an upstream")],
    );
}
