//! What was permitted in detail.

use super::*;

fn payment() -> Permit {
    let mut permit = permit("pay");
    let details = json!([{ "type": "payment", "amount": "5", "payee": "bob" }]);
    permit.claims.insert("authorization_details".to_owned(), details);
    permit
}

#[tokio::test]
async fn a_route_that_looks_into_the_body_asks_for_it_when_all_else_is_right() {
    let details = json!({ "type": "payment", "body": { "amount": "/amount", "payee": "/to" } });
    let written = json!([{ "path": "/payments", "scope": ["pay"], "authorization_details": details }]);
    let rules = rules(&[("https://api.example", written)]);
    let sent = headers(&[TOKEN, ("content-type", "application/json")]);
    let posted = |body| Call {
        body,
        ..call("POST", "/payments", &sent)
    };
    let finish =
        async |body: Result<&[u8], BodyProblem>| match decide(&rules, payment(), &posted(CallBody::Later)).await {
            Decision::NeedsBody(pending) => pending.finish(body),
            other => panic!("{other:?}"),
        };
    let good = br#"{"amount": "5", "to": "bob"}"#;
    assert!(matches!(finish(Ok(good)).await, Decision::Permitted(_)));
    let whole = decide(&rules, payment(), &posted(CallBody::Whole(good))).await;
    assert!(matches!(whole, Decision::Permitted(_)));
    let insufficient = || Refusal::InsufficientDetails("payment".into());
    for (body, refusal) in [
        (&br#"{"amount": "6", "to": "bob"}"#[..], insufficient()),
        (br#"{"amount": "5", "to": "eve"}"#, insufficient()),
        (br#"{"amount": "5"}"#, insufficient()),
        (
            br#"{"amount": "5", "to": "bob", "amount": "6"}"#,
            BodyProblem::Malformed.into(),
        ),
        (b"amount=5&to=bob", BodyProblem::Malformed.into()),
        (b"", BodyProblem::Malformed.into()),
    ] {
        assert_eq!(denied(finish(Ok(body)).await).failure, refusal.into());
    }
    let too_large = denied(finish(Err(BodyProblem::TooLarge)).await);
    assert_eq!(too_large.answer().status, 413);
    let hidden = denied(decide(&rules, payment(), &posted(CallBody::Hidden)).await);
    assert_eq!(hidden.failure, Refusal::BodyHidden.into());
    assert_eq!(hidden.answer().status, 403);
    let form = headers(&[TOKEN, ("content-type", "application/x-www-form-urlencoded")]);
    let form = denied(decide(&rules, payment(), &call("POST", "/payments", &form)).await);
    assert_eq!(form.failure, Refusal::Body(BodyProblem::NotJson).into());
    // Nobody's body is waited for who would not get through anyway.
    let denied = denied(decide(&rules, permit(""), &posted(CallBody::Later)).await);
    assert!(matches!(
        denied.failure,
        Failure::Refused(Refusal::InsufficientScope(_))
    ));
}

#[tokio::test]
async fn details_of_path_and_method_need_no_body() {
    let details = json!({ "type": "account", "path": { "account": 2 }, "method": "actions" });
    let rules = rules(&[(
        "https://api.example/bank",
        json!([{ "path": "/accounts/*", "authorization_details": details }]),
    )]);
    let headers = headers(&[TOKEN]);
    for (method, target, is_permitted) in [
        ("GET", "/bank/accounts/1", true),
        ("GET", "/bank/accounts/2", false),
        ("DELETE", "/bank/accounts/1", false),
    ] {
        let mut permit = permit("");
        let granted = json!([{ "type": "account", "account": ["1"], "actions": ["GET"] }]);
        permit.claims.insert("authorization_details".to_owned(), granted);
        let hidden = Call {
            body: CallBody::Hidden,
            ..call(method, target, &headers)
        };
        let decision = decide(&rules, permit, &hidden).await;
        assert_eq!(
            matches!(decision, Decision::Permitted(_)),
            is_permitted,
            "{method} {target}"
        );
    }
}
