//! What Pay says: its pages, and the refusals in plain words.

use axum::http::StatusCode;
use axum::response::Response;
use minijinja::value::Serde;
use minijinja::{Value, context};

use super::super::bank::yen;
use super::super::fapi_client::payments::ApiAnswer;
use super::super::frame::{App, Lang, render};
use super::super::oidc_client::ClientError;
use super::super::payments_api::Order;
use super::super::problem::{self, Words};
use super::attempt::Attempt;
use super::session::Consented;

/// The page that asks whom to pay. `refused`: what was entered, if it is no payment.
pub(super) fn form(lang: Lang, issuer: &str, refused: Option<&Order>) -> Response {
    let page = context! { here => "/", issuer, order => refused.map(|order| Value::from(Serde(order))) };
    let status = if refused.is_some() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    render(status, lang, "pay.html", page)
}

/// The page about one payment.
pub(super) fn payment(lang: Lang, issuer: &str, consented: &Consented) -> Response {
    render(
        StatusCode::OK,
        lang,
        "payment.html",
        context_of(lang, issuer, consented),
    )
}

fn context_of(lang: Lang, issuer: &str, consented: &Consented) -> Value {
    let attempts = Attempt::ALL.map(|attempt| context! { name => attempt.name(), label => label(lang, attempt) });
    context! {
        here => "/payment",
        issuer,
        order => Value::from(Serde(&consented.order)),
        details => format!("{:#}", consented.order.details()),
        is_paid => consented.answer.is_paid(),
        answer => code(&consented.answer),
        attempts => attempts.to_vec(),
        tried => consented.attempt.as_ref().map(|(attempt, answer)| tried(lang, consented, *attempt, answer)),
    }
}

/// What was tried, and why it came to nothing.
fn tried(lang: Lang, consented: &Consented, attempt: Attempt, answer: &ApiAnswer) -> Value {
    context! {
        label => label(lang, attempt),
        text => explained(lang, &consented.order, attempt),
        is_paid => answer.is_paid(),
        code => code(answer),
    }
}

fn code(answer: &ApiAnswer) -> String {
    format!("HTTP {} {}", answer.status, answer.error).trim_end().to_owned()
}

fn label(lang: Lang, attempt: Attempt) -> &'static str {
    match (attempt, lang) {
        (Attempt::Again, Lang::En) => "Pay once more",
        (Attempt::Again, Lang::Ja) => "もう一度支払う",
        (Attempt::OtherAmount, Lang::En) => "Take ten times the amount",
        (Attempt::OtherAmount, Lang::Ja) => "金額を十倍にする",
        (Attempt::WithoutProof, Lang::En) => "Use the token without a proof",
        (Attempt::WithoutProof, Lang::Ja) => "証明なしでトークンを使う",
        (Attempt::AsBearer, Lang::En) => "Use it as a bearer token",
        (Attempt::AsBearer, Lang::Ja) => "Bearer トークンとして使う",
        (Attempt::WithAnotherKey, Lang::En) => "Prove it with a thief’s own key",
        (Attempt::WithAnotherKey, Lang::Ja) => "盗んだ人の鍵で証明する",
    }
}

