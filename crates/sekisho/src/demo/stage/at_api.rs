//! Why a call of an API was refused: by the gateway before it, which remembers that, or by the API itself, told from what
//! went over the wire.
//! Spec: RFC 6750 §3.1, RFC 7662 §2.2, RFC 9449 §7.1

use std::sync::Arc;

use explanation::{Refusal, catalogue::token};
use serde_json::Value;

use super::super::frame::Lang;
use super::exchange::{Content, Exchange};
use super::recording::Recording;
use super::why::{Checked, Why};

/// The introspection that the API made for a call, if it made one.
pub(super) fn introspection(recording: &Recording, call: &Exchange) -> Option<Arc<Exchange>> {
    let token = call.shown_token()?;
    let after = recording.all().into_iter().filter(|other| other.number > call.number);
    let mut asked = after.filter(|other| other.path == "/introspect");
    asked.find(|other| other.request.body.field("token") == Some(token))
}

/// Tells why the gateway refused a call. Of a token that is worth nothing it knows no more than that; who has watched does.
pub(super) fn by_gateway(lang: Lang, recording: &Recording, call: &Exchange, refusal: &Refusal) -> Why {
    let mut why = Why::from(refusal);
    if refusal.failed.reason.name == token::INVALID.name
        && let Some(token) = call.shown_token()
    {
        why.cause = fate(lang, recording, token);
    }
    why
}

/// Tells why an API refused that checks its tokens itself. The order is that of its checks: the first that fails decides.
pub(super) fn why(lang: Lang, recording: &Recording, call: &Exchange) -> Why {
    let t = |english: &str, japanese: &str| match lang {
        Lang::En => english.to_owned(),
        Lang::Ja => japanese.to_owned(),
    };
    let mut why = Why::default();
    let asks = t("Does a token come along?", "トークンが添えられているか");
    let Some(token) = call.shown_token() else {
        why.checks.push(Checked::failed(&asks, "RFC 6750 §2.1"));
        why.cause = t("The call holds no token.", "呼び出しにトークンがありません。");
        why.remedy = t(
            "Send the access token in the Authorization header.",
            "Authorization ヘッダーでアクセストークンを送ってください。",
        );
        return why;
    };
    why.checks.push(Checked::passed(&asks, "RFC 6750 §2.1"));

    let said = introspection(recording, call);
    let said = said.as_deref().map(|asked| &asked.answer.body);
    let asks = t("Does the server say that it is good?", "サーバーが有効と答えるか");
    if let Some(Content::Json(said)) = said {
        if said["active"] != true {
            why.checks
                .push(Checked::failed(&asks, "RFC 7662 §2.2").with("active: true", "active: false"));
            why.cause = fate(lang, recording, token);
            why.remedy = t("Get a new token.", "新しいトークンを受け取ってください。");
            return why;
        }
        why.checks.push(Checked::passed(&asks, "RFC 7662 §2.2"));
        let audience = audience(&said["aud"]);
        let asks = t("Is the token for this API?", "この API のためのトークンか");
        if !audience.contains(&call.site.origin) {
            let check = Checked::failed(&asks, "RFC 8707 §2").with(&call.site.origin, audience.join(" "));
            why.checks.push(check);
            why.cause = t(
                "The token was issued for other APIs: who got to see it there could use it here.",
                "トークンは別の API のために発行されました。ここで通れば、別の API で見た人が使えてしまいます。",
            );
            why.remedy = t(
                "Ask for a token for this API: by its scopes, or by the parameter resource.",
                "この API のスコープか resource パラメーターで、この API のトークンを求めてください。",
            );
            return why;
        }
        why.checks.push(Checked::passed(&asks, "RFC 8707 §2"));
    }
    let (asks, section) = last_check(lang, call);
    why.checks.push(Checked::failed(asks, section));
    why.cause = call.error_description().map_or_else(String::new, str::to_owned);
    why
}

