//! Parameters that are refused by name, rather than ignored (OpenID Connect Core §7.2.1).

use crate::{bank::Bank, request::Request};

#[tokio::test]
async fn a_registration_is_refused() {
    let bank = Bank::start().await;
    assert_eq!(
        Request::code("openid").with("registration", "{}").error(&bank).await,
        "registration_not_supported"
    );
}

#[tokio::test]
async fn claims_that_are_no_json_object_are_refused() {
    let bank = Bank::start().await;
    for bad in ["[]", "{", "name"] {
        assert_eq!(
            Request::code("openid").with("claims", bad).error(&bank).await,
            "invalid_request",
            "{bad}"
        );
    }
}
