//! What can be played with a fresh code: the honest way on, and four ways to break it.

use std::sync::Arc;

use super::super::frame::Lang;
use super::super::oidc_client::ClientError;
use super::exchange::Exchange;
use super::wire::Wire;

/// A code that was not used yet, and the secret that belongs to it.
pub(super) struct Fresh {
    pub code: String,
    pub code_verifier: String,
    /// When it came, in unix seconds.
    pub at: i64,
}

/// One way on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// As it should be.
    Continue,
    /// The code is redeemed twice.
    Replay,
    /// One character of the token is another.
    Tamper,
    /// The code is redeemed without its secret.
    DropVerifier,
    /// A token for one API is shown to the other.
    WrongAudience,
}

/// A request of an act, with its answer.
pub(super) struct Scene {
    /// In English and Japanese.
    what: [&'static str; 2],
    pub exchange: Arc<Exchange>,
}

impl Scene {
    pub(super) fn what(&self, lang: Lang) -> &'static str {
        let [english, japanese] = self.what;
        match lang {
            Lang::En => english,
            Lang::Ja => japanese,
        }
    }
}

const REDEEM: [&str; 2] = ["The app redeems the code.", "アプリがコードをトークンと引き換えます。"];
const CALL: [&str; 2] = ["It asks the API for the accounts.", "API に口座を尋ねます。"];
const REFRESH: [&str; 2] = [
    "It gets a new access token, without the user.",
    "利用者なしで、新しいアクセストークンを受け取ります。",
];
const CALL_AGAIN: [&str; 2] = [
    "It asks the API with the new token.",
    "新しいトークンで API に尋ねます。",
];
const REPLAY: [&str; 2] = [
    "Somebody redeems the same code once more.",
    "同じコードがもう一度引き換えに出されます。",
];
const CALL_DEAD: [&str; 2] = [
    "The first token, good a moment ago, is dead: nobody can tell who the thief was.",
    "さきほどまで使えた最初のトークンも無効です。どちらが盗んだ側か分からないためです。",
];
const CALL_TAMPERED: [&str; 2] = [
    "It shows the API the token with one character changed.",
    "一文字だけ変えたトークンを API に示します。",
];
const REDEEM_BARE: [&str; 2] = [
    "Somebody who has only the code redeems it, without the secret.",
    "コードだけを手に入れた人が、秘密の値なしで引き換えようとします。",
];
const CALL_OTHER: [&str; 2] = [
    "It takes the token for the accounts to the payments API.",
    "口座用のトークンを、支払い API に示します。",
];

impl Act {
    pub(super) const ALL: [Self; 5] = [
        Self::Continue,
        Self::Replay,
        Self::Tamper,
        Self::DropVerifier,
        Self::WrongAudience,
    ];