fn explained(lang: Lang, order: &Order, attempt: Attempt) -> String {
    let (allowed, taken) = (yen(order.amount), yen(Attempt::OtherAmount.order(order).amount));
    match (attempt, lang) {
        (Attempt::Again, Lang::En) => {
            "You allowed one payment. Its identifier is part of what you allowed, and the bank \
            has executed it: the same consent buys nothing more, whatever token comes with it."
                .to_owned()
        }
        (Attempt::Again, Lang::Ja) => {
            "許可したのは一回の支払いです。許可の内容には支払いの識別子が含まれ、銀行はそれを実行済みです。\
            どのトークンを使っても、同じ許可で二度は支払えません。"
                .to_owned()
        }
        (Attempt::OtherAmount, Lang::En) => format!(
            "You allowed {allowed}, and the call said {taken}. The token is good and its proof is right; but the bank \
             compares each call with what you allowed."
        ),
        (Attempt::OtherAmount, Lang::Ja) => format!(
            "許可したのは {allowed} ですが、呼び出しの金額は {taken} でした。トークンも証明も正しいのですが、\
             銀行は呼び出しのたびに、許可された内容と照らし合わせます。"
        ),
        (Attempt::WithoutProof, Lang::En) => {
            "A token is only half of it. Each call needs a proof that is signed by the \
            key that the token is bound to; who merely found the token has none."
                .to_owned()
        }
        (Attempt::WithoutProof, Lang::Ja) => {
            "トークンだけでは足りません。呼び出しには毎回、トークンに結び付いた鍵で署名した証明が\
            必要です。トークンを拾っただけの人には作れません。"
                .to_owned()
        }
        (Attempt::AsBearer, Lang::En) => {
            "A bearer token is good for whoever holds it. This one is bound to a key, and \
            calling it Bearer does not set it free."
                .to_owned()
        }
        (Attempt::AsBearer, Lang::Ja) => {
            "Bearer トークンは、持っている人なら誰でも使えます。このトークンは鍵に結び付いているので、\
            Bearer と名乗っても使えません。"
                .to_owned()
        }
        (Attempt::WithAnotherKey, Lang::En) => {
            "The proof is well made, but by another key than the one that the token \
            is bound to. That one never leaves Pay’s server."
                .to_owned()
        }
        (Attempt::WithAnotherKey, Lang::Ja) => {
            "証明の形は正しいのですが、トークンに結び付いた鍵とは別の鍵によるものです。\
            正しい鍵は、ペイのサーバーから出ることがありません。"
                .to_owned()
        }
    }
}

/// The payment came to nothing.
pub(super) fn problem(lang: Lang, error: &ClientError) -> Response {
    let words = match lang {
        Lang::En => Words {
            denied: [
                "You said no, and nothing was paid",
                "Pay has no token, and the bank has made no payment.",
            ],
            failed: [
                "The payment did not work",
                "Pay and the bank did not come to an agreement. Please start again.",
            ],
        },
        Lang::Ja => Words {
            denied: [
                "許可されなかったので、支払いは行われていません",
                "ペイはトークンを受け取っておらず、銀行は何も支払っていません。",
            ],
            failed: [
                "支払いできませんでした",
                "銀行とのやり取りに失敗しました。最初からやり直してください。",
            ],
        },
    };
    problem::page_with(lang, App::Pay, &words, false, error)
}

#[cfg(test)]
mod tests {
    use super::super::super::fapi_client::test_token;
    use super::super::super::frame::rendered;
    use super::*;

    fn answer(status: u16, error: &str) -> ApiAnswer {
        ApiAnswer {
            status,
            error: error.to_owned(),
        }
    }

    fn html(lang: Lang, status: u16, attempt: Option<(Attempt, ApiAnswer)>) -> String {
        let consented = Consented {
            order: Order::new("Bob <b>", 10_000),
            token: test_token(),
            answer: answer(status, "x"),
            attempt,
        };
        rendered(lang, "payment.html", context_of(lang, "http://localhost:1", &consented)).unwrap()
    }

    #[test]
    fn a_payment_shows_what_was_allowed_and_every_attempt() {
        let page = html(Lang::En, 201, None);
        for part in ["¥10,000", "Bob &lt;b&gt;", "id=\"paid\"", "payment", "JPY"] {
            assert!(page.contains(part), "{part}: {page}");
        }
        for attempt in Attempt::ALL {
            assert!(page.contains(&format!("id=\"try-{}\"", attempt.name())), "{page}");
        }
        assert!(!page.contains("id=\"refusal\""));
    }

    #[test]
    fn a_payment_that_the_bank_refused_is_not_called_paid() {
        let page = html(Lang::En, 422, None);
        assert!(!page.contains("id=\"paid\"") && page.contains("HTTP 422 x"), "{page}");
    }

    #[test]
    fn each_refusal_is_told_in_words_of_both_languages() {
        for attempt in Attempt::ALL {
            let refused = || Some((attempt, answer(401, "invalid_token")));
            let (english, japanese) = (html(Lang::En, 201, refused()), html(Lang::Ja, 201, refused()));
            for page in [&english, &japanese] {
                assert!(
                    page.contains("id=\"refusal\"") && page.contains("HTTP 401 invalid_token"),
                    "{page}"
                );
            }
            assert!(english.contains(label(Lang::En, attempt)) && japanese.contains(label(Lang::Ja, attempt)));
        }
    }
}
