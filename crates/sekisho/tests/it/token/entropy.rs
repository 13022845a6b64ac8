//! Codes and tokens cannot be guessed. RFC 6749 §10.10: "The probability of an attacker generating a guess MUST be less
//! than or equal to 2^(-128)". What is measured here are estimates: they notice a counter, a short secret, a constant.

use std::collections::HashMap;

use testkit::Browser;

use crate::{
    app::{CLI, ROBOT, Server, WEB_APP, granted, text},
    bank::Bank,
};

/// How many of each kind are looked at.
const SAMPLES: usize = 32;

/// Shannon's measure: bits for each item of a sample, by how often each is there.
fn entropy<T: Eq + std::hash::Hash>(sample: impl IntoIterator<Item = T>) -> f64 {
    let mut counts: HashMap<T, f64> = HashMap::new();
    sample
        .into_iter()
        .for_each(|item| *counts.entry(item).or_default() += 1.0);
    let all: f64 = counts.values().sum();
    counts.values().map(|count| -(count / all) * (count / all).log2()).sum()
}

/// Checks that no two are equal, that each holds printable ASCII that looks random by itself, and that they differ
/// from each other in enough places.
fn assert_random(kind: &str, sample: &[String]) {
    assert_eq!(sample.len(), SAMPLES);
    let length = sample[0].len();
    for text in sample {
        assert!(text.bytes().all(|byte| matches!(byte, 0x21..=0x7E)), "{kind}: {text}");
        assert_eq!(text.len(), length, "{kind}");
        let bits = entropy(text.bytes()) * f64::from(u32::try_from(length).unwrap());
        assert!(bits >= 96.0, "{kind}: {bits} bits within {text}");
    }
    let bits: f64 = (0..length)
        .map(|at| entropy(sample.iter().map(|text| text.as_bytes()[at])))
        .sum();
    assert!(bits >= 128.0, "{kind}: {bits} bits between them");
}

// Conformance: A2.0-code B44 F1B-AS-04 F2-CRY-02
#[tokio::test]
async fn codes_are_long_random_and_printable() {
    let bank = Bank::start().await;
    let browser = Browser::with_client(bank.issuer(), bank.http());
    let mut codes = Vec::new();
    for _ in 0..SAMPLES {
        codes.push(WEB_APP.code_in(&bank, &browser, "openid accounts:read", &[]).await.text);
    }
    assert_random("code", &codes);
}

// Conformance: A2.0-code B61 SEED1-16 F1B-AS-04 F2-CRY-02
#[tokio::test]
async fn access_tokens_are_long_random_and_printable() {
    let bank = Bank::start().await;
    let (mut sealed, mut ids) = (Vec::new(), Vec::new());
    for _ in 0..SAMPLES {
        for scope in ["accounts:read", "reports:read"] {
            let form = [("grant_type", "client_credentials"), ("scope", scope)];
            let tokens = granted(ROBOT.post(&bank, "/token", &form).await).await;
            let token = text(&tokens, "access_token");
            match token.split_once('.') {
                None => sealed.push(token.to_owned()),
                // A JWT is signed; what cannot be guessed in it is its id.
                Some(_) => ids.push(text(&crate::request::claims(token), "jti").to_owned()),
            }
        }
    }
    assert_random("access token", &sealed);
    assert_eq!(ids.len(), SAMPLES);
    for id in ids {
        assert!(jose::b64::decode(&id).unwrap().len() >= 16);
    }
}

// Conformance: A2.0-code B61 F1B-AS-04 F2-CRY-02
#[tokio::test]
async fn refresh_tokens_are_long_random_and_printable() {
    let bank = Bank::start().await;
    let browser = Browser::with_client(bank.issuer(), bank.http());
    let (mut families, mut generations) = (Vec::new(), Vec::new());
    for _ in 0..SAMPLES {
        let code = WEB_APP.code_in(&bank, &browser, "accounts:read", &[]).await;
        let tokens = granted(WEB_APP.redeem(&bank, &code).await).await;
        families.push(text(&tokens, "refresh_token").to_owned());
    }
    assert_random("refresh token", &families);
    let mut tokens = CLI.tokens(&bank, "accounts:read").await;
    for _ in 0..SAMPLES {
        generations.push(text(&tokens, "refresh_token").to_owned());
        tokens = granted(CLI.refresh(&bank, &generations[generations.len() - 1]).await).await;
    }
    assert_random("refresh token of one family", &generations);
}
