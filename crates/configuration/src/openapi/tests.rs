//! Descriptions as they are written, and as nobody should.

use std::{path::Path, sync::Arc, time::Instant};

use super::{
    Description, Operation, Source,
    compare::{Difference, Rule, compare},
    import::{Imported, base_of, rules},
};

const BANK: &str = include_str!("tests/bank.openapi.yaml");
const BASE: &str = "/bank/v1";

fn source(text: &str) -> Source {
    Source::parse(Path::new("bank.openapi.yaml"), text.into()).unwrap()
}

fn described(text: &str) -> Description {
    source(text).describe(BASE)
}

fn mistakes(text: &str) -> Vec<String> {
    match Source::parse(Path::new("bank.openapi.yaml"), text.into()) {
        Ok(source) => {
            let description = source.describe(BASE);
            source.problems(&description).iter().map(ToString::to_string).collect()
        }
        Err(problem) => vec![problem.to_string()],
    }
}

fn shown(rule: &Imported) -> String {
    format!(
        "{} {} [{}] [{}]",
        rule.methods.join(","),
        rule.path,
        rule.access.join(" "),
        rule.scope.join(" ")
    )
}

fn openapi(paths: &str) -> String {
    format!("openapi: 3.1.0\ninfo: {{title: T, version: '1'}}\npaths:\n{paths}")
}

#[test]
fn a_description_becomes_rules() {
    let description = described(BANK);
    assert_eq!(description.mistakes, []);
    assert_eq!(description.title.as_deref(), Some("Example Bank"));
    let rules: Vec<String> = rules(&description).iter().map(shown).collect();
    assert_eq!(
        rules,
        [
            "GET /accounts [token] [accounts:read]",
            "GET /accounts/* [token] [accounts:read]",
            "PATCH /accounts/* [token] [accounts:read accounts:write]",
            "GET /accounts/*/statements/* [token] [accounts:read]",
            "POST /payments [token] [payments:write]",
            "GET,DELETE /payments/* [token] [payments:write]",
            "GET /rates [none] []",
            "POST /hooks [api_key] []",
            "GET /partners/report [basic client_certificate] []",
        ]
    );
    let scopes: Vec<&str> = description.scopes.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(scopes, ["accounts:read", "accounts:write", "payments:write"]);
    assert_eq!(description.scopes[0].1, "See accounts and what moved on them");
}

#[test]
fn json_is_read_as_yaml_is() {
    let json = r##"{"openapi": "3.0.4", "info": {"title": "T", "version": "1"},
        "security": [{"token": ["a:read"]}],
        "components": {"securitySchemes": {"token": {"$ref": "#/x-all/0"}}},
        "x-all": [{"type": "openIdConnect", "openIdConnectUrl": "https://id.example"}],
        "paths": {"/a": {"get": {}}, "/b": {"get": {"security": []}, "trace": {}}}}"##;
    let description = described(json);
    assert_eq!(description.mistakes, []);
    let rules: Vec<String> = rules(&description).iter().map(shown).collect();
    assert_eq!(rules, ["GET /a [token] [a:read]", "GET /b [none] []"]);
}

