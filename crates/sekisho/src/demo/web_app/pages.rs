//! What Budget says: its pages, and the errors in plain words.

use axum::http::StatusCode;
use axum::response::Response;
use minijinja::value::Serde;
use minijinja::{Value, context};

use super::super::bank::{Account, Payment, yen};
use super::super::bank_client::{ApiError, CallError};
use super::super::connection::Connection;
use super::super::frame::{Lang, render};
use super::super::oidc_client::ClientError;

/// What the page about the user's money shows.
pub(super) struct Shown<'a> {
    /// Who is connected, if anybody is.
    pub connection: Option<&'a Connection>,
    /// What the API said, if it was asked.
    pub outcome: Option<Result<Vec<Account>, CallError>>,
    /// What was entered, if it was refused.
    pub payment: Option<&'a Payment>,
    /// Said once.
    pub notice: Option<String>,
}

/// The page about the user's money.
pub(super) fn budget(lang: Lang, issuer: &str, shown: &Shown<'_>) -> Response {
    render(StatusCode::OK, lang, "budget.html", context_of(lang, issuer, shown))
}

fn context_of(lang: Lang, issuer: &str, shown: &Shown<'_>) -> Value {
    let outcome = shown.outcome.as_ref();
    let accounts = outcome.and_then(|outcome| outcome.as_ref().ok());
    let error = outcome.and_then(|outcome| outcome.as_ref().err());
    context! {
        here => if outcome.is_some() { "/accounts" } else { "/" },
        notice => shown.notice.clone(),
        issuer,
        user => shown.connection.map(user),
        accounts => accounts.map(|accounts| Value::from(Serde(accounts))),
        error => error.map(|error| api_error(lang, error)),
        payment => shown.payment.map(|payment| Value::from(Serde(payment))),
    }
}

fn user(connection: &Connection) -> Value {
    let tokens = &connection.tokens;
    context! {
        user_name => &connection.user_name,
        scope => tokens.scope.split(' ').map(str::to_owned).collect::<Vec<_>>(),
        may_pay => tokens.allows("payments:write"),
    }
}

/// `remedy`: `connect` (the permission is gone), `ask` (a part of it is missing) or nothing that a click would mend.
fn api_error(lang: Lang, error: &CallError) -> Value {
    let t = |english: &str, japanese: &str| match lang {
        Lang::En => english.to_owned(),
        Lang::Ja => japanese.to_owned(),
    };
    let (title, text, remedy) = match error {
        CallError::Token(ClientError::Ended) => (
            t("The connection has ended", "接続の期限が切れました"),
            t(
                "You did not allow Budget to stay connected while you are away, so it has to ask you again.",
                "離席中の接続が許可されていないため、もう一度許可が必要です。",
            ),
            "connect",
        ),
        _ if error.is_permission_gone() => (
            t("Your permission was taken back", "許可が取り消されました"),
            t(
                "The bank no longer accepts the key that Budget holds. Connect again if you want to go on.",
                "家計簿が持っている鍵は、銀行ではもう使えません。続けるには、もう一度接続してください。",
            ),
            "connect",
        ),
        CallError::Api(ApiError::ScopeMissing { scope }) => (
            t("You did not allow this", "この操作は許可されていません"),
            match lang {
                Lang::En => format!("The bank wants the permission “{scope}”, which you left out."),
                Lang::Ja => format!("銀行は「{scope}」の許可を求めていますが、許可されていません。"),
            },
            "ask",
        ),
        CallError::Api(ApiError::Other { .. }) => (
            t("The bank did not do it", "銀行が処理を受け付けませんでした"),
            t("Please check what you entered.", "入力した内容を確認してください。"),
            "",
        ),
        _ => (
            t("No answer", "応答がありません"),
            t(
                "Please try again in a moment.",
                "しばらくしてからもう一度お試しください。",
            ),
            "",
        ),
    };
    context! { title, text, remedy, code => error.to_string() }
}

/// After a payment.
pub(super) fn paid(lang: Lang, payment: &Payment) -> String {
    let amount = yen(payment.amount);
    let payee = &payment.payee;
    match lang {
        Lang::En => format!("{amount} paid to {payee}."),
        Lang::Ja => format!("{payee} に {amount} を支払いました。"),
    }
}