    /// Its name in the form, and in the ids of the page.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Continue => "continue",
            Self::Replay => "replay",
            Self::Tamper => "tamper",
            Self::DropVerifier => "drop-verifier",
            Self::WrongAudience => "wrong-audience",
        }
    }

    pub(super) fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.name() == name)
    }

    pub(super) fn title(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Self::Continue, Lang::En) => "Continue",
            (Self::Continue, Lang::Ja) => "続ける",
            (Self::Replay, Lang::En) => "Replay the code",
            (Self::Replay, Lang::Ja) => "コードを二度使う",
            (Self::Tamper, Lang::En) => "Tamper with the token",
            (Self::Tamper, Lang::Ja) => "トークンを書き換える",
            (Self::DropVerifier, Lang::En) => "Drop the verifier",
            (Self::DropVerifier, Lang::Ja) => "秘密の値を省く",
            (Self::WrongAudience, Lang::En) => "Use it at another API",
            (Self::WrongAudience, Lang::Ja) => "別の API で使う",
        }
    }

    /// Against what this protects, and how.
    pub(super) fn lesson(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Self::Continue, Lang::En) => {
                "The code became tokens, the token opened the API, and the refresh token got the next one."
            }
            (Self::Continue, Lang::Ja) => {
                "コードがトークンになり、トークンで API が使え、リフレッシュトークンで次のトークンが得られました。"
            }
            (Self::Replay, Lang::En) => {
                "A code works once. When it comes twice, one of the two is a thief: everything that came from it ends."
            }
            (Self::Replay, Lang::Ja) => {
                "コードは一度しか使えません。二度来たら片方は盗んだ側なので、そこから生じたものはすべて無効になります。"
            }
            (Self::Tamper, Lang::En) => {
                "A token is sealed. Change one character and nobody can open it; the API learns no more than that."
            }
            (Self::Tamper, Lang::Ja) => {
                "トークンは封印されています。一文字変えただけで開かなくなり、API にもそれ以上は伝わりません。"
            }
            (Self::DropVerifier, Lang::En) => {
                "A code can leak on its way through the browser. Without the app’s secret it is worth nothing (PKCE)."
            }
            (Self::DropVerifier, Lang::Ja) => {
                "コードはブラウザーを通る間に漏れることがあります。アプリの秘密の値がなければ役に立ちません（PKCE）。"
            }
            (Self::WrongAudience, Lang::En) => {
                "A token names the APIs that it is for. An API that was shown it cannot use it elsewhere."
            }
            (Self::WrongAudience, Lang::Ja) => {
                "トークンには使える API が記されています。受け取った API が、それをよそで使うことはできません。"
            }
        }
    }

    /// Plays it. What is refused is an answer too; an act ends where it cannot go on.
    pub(super) async fn play(self, wire: &Wire, fresh: &Fresh) -> Result<Vec<Scene>, ClientError> {
        let mut scenes = Vec::new();
        let mut seen = |what, exchange: &Arc<Exchange>| {
            let exchange = Arc::clone(exchange);
            scenes.push(Scene { what, exchange });
        };
        if self == Self::DropVerifier {
            seen(REDEEM_BARE, &wire.redeem(&fresh.code, None).await?);
            return Ok(scenes);
        }
        let redeemed = wire.redeem(&fresh.code, Some(&fresh.code_verifier)).await?;
        seen(REDEEM, &redeemed);
        let Some(token) = redeemed.answer.body.text("access_token") else {
            return Ok(scenes);
        };
        match self {
            Self::Continue => {
                seen(CALL, &wire.accounts(token).await?);
                if let Some(refresh_token) = redeemed.answer.body.text("refresh_token") {
                    let refreshed = wire.refresh(refresh_token).await?;
                    seen(REFRESH, &refreshed);
                    if let Some(token) = refreshed.answer.body.text("access_token") {
                        seen(CALL_AGAIN, &wire.accounts(token).await?);
                    }
                }
            }
            Self::Replay => {
                seen(CALL, &wire.accounts(token).await?);
                seen(REPLAY, &wire.redeem(&fresh.code, Some(&fresh.code_verifier)).await?);
                seen(CALL_DEAD, &wire.accounts(token).await?);
            }
            Self::Tamper => seen(CALL_TAMPERED, &wire.accounts(&tampered(token)).await?),
            Self::WrongAudience => seen(CALL_OTHER, &wire.payment(token).await?),
            Self::DropVerifier => {}
        }
        Ok(scenes)
    }
}

/// The token with the character in its middle changed for another that tokens are made of.
fn tampered(token: &str) -> String {
    let middle = token.chars().count() / 2;
    let change = |(place, character)| match character {
        'A' if place == middle => 'B',
        _ if place == middle => 'A',
        _ => character,
    };
    token.chars().enumerate().map(change).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_act_is_found_by_its_name() {
        for act in Act::ALL {
            assert_eq!(Act::find(act.name()), Some(act));
        }
        assert_eq!(Act::find("steal"), None);
    }

    #[test]
    fn one_character_is_changed() {
        for token in ["abcd", "abAd", "A", "abAde"] {
            let changed = tampered(token);
            let differences = token.chars().zip(changed.chars()).filter(|(one, other)| one != other);
            assert_eq!((differences.count(), changed.len()), (1, token.len()), "{token}");
        }
    }
}
