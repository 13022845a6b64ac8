//! A proxy that asks is told the same, and passes on what it can.

use reqwest::Response;

use crate::{api_keys::new_key, app::header, bank::Bank, two_party::protected};

async fn ask(bank: &Bank, fields: &[(&str, &str)]) -> Response {
    let asked = [
        ("x-forwarded-method", "GET"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "api.example.com"),
        ("x-forwarded-uri", "/accounts"),
    ];
    let request = bank.http.get(bank.url("/forward-auth"));
    let request = asked
        .iter()
        .chain(fields)
        .fold(request, |request, (name, value)| request.header(*name, *value));
    request.send().await.unwrap()
}

#[tokio::test]
async fn a_key_is_taken_and_counted_by_forward_auth() {
    let limited =
        "limit = [{ per = \"key\", rate = \"2/1m\" }]\nroute = [{ path = \"/accounts\", scope = [\"accounts:read\"] }]";
    let (bank, _) = Bank::asked_by("127.0.0.1", protected(limited, "")).await;
    let (_, key) = new_key(&bank).await;
    for left in ["\"key\";r=1;t=30", "\"key\";r=0;t=60"] {
        let answer = ask(&bank, &[("x-api-key", &key)]).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(header(&answer, "ratelimit"), left);
        assert_eq!(header(&answer, "ratelimit-policy"), "\"key\";q=2;w=60");
        assert_eq!(
            (header(&answer, "sekisho-client"), header(&answer, "sekisho-acr")),
            ("robot", "")
        );
    }
    let answer = ask(&bank, &[("x-api-key", &key)]).await;
    assert_eq!(answer.status(), 429);
    assert_eq!(header(&answer, "retry-after"), "30");
    assert!(!header(&answer, "sekisho-explain").is_empty());
    let stranger = ask(&bank, &[("x-api-key", "sekisho_x")]).await;
    assert_eq!(stranger.status(), 401);
    assert!(header(&stranger, "www-authenticate").starts_with("Bearer "));
}