/// What is left to fail, by the word that the API answered with.
fn last_check(lang: Lang, call: &Exchange) -> (&'static str, &'static str) {
    let (english, japanese, section) = match call.error().as_deref() {
        Some("invalid_dpop_proof" | "use_dpop_nonce") => (
            "Does a right and fresh proof of the key come along?",
            "正しく新しい鍵の証明が添えられているか",
            "RFC 9449 §7.1",
        ),
        Some("insufficient_scope") => (
            "Does the token permit this?",
            "トークンがこれを許しているか",
            "RFC 6750 §3.1",
        ),
        Some("invalid_token") => (
            "Is the token bound to a key, and the key proven?",
            "トークンが鍵に結び付き、その鍵が証明されているか",
            "RFC 9449 §7.1",
        ),
        Some(_) => ("Can the request be read?", "リクエストが読み取れるか", "RFC 6750 §3.1"),
        None => ("Does the API itself agree?", "API 自身が認めるか", "RFC 9110 §15.5"),
    };
    match lang {
        Lang::En => (english, section),
        Lang::Ja => (japanese, section),
    }
}

fn audience(aud: &Value) -> Vec<String> {
    match aud {
        Value::Array(values) => values.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => aud.as_str().map(str::to_owned).into_iter().collect(),
    }
}

/// What became of a token that the server calls inactive. The API is not told; who has watched can tell.
fn fate(lang: Lang, recording: &Recording, token: &str) -> String {
    let all = recording.all();
    let issued = |exchange: &&Arc<Exchange>| exchange.answer.body.text("access_token") == Some(token);
    let Some(issued) = all.iter().find(issued) else {
        let similar = all.iter().find(|exchange| {
            let other = exchange.answer.body.text("access_token");
            other.is_some_and(|other| is_one_apart(other, token))
        });
        return match (similar, lang) {
            (Some(similar), Lang::En) => format!(
                "One character differs from the token of step {}. The seal around a token opens only when every character is right.",
                similar.number
            ),
            (Some(similar), Lang::Ja) => format!(
                "ステップ {} のトークンと一文字だけ違います。トークンの封印は、すべての文字が正しいときだけ開きます。",
                similar.number
            ),
            (None, Lang::En) => "No step that is still shown issued this token.".to_owned(),
            (None, Lang::Ja) => "残っているステップの中に、このトークンを発行したものはありません。".to_owned(),
        };
    };
    let code = issued.request.body.field("code");
    let replayed = all.iter().find(|exchange| {
        let is_again = exchange.number > issued.number && exchange.is_refused() && exchange.path == issued.path;
        is_again && code.is_some() && exchange.request.body.field("code") == code
    });
    match (replayed, lang) {
        (Some(replayed), Lang::En) => format!(
            "It came from the code of step {}, which was redeemed again in step {}. So everything that came from that code was ended (RFC 6749 §4.1.2).",
            issued.number, replayed.number
        ),
        (Some(replayed), Lang::Ja) => format!(
            "ステップ {} のコードから生じたトークンで、そのコードがステップ {} でもう一度使われました。そのため、コードから生じたものはすべて無効になりました（RFC 6749 §4.1.2）。",
            issued.number, replayed.number
        ),
        (None, Lang::En) => format!(
            "Step {} issued it. It has ended since: its time was over, or the permission was taken back.",
            issued.number
        ),
        (None, Lang::Ja) => format!(
            "ステップ {} で発行されました。その後、期限が切れたか、許可が取り消されました。",
            issued.number
        ),
    }
}