#[test]
fn paths_are_below_the_identifier() {
    let path = |servers: &str| {
        let text = format!(
            "{}  /a/{{id}}:\n    get: {{}}\n",
            openapi("").replace("paths:", &format!("{servers}\npaths:"))
        );
        let description = described(&text);
        let told: Vec<_> = description
            .mistakes
            .iter()
            .map(|mistake| mistake.problem.clone())
            .collect();
        (description.operations[0].template.clone(), told.join(";"))
    };
    for (servers, expected) in [
        ("", "/a/{id}"),
        ("servers: [{url: 'https://api.example/bank/v1'}]", "/a/{id}"),
        ("servers: [{url: 'https://api.example/bank/v1/'}]", "/a/{id}"),
        ("servers: [{url: '/bank/v1/eu'}, {url: /other}]", "/eu/a/{id}"),
        (
            "servers: [{url: 'https://{host}/bank/{v}', variables: {host: {default: h}, v: {default: v1}}}]",
            "/a/{id}",
        ),
        ("servers: [{url: 'https://api.example'}]", "/a/{id}"),
    ] {
        assert_eq!(path(servers), (expected.to_owned(), String::new()), "{servers}");
    }
    assert!(
        path("servers: [{url: 'https://api.example/bank/v11'}]")
            .1
            .contains("not below /bank/v1")
    );
    for (identifier, base) in [
        ("https://api.example", ""),
        ("https://api.example/", ""),
        ("https://api.example/bank/v1/", "/bank/v1"),
        ("https://api.example?k=/v1", ""),
    ] {
        assert_eq!(base_of(identifier), base, "{identifier}");
    }
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    for (text, expected) in [
        ("swagger: '2.0'", "1:1: this is Swagger 2.0"),
        ("a: b", "this is no OpenAPI document"),
        ("openapi: 4.0.0", "this is OpenAPI 4.0.0"),
        ("[]", "this is no OpenAPI document"),
        ("openapi: [", "correct the YAML here"),
        ("{\"openapi\": \"3.1.0\",", "correct the JSON here"),
        (&openapi("  a: {get: {}}\n"), "4:3: a is not a path"),
        (
            &openapi("  /a: {$ref: 'other.yaml#/a'}\n"),
            "4:3: other.yaml#/a is in another document",
        ),
        (
            &openapi("  /a: {$ref: 'https://evil.example/a'}\n"),
            "is in another document",
        ),
        (&openapi("  /a: {$ref: '#/nothing'}\n"), "there is nothing at #/nothing"),
        (
            &openapi("  /a: {$ref: '#/paths/~1b'}\n  /b: {$ref: '#/paths/~1a'}\n"),
            "leads in a circle",
        ),
        (
            &openapi("  /a: {get: {security: [{key: []}]}}\n"),
            "there is no security scheme key",
        ),
        (
            &(openapi("  /a: {get: {}}\n") + "components: {securitySchemes: {key: {type: magic}}}\n"),
            "5:32: the security scheme key is of a type",
        ),
    ] {
        let told = mistakes(text);
        assert!(told.iter().any(|line| line.contains(expected)), "{text}: {told:?}");
    }
}

#[test]
fn a_mistake_opens_nothing() {
    let description = described(&openapi("  /a: {get: {security: [{unknown: []}]}}\n"));
    assert!(!description.operations[0].is_open());
    let text = openapi("  /a: {get: {security: [{k: []}]}}\n") + "components: {securitySchemes: {k: {$ref: '#/k'}}}\n";
    assert!(!described(&text).operations[0].is_open());
    let optional =
        openapi("  /a: {get: {security: [{}, {k: []}]}}\n") + "components: {securitySchemes: {k: {type: mutualTLS}}}\n";
    assert!(
        described(&optional).operations[0].is_open(),
        "an empty requirement makes security optional"
    );
}

