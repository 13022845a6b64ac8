//! `limit` of an API and of its routes.

use super::*;

#[test]
fn limits_that_make_sense_are_read_without_a_word() {
    let routes = r#"limit = [{ per = "client", rate = "100/1m", burst = 20 }, { per = "api", rate = "1000/1s" }]
route = [
  { path = "/a", limit = [{ per = "user", rate = "5/1h" }, { per = "key", rate = "9/1d" }, { per = "route", rate = "9/1s" }] },
  { path = "/b", access = ["user_token", "client_credentials", "api_key", "basic", "client_certificate"] },
  { path = "/c", access = ["none"], limit = [{ per = "route", rate = "9/1s" }] },
]"#;
    assert_eq!(problems_of_routes(routes), []);
}

#[test]
fn limits_that_would_limit_nothing_are_told() {
    for (limit, expected) in [
        (
            "per = \"caller\", rate = \"1/1s\"",
            "use client, user, key, route or api",
        ),
        ("rate = \"1/1s\"", "a limit has no per"),
        ("per = \"client\"", "a limit has no rate"),
        ("per = \"client\", rate = \"fast\"", "\"fast\" is no rate"),
        ("per = \"client\", rate = \"0/1m\"", "is no rate"),
        (
            "per = \"client\", rate = \"1/1m\", burst = 0",
            "burst is no number of calls",
        ),
        (
            "per = \"client\", rate = \"1/1m\", burst = \"9\"",
            "burst is no number of calls",
        ),
        ("per = \"client\", rate = \"1/1m\", bursts = 9", "did you mean burst?"),
        ("per = \"api\", rate = \"1/1m\"", "cannot count all calls of the API"),
    ] {
        let found = problems_of_routes(&format!("route = [{{ path = \"/a\", limit = [{{ {limit} }}] }}]"));
        assert_problems(&found, &[(6, expected)]);
    }
    let open = "route = [{ path = \"/a\", access = [\"none\"], limit = [{ per = \"client\", rate = \"1/1m\" }] }]";
    assert_problems(&problems_of_routes(open), &[(6, "nobody knows who calls")]);
}