fn is_one_apart(one: &str, other: &str) -> bool {
    one.len() == other.len()
        && one
            .bytes()
            .zip(other.bytes())
            .filter(|(one, other)| one != other)
            .count()
            == 1
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::exchange::{SiteKind, pairs, test_exchange, test_site};
    use super::*;

    const API: &str = "http://localhost:8080";

    fn keep(recording: &Recording, change: impl FnOnce(&mut Exchange)) -> u64 {
        let mut exchange = test_exchange(recording.begin());
        change(&mut exchange);
        let number = exchange.number;
        recording.keep(exchange);
        number
    }

    fn issue(recording: &Recording, token: &str) -> u64 {
        keep(recording, |exchange| {
            exchange.request.body = Content::Form(pairs(b"code=c"));
            exchange.answer.body = Content::Json(json!({ "access_token": token }));
        })
    }

    /// A call that the API refused, after it had asked the server.
    fn refused(recording: &Recording, token: &str, said: Value) -> Why {
        let call = keep(recording, |exchange| {
            exchange.site = Arc::new(test_site(SiteKind::Api));
            exchange.path = "/accounts".to_owned();
            exchange.status = 401;
            exchange.request.headers = vec![("authorization".to_owned(), format!("Bearer {token}"))];
            exchange.answer.body = Content::Json(json!({ "error": "invalid_token", "error_description": "no" }));
        });
        keep(recording, |exchange| {
            exchange.path = "/introspect".to_owned();
            exchange.request.body = Content::Form(vec![("token".to_owned(), token.to_owned())]);
            exchange.answer.body = Content::Json(said);
        });
        why(Lang::En, recording, &recording.find(call).unwrap())
    }

    fn failed(why: &Why) -> &Checked {
        let (last, passed) = why.checks.split_last().unwrap();
        assert!(passed.iter().all(|check| check.is_passed) && !last.is_passed);
        last
    }

    #[test]
    fn a_tampered_token_is_told_by_the_one_that_it_was() {
        let recording = Recording::default();
        let step = issue(&recording, "abcd");
        let why = refused(&recording, "abXd", json!({ "active": false }));
        assert_eq!(failed(&why).found.as_deref(), Some("active: false"));
        assert!(
            why.cause.contains(&format!("the token of step {step}.")),
            "{}",
            why.cause
        );
    }

    #[test]
    fn a_token_that_died_by_a_replay_is_told_by_both_steps() {
        let recording = Recording::default();
        let issued = issue(&recording, "abcd");
        let replayed = keep(&recording, |exchange| {
            exchange.request.body = Content::Form(pairs(b"code=c"));
            exchange.status = 400;
        });
        let why = refused(&recording, "abcd", json!({ "active": false }));
        let expected = format!("the code of step {issued}, which was redeemed again in step {replayed}");
        assert!(why.cause.contains(&expected), "{}", why.cause);
    }

    #[test]
    fn a_token_that_ended_otherwise_and_one_that_nobody_issued_are_told_apart() {
        let recording = Recording::default();
        issue(&recording, "abcd");
        let ended = refused(&recording, "abcd", json!({ "active": false }));
        assert!(ended.cause.contains("It has ended since"), "{}", ended.cause);
        let unknown = refused(&recording, "zzzz", json!({ "active": false }));
        assert!(unknown.cause.starts_with("No step"), "{}", unknown.cause);
    }

    #[test]
    fn a_token_for_another_api_is_told_with_both() {
        let recording = Recording::default();
        let why = refused(
            &recording,
            "abcd",
            json!({ "active": true, "aud": ["http://localhost:8082"] }),
        );
        let check = failed(&why);
        assert_eq!(check.expected.as_deref(), Some(API));
        assert_eq!(check.found.as_deref(), Some("http://localhost:8082"));
    }

    #[test]
    fn what_is_left_is_told_by_the_word_of_the_api() {
        let recording = Recording::default();
        let why = refused(&recording, "abcd", json!({ "active": true, "aud": API }));
        assert_eq!(failed(&why).section, "RFC 9449 §7.1");
        assert_eq!(why.cause, "no");
    }

    #[test]
    fn without_a_token_nothing_else_is_looked_at() {
        let recording = Recording::default();
        let call = keep(&recording, |exchange| exchange.status = 401);
        let why = why(Lang::Ja, &recording, &recording.find(call).unwrap());
        assert_eq!((why.checks.len(), failed(&why).section.as_str()), (1, "RFC 6750 §2.1"));
    }
}
