//! How many calls get through.

mod by_proxy;
mod one_node;
mod shared;

use std::collections::BTreeMap;

use enforcement::gate::Decision;

use crate::{bank::Bank, two_party::called};

/// Calls with a token, and answers the status and the fields about limits.
async fn call(bank: &Bank, path: &str, token: &str) -> (u16, BTreeMap<String, String>) {
    let bearer = format!("Bearer {token}");
    let (status, fields) = match called(bank, path, &[("authorization", &bearer)], None).await {
        Decision::Permitted(permitted) => (200, permitted.limits()),
        Decision::Denied(denied) => {
            let answer = denied.answer();
            let fields = answer.headers.iter();
            let fields = fields.map(|(name, value)| (name.clone(), value.clone())).collect();
            (answer.status.as_u16(), fields)
        }
        Decision::NeedsBody(pending) => panic!("{pending:?}"),
    };
    let texts = fields.into_iter();
    let texts = texts.map(|(name, value)| (name.as_str().to_owned(), value.to_str().unwrap().to_owned()));
    (status, texts.collect())
}
