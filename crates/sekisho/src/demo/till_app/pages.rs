//! What the till says.

use axum::http::StatusCode;
use axum::response::Response;
use minijinja::value::Serde;
use minijinja::{Value, context};

use super::super::frame::{Lang, render};
use super::super::oidc_client::ClientError;
use super::charge::{Charge, Progress, State};

/// The page of the clerk. `refused`: what was entered, and why it is no question to anybody.
pub(super) fn form(lang: Lang, issuer: &str, refused: Option<(&Charge, &ClientError)>) -> Response {
    let status = if refused.is_some() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    render(status, lang, "till.html", form_context(lang, issuer, refused))
}

fn form_context(lang: Lang, issuer: &str, refused: Option<(&Charge, &ClientError)>) -> Value {
    context! {
        here => "/",
        issuer,
        entered => refused.map(|(charge, _)| context! { customer => &charge.customer, amount => charge.order.amount }),
        error => refused.map(|(_, error)| not_asked(lang, error)),
    }
}

fn not_asked(lang: Lang, error: &ClientError) -> Value {
    let (title, text) = match (error, lang) {
        (ClientError::Refused { error, .. }, Lang::En) if error == "unknown_user_id" => (
            "The bank does not know this customer",
            "Please ask for the user name again.",
        ),
        (ClientError::Refused { error, .. }, Lang::Ja) if error == "unknown_user_id" => {
            ("銀行はこのお客様を知りません", "ユーザー名をもう一度確認してください。")
        }
        (_, Lang::En) => (
            "The customer was not asked",
            "Please check the amount: at least one yen, in whole yen.",
        ),
        (_, Lang::Ja) => ("確認できませんでした", "金額（1 円以上の整数）を確認してください。"),
    };
    context! { title, text, code => error.to_string() }
}

/// The page of one charge.
pub(super) fn charge(lang: Lang, issuer: &str, id: &str, charge: &Charge) -> Response {
    render(
        StatusCode::OK,
        lang,
        "charge.html",
        context_of(lang, issuer, id, charge),
    )
}

fn context_of(lang: Lang, issuer: &str, id: &str, charge: &Charge) -> Value {
    let progress = charge.progress();
    let (title, text) = told(lang, progress.state);
    context! {
        here => format!("/charges/{id}"),
        issuer,
        state => progress.state.name(),
        title,
        text,
        customer => &charge.customer,
        order => Value::from(Serde(&charge.order)),
        binding_message => &charge.binding_message,
        looks => looks(lang, &progress),
        said => progress.said,
    }
}

fn told(lang: Lang, state: State) -> (&'static str, &'static str) {
    match (state, lang) {
        (State::Waiting, Lang::En) => ("Waiting for the customer", "The bank is asking them now."),
        (State::Waiting, Lang::Ja) => ("お客様の返事を待っています", "銀行がお客様に確認しています。"),
        (State::Paid, Lang::En) => ("Paid", "The customer agreed, and the bank has paid."),
        (State::Paid, Lang::Ja) => ("支払われました", "お客様が許可し、銀行が支払いました。"),
        (State::Denied, Lang::En) => ("The customer said no", "Nothing was paid."),
        (State::Denied, Lang::Ja) => ("お客様は許可しませんでした", "支払いは行われていません。"),
        (State::Expired, Lang::En) => ("The customer did not answer", "Nothing was paid. You can ask again."),
        (State::Expired, Lang::Ja) => (
            "時間内に返事がありませんでした",
            "支払いは行われていません。もう一度確認できます。",
        ),
        (State::Refused, Lang::En) => (
            "The customer agreed, but the bank did not pay",
            "Nothing was paid. Perhaps the account does not hold that much.",
        ),
        (State::Refused, Lang::Ja) => (
            "許可されましたが、支払われていません",
            "支払いは行われていません。残高が足りないのかもしれません。",
        ),
        (State::Failed, Lang::En) => ("It did not work", "Nothing was paid. Please ask again."),
        (State::Failed, Lang::Ja) => (
            "うまくいきませんでした",
            "支払いは行われていません。もう一度お試しください。",
        ),
    }
}

/// How the till has waited: as often as the bank allows.
fn looks(lang: Lang, progress: &Progress) -> String {
    match (progress.looks, lang) {
        (0, Lang::En) => "The till has not asked the bank for an answer yet.".to_owned(),
        (0, Lang::Ja) => "レジはまだ銀行に結果を尋ねていません。".to_owned(),
        (1, Lang::En) => "The till has asked the bank for an answer once.".to_owned(),
        (looks, Lang::En) => format!(
            "The till has asked the bank for an answer {looks} times, {} seconds apart, as the bank wants it.",
            progress.pause
        ),
        (looks, Lang::Ja) => format!(
            "レジは銀行に結果を {looks} 回尋ねました。間隔は銀行の指定した {} 秒です。",
            progress.pause
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::frame::rendered;
    use super::super::super::payments_api::Order;
    use super::*;

    fn charge() -> Charge {
        Charge::new("alice <b>", Order::new("Corner shop", 1200))
    }

    #[test]
    fn a_charge_that_waits_shows_the_number_to_compare_and_where_the_customer_answers() {
        let charge = charge();
        for lang in [Lang::En, Lang::Ja] {
            let page = rendered(
                lang,
                "charge.html",
                context_of(lang, "http://localhost:1", "x", &charge),
            )
            .unwrap();
            for part in [
                charge.binding_message.as_str(),
                "alice &lt;b&gt;",
                "¥1,200",
                "localhost:1/account/requests",
                "data-state=\"waiting\"",
                "src=\"/app.js\"",
            ] {
                assert!(page.contains(part), "{part}: {page}");
            }
        }
    }

    #[test]
    fn a_charge_that_has_ended_says_how_and_needs_no_script() {
        for state in [
            State::Paid,
            State::Denied,
            State::Expired,
            State::Refused,
            State::Failed,
        ] {
            let charge = charge();
            charge.end(state, "said".to_owned());
            let page = rendered(
                Lang::En,
                "charge.html",
                context_of(Lang::En, "http://localhost:1", "x", &charge),
            );
            let page = page.unwrap();
            assert!(page.contains(&format!("<h1 id=\"{}\">", state.name())), "{page}");
            assert!(!page.contains("<script") && !page.contains("binding-message"), "{page}");
        }
    }

    #[test]
    fn a_customer_whom_the_bank_does_not_know_is_told_from_a_wrong_amount() {
        let page = |error: &str| {
            let error = ClientError::Refused {
                error: error.to_owned(),
                description: String::new(),
            };
            let context = form_context(Lang::En, "http://localhost:1", Some((&charge(), &error)));
            rendered(Lang::En, "till.html", context).unwrap()
        };
        assert!(page("unknown_user_id").contains("does not know this customer"));
        assert!(page("invalid_authorization_details").contains("check the amount"));
    }
}