/// After the user left.
pub(super) fn gone(lang: Lang) -> String {
    match lang {
        Lang::En => "You are signed out of Budget, and its key to the bank is void.",
        Lang::Ja => "家計簿からサインアウトしました。銀行用の鍵は無効になりました。",
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::super::bank::{ALICE, Bank};
    use super::super::super::frame::rendered;
    use super::super::super::oidc_client::token::test_tokens;
    use super::*;

    fn html(lang: Lang, outcome: Option<Result<Vec<Account>, CallError>>) -> String {
        let connection = Connection {
            user_name: "Alice <b>".to_owned(),
            tokens: test_tokens("openid accounts:read"),
        };
        let shown = Shown {
            connection: Some(&connection),
            outcome,
            payment: None,
            notice: Some("done".to_owned()),
        };
        rendered(lang, "budget.html", context_of(lang, "http://localhost:1", &shown)).unwrap()
    }

    #[test]
    fn before_the_api_was_asked_there_is_a_way_to_ask_it() {
        for lang in [Lang::En, Lang::Ja] {
            let page = html(lang, None);
            assert!(
                page.contains("id=\"load-accounts\"") && page.contains("id=\"user-name\""),
                "{page}"
            );
            assert!(
                !page.contains("id=\"accounts\"") && !page.contains("api-error"),
                "{page}"
            );
        }
    }

    #[test]
    fn a_stranger_is_offered_to_connect() {
        let shown = Shown {
            connection: None,
            outcome: None,
            payment: None,
            notice: None,
        };
        let page = rendered(
            Lang::En,
            "budget.html",
            context_of(Lang::En, "http://localhost:1", &shown),
        )
        .unwrap();
        assert!(
            page.contains("id=\"connect\"") && !page.contains("id=\"user-name\""),
            "{page}"
        );
    }

    #[test]
    fn what_was_entered_is_kept_when_it_is_refused() {
        let payment = Payment {
            from: "001-9".to_owned(),
            payee: "A & B".to_owned(),
            amount: 7,
        };
        let connection = Connection {
            user_name: "Alice".to_owned(),
            tokens: test_tokens("openid"),
        };
        let error = ApiError::Other {
            status: 422,
            message: "from is none of your accounts".to_owned(),
        };
        let shown = Shown {
            connection: Some(&connection),
            outcome: Some(Err(error.into())),
            payment: Some(&payment),
            notice: None,
        };
        let page = rendered(
            Lang::En,
            "budget.html",
            context_of(Lang::En, "http://localhost:1", &shown),
        )
        .unwrap();
        for part in [
            "value=\"001-9\"",
            "value=\"A &amp; B\"",
            "value=\"7\"",
            "HTTP 422 from is none",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
    }

    #[test]
    fn accounts_are_shown_with_a_way_to_pay_and_to_leave() {
        let accounts = || Ok(Bank::new().accounts_of(ALICE));
        let english = html(Lang::En, Some(accounts()));
        for part in [
            "id=\"accounts\"",
            "id=\"load-accounts\"",
            "id=\"pay\"",
            "id=\"disconnect\"",
            "id=\"user-name\">Alice &lt;b&gt;<",
            "¥1,500,000",
            "Savings",
        ] {
            assert!(english.contains(part), "{part}: {english}");
        }
        assert!(!english.contains("api-error") && !english.contains("id=\"connect\""));
        assert!(html(Lang::Ja, Some(accounts())).contains("貯蓄預金"));
    }

    #[test]
    fn each_refusal_says_what_to_do() {
        let revoked = || {
            CallError::Api(ApiError::TokenRefused {
                error: "invalid_token".to_owned(),
            })
        };
        let missing = || {
            CallError::Api(ApiError::ScopeMissing {
                scope: "payments:write".to_owned(),
            })
        };
        let refused = || {
            CallError::Token(ClientError::Refused {
                error: "invalid_grant".to_owned(),
                description: String::new(),
            })
        };
        let unreachable = || CallError::Api(ApiError::Unreachable("x".to_owned()));
        for (error, says, connect) in [
            (revoked(), "HTTP 401 invalid_token", "Connect again"),
            (missing(), "payments:write", "Ask me again"),
            (refused(), "invalid_grant", "Connect again"),
            (
                CallError::Token(ClientError::Ended),
                "no refresh token",
                "Connect again",
            ),
        ] {
            let page = html(Lang::En, Some(Err(error)));
            assert!(page.contains("id=\"api-error\"") && page.contains(says), "{page}");
            assert!(page.contains(&format!("id=\"connect\">{connect}<")), "{page}");
            assert!(!page.contains("id=\"accounts\""), "{page}");
        }
        assert!(!html(Lang::En, Some(Err(unreachable()))).contains("id=\"connect\""));
        assert!(html(Lang::Ja, Some(Err(revoked()))).contains("許可が取り消されました"));
    }
}
