//! `route` of an API.

use super::*;

#[test]
fn routes_that_make_sense_are_read_without_a_word() {
    let routes = r#"upstream = "http://127.0.0.1:9000"
route = [
  { methods = ["GET"], path = "/accounts/**", scope = ["pay"] },
  { methods = ["DELETE"], path = "/accounts/**", access = ["token"], max_age = "5m" },
  { methods = ["HEAD"], path = "/accounts/*", acr = "loa3" },
  { path = "/health", access = ["none"] },
  { methods = ["POST"], path = "/payments/*", authorization_details = { type = "payment", body = { amount = "/a/b" } } },
  { path = "/of/*", authorization_details = { type = "payment", path = { amount = 2 }, method = "amount" } },
]"#;
    assert_eq!(problems_of_routes(routes), []);
}

#[test]
fn routes_that_no_call_or_every_call_would_meet_are_told() {
    for (route, expected) in [
        ("path = \"accounts\"", "no call can have the path accounts"),
        ("path = \"/a/../b\"", "segment of dots"),
        ("path = \"/a/{id}\"", "write * for a segment"),
        ("path = \"/a/**/b\"", "/** can only be at the end"),
        (
            "path = \"/a\", scope = [\"read\"]",
            "the API has no scope read — use pay",
        ),
        ("path = \"/a\", methods = [\"FETCH\"]", "methods cannot be \"FETCH\""),
        ("path = \"/a\", access = [\"tokens\"]", "did you mean token?"),
        ("path = \"/a\", access = [\"none\", \"token\"]", "beside other ways"),
        (
            "path = \"/a\", access = [\"none\"], scope = [\"pay\"]",
            "scope has no effect",
        ),
        ("path = \"/a\", acr = \"loa9\"", "acr cannot be"),
        (
            "path = \"/a\", acr = \"loa2\"",
            "acr has no effect: the API needs loa2 anyway",
        ),
        ("path = \"/a\", max_age = 300", "max_age is a number"),
        (
            "path = \"/a\", authorization_details = { type = \"paymnt\" }",
            "did you mean payment?",
        ),
        (
            "path = \"/a\", authorization_details = { type = \"payment\", method = \"verb\" }",
            "has a verb",
        ),
        (
            "path = \"/a\", methods = [\"POST\"], authorization_details = { type = \"payment\", body = { amount = \"amount\" } }",
            "body.amount is no place in a body",
        ),
        (
            "path = \"/a\", methods = [\"POST\", \"GET\"], authorization_details = { type = \"payment\", body = { amount = \"/a\" } }",
            "no GET can be what the rule wants",
        ),
        (
            "path = \"/a\", authorization_details = { type = \"payment\", body = { amount = \"/a\" } }",
            "no GET can be what the rule wants",
        ),
        (
            "path = \"/a/*\", authorization_details = { type = \"payment\", path = { amount = 3 } }",
            "path.amount is no segment of the route's path",
        ),
        (
            "path = \"/a\", authorization_details = { type = \"payment\", query = {} }",
            "has no key query",
        ),
    ] {
        let found = problems_of_routes(&format!("route = [{{ {route} }}]"));
        assert_problems(&found, &[(6, expected)]);
    }
    let twice = problems_of_routes(
        "route = [{ path = \"/a/*\", methods = [\"GET\", \"POST\"] }, { path = \"/a/*\", methods = [\"POST\"] }]",
    );
    assert_problems(&twice, &[(6, "there is another route for POST /a/*")]);
    let nothing = problems_of_routes("upstream = \"http://127.0.0.1:9000\"");
    assert_problems(&nothing, &[(6, "nothing gets through to upstream")]);
    let place = "issuer = \"https://id.example.com\"\n[[api]]\nidentifier = \"https://API.example.com\"\nroute = [{ path = \"/**\" }]\n";
    assert_problems(&realm_problems(place), &[(3, "no call can be found")]);
}