#[test]
fn hostile_documents_are_refused_soon() {
    let begun = Instant::now();
    let laughs = (1..20).fold("a0: &a0 [x, x]\n".to_owned(), |text, n| {
        format!("{text}a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 10].join(", "))
    });
    let deep_flow = format!("a: {}", "[".repeat(100_000));
    let deep_block = (0..500).fold(String::new(), |text, n| format!("{text}{}a:\n", " ".repeat(n)));
    let deep_json = format!("{{\"a\": {}", "[".repeat(100_000));
    let giant = format!("a: [{}]", "1, ".repeat(300_000));
    for text in [
        laughs.as_str(),
        deep_flow.as_str(),
        deep_block.as_str(),
        deep_json.as_str(),
        giant.as_str(),
        "a: &a [*a]",
        "a: 1\na: 2",
        "? [a]\n: b",
        "--- a\n--- b",
        "a: *nothing",
        "a: !!binary =",
        "\u{0}",
        "\u{feff}{",
    ] {
        let told = mistakes(text);
        assert!(!told.is_empty(), "{}", text.chars().take(60).collect::<String>());
    }
    assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
}

#[test]
fn a_file_is_not_read_when_it_is_too_long() {
    let directory = testkit::process::temporary_directory("openapi");
    let path = directory.join("long.yaml");
    std::fs::write(&path, "#".repeat(super::MOST + 1)).unwrap();
    assert!(Source::read(&path).unwrap_err().to_string().contains("longer than"));
    assert!(
        Source::read(&directory.join("gone.yaml"))
            .unwrap_err()
            .to_string()
            .contains("cannot be read")
    );
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn what_is_written_down_is_toml_whatever_the_description_says() {
    let evil = "openapi: 3.1.0\ninfo: {title: \"A \\\"B\\\"\\n[[client]]\", version: \"1\\n[[client]]\"}\npaths:\n  \
                \"/a\\\"]\\n\": {get: {}}\n";
    let text = super::import_text(Path::new("evil.yaml"), evil, "https://api.example").unwrap();
    let table: toml::Table = text.parse().unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(table.len(), 1, "{text}");
    assert_eq!(table["api"][0]["name"].as_str(), Some("A \"B\"\n[[client]]"));
    assert_eq!(table["api"][0]["route"][0]["path"].as_str(), Some("/a\"]\n"));
}

/// `METHODS PATH SCOPES`, where `open` is no scope.
fn differences(rules: &[(&[&str], &str, &[&str])]) -> Vec<String> {
    let source = source(BANK);
    let description = source.describe(BASE);
    let owned: Vec<(Vec<String>, &str, Vec<String>)> = rules
        .iter()
        .map(|(methods, path, scope)| {
            let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
            (texts(methods), *path, texts(scope))
        })
        .collect();
    let span = 0..0;
    let open: Arc<[String]> = Arc::new(["open".to_owned()]);
    let rules: Vec<Rule<'_>> = owned
        .iter()
        .map(|(methods, path, scope)| Rule {
            methods,
            path,
            scope,
            is_open: scope[..] == open[..],
            takes_token: scope[..] != open[..],
            takes_key: false,
            span: &span,
        })
        .collect();
    let found: Vec<Difference> = compare(&source, &description, &rules);
    found
        .into_iter()
        .map(|difference| format!("{} {}", difference.rank, difference.problem))
        .collect()
}

const ALL: &[(&[&str], &str, &[&str])] = &[
    (&["GET"], "/accounts/**", &["accounts:read"]),
    (&["PATCH"], "/accounts/*", &["accounts:read", "accounts:write"]),
    (&["POST", "GET", "DELETE"], "/payments/**", &["payments:write"]),
    (&["GET"], "/rates", &["open"]),
];

#[test]
fn rules_that_say_the_same_differ_in_nothing_that_they_are_about() {
    let found = differences(ALL);
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found[0].starts_with("3 POST /hooks (bank.openapi.yaml:"), "{found:#?}");
    assert!(
        found[1].starts_with("3 GET /partners/report (bank.openapi.yaml:"),
        "{found:#?}"
    );
}

#[test]
fn differences_are_told_the_worst_first() {
    let mut rules = ALL.to_vec();
    rules[0].2 = &[];
    rules[1].2 = &["accounts:read", "accounts:write", "payments:write"];
    rules[2].0 = &["POST", "GET", "DELETE", "PUT"];
    rules.push((&["GET"], "/hooks", &["open"]));
    rules.push((&["POST"], "/hooks", &["open"]));
    rules.push((&[], "/admin/**", &["accounts:read"]));
    let found = differences(&rules);
    let begin: Vec<&str> = found.iter().map(|text| text.split(" (").next().unwrap()).collect();
    assert_eq!(
        begin,
        [
            "1 GET /accounts",
            "1 GET /accounts/{accountId}",
            "1 GET /accounts/{accountId}/statements/{year}-{month}.pdf",
            "1 everybody may call POST /hooks",
            "2 the rule /payments/** also permits PUT, which is not described",
            "2 the rule /hooks also permits GET, which is not described",
            "2 the rule /admin/** is for nothing that is described",
            "3 GET /partners/report",
            "4 PATCH /accounts/{accountId}",
        ],
        "{found:#?}"
    );
}

#[test]
fn the_most_specific_rule_counts() {
    let found = differences(&[
        (&[], "/**", &["accounts:read", "accounts:write", "payments:write"]),
        (&["GET"], "/accounts/*", &[]),
    ]);
    let weaker: Vec<&String> = found.iter().filter(|text| text.starts_with('1')).collect();
    assert_eq!(weaker.len(), 3, "{found:#?}");
    assert!(weaker[0].contains("GET /accounts/{accountId} ") && weaker[0].contains("accounts:read"));
    assert!(weaker[1].contains("a token opens POST /hooks"));
}

#[test]
fn an_operation_is_named_as_it_is_written() {
    let description = described(BANK);
    let shown: Vec<String> = description.operations.iter().map(Operation::shown).collect();
    assert_eq!(shown[3], "GET /accounts/{accountId}/statements/{year}-{month}.pdf");
}

/// A realm file with this API, beside the bank's description: what `check` says of it, and the rules of the API.
fn checked(api: &str) -> (Vec<String>, Vec<String>) {
    let directory = testkit::process::temporary_directory("openapi");
    std::fs::write(directory.join("bank.openapi.yaml"), BANK).unwrap();
    let file = directory.join("realm.toml");
    let scopes = ["accounts:read", "accounts:write", "payments:write"]
        .map(|name| format!("{{ name = \"{name}\", description = {{ en = \"x\" }} }}"))
        .join(", ");
    let identifier = "identifier = \"https://eu.bank.example/bank/v1\"";
    let text = format!("issuer = \"https://id.example\"\n[[api]]\n{identifier}\nscope = [{scopes}]\n{api}\n");
    std::fs::write(&file, text).unwrap();
    let (problems, realms) = crate::check_and_read(&[file]);
    std::fs::remove_dir_all(&directory).unwrap();
    let place = directory.display().to_string();
    let told = problems
        .0
        .iter()
        .map(|problem| problem.to_string().replace(&place, ""))
        .collect();
    let routes = realms.iter().flat_map(|realm| &realm.apis).flat_map(|api| &api.route);
    (
        told,
        routes
            .map(|route| format!("{:?} {} {:?}", route.methods, route.path, route.scope))
            .collect(),
    )
}

#[test]
fn without_rules_of_its_own_an_api_has_those_of_its_description() {
    let (_, rules) = checked("openapi = \"bank.openapi.yaml\"");
    assert!(rules.len() >= 7, "{rules:#?}");
    assert_eq!(
        rules[2],
        "[\"PATCH\"] /accounts/* [\"accounts:read\", \"accounts:write\"]"
    );
}

#[test]
fn check_tells_where_rules_and_description_differ_the_worst_first() {
    let route = "openapi = \"bank.openapi.yaml\"\nroute = [\n  { methods = [\"GET\"], path = \"/old\", scope = [\"accounts:read\"] },\n  \
                 { path = \"/accounts/**\" },\n]";
    let (told, rules) = checked(route);
    assert_eq!(rules.len(), 2);
    let differences: Vec<&String> = told
        .iter()
        .filter(|text| text.contains("description") || text.contains("described"))
        .collect();
    let starts = |at: usize, text: &str| assert!(differences[at].starts_with(text), "{differences:#?}");
    starts(
        0,
        "/realm.toml:8:3: warning: GET /accounts (bank.openapi.yaml:19) needs accounts:read by the description",
    );
    assert!(
        differences
            .iter()
            .any(|text| text.starts_with("/realm.toml:7:3: warning: the rule /old is for nothing")),
        "{told:#?}"
    );
    let position = |part: &str| differences.iter().position(|text| text.contains(part)).unwrap();
    assert!(position("needs accounts:read") < position("rule /old"));
    assert!(position("rule /old") < position("POST /payments"));
}

#[test]
fn a_rule_that_names_no_way_in_takes_api_keys_too_and_check_says_so() {
    let keys = |access: &str| -> Vec<String> {
        let route = format!(
            "openapi = \"bank.openapi.yaml\"\nroute = [{{ methods = [\"GET\"], path = \"/accounts\", {access}scope = [\"accounts:read\"] }}]"
        );
        let (told, _) = checked(&route);
        let of_route = |text: &&String| text.contains("GET /accounts (") && text.contains(" opens ");
        told.iter().filter(of_route).cloned().collect()
    };
    let found = keys("");
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].contains("an API key opens GET /accounts (") && found[0].contains("not by the description"));
    for same in ["access = [\"token\"], ", "access = [\"user_token\"], "] {
        assert_eq!(keys(same), Vec::<String>::new(), "{same}");
    }
}

#[test]
fn a_description_that_cannot_be_read_is_a_mistake() {
    let (told, _) = checked("openapi = \"gone.yaml\"");
    assert!(
        told.iter().any(|text| text.contains("gone.yaml: cannot be read")),
        "{told:#?}"
    );
}
