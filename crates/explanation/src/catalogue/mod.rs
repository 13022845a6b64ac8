//! Every check that the server makes, and every reason to refuse a request: one file per topic.
#![expect(clippy::doc_markdown, reason = "the texts are shown to people as they are")]

use crate::{Check, Reason};

/// Checks with the reasons by which they fail, and the list of both.
macro_rules! topic {
    ($($check:ident($name:literal, $asks:literal, $section:literal) {
        $($reason:ident($id:literal, $($code:ident)|+) { $cause:literal $remedy:literal })*
    })+) => {
        use crate::{Check, ErrorCode, Reason};

        $(
            #[doc = $asks]
            pub static $check: Check = Check { name: $name, asks: $asks, section: $section };
            $(
                #[doc = $cause]
                pub static $reason: Reason = Reason {
                    name: $id,
                    check: &$check,
                    codes: &[$(ErrorCode::$code),+],
                    cause: $cause,
                    remedy: $remedy,
                };
            )*
        )+

        pub(super) static CHECKS: &[&Check] = &[$(&$check),+];
        pub(super) static REASONS: &[&Reason] = &[$($(&$reason,)*)+];
    };
}

pub mod api_key;
pub mod assertion;
pub mod authorization_code;
pub mod authorization_details;
pub mod authorize;
pub mod binding;
pub mod certificate;
pub mod ciba;
pub mod client;
pub mod client_access;
pub mod client_certificate;
pub mod dpop;
pub mod flows;
pub mod form;
pub mod gate;
pub mod grant_management;
pub mod grant_type;
pub mod keys;
pub mod logout;
pub mod passkey;
pub mod pkce;
pub mod policy;
pub mod polled;
pub mod pushed_request;
pub mod redirect_uri;
pub mod refresh_token;
pub mod registration;
pub mod request_object;
pub mod scope;
pub mod server;
pub mod sign_in;
pub mod token;
pub mod token_exchange;
pub mod trusted_issuer;
pub mod upstream;

static TOPICS: &[(&[&Check], &[&Reason])] = &[
    (server::CHECKS, server::REASONS),
    (form::CHECKS, form::REASONS),
    (client::CHECKS, client::REASONS),
    (assertion::CHECKS, assertion::REASONS),
    (keys::CHECKS, keys::REASONS),
    (certificate::CHECKS, certificate::REASONS),
    (dpop::CHECKS, dpop::REASONS),
    (binding::CHECKS, binding::REASONS),
    (grant_type::CHECKS, grant_type::REASONS),
    (authorization_code::CHECKS, authorization_code::REASONS),
    (pkce::CHECKS, pkce::REASONS),
    (redirect_uri::CHECKS, redirect_uri::REASONS),
    (authorize::CHECKS, authorize::REASONS),
    (request_object::CHECKS, request_object::REASONS),
    (pushed_request::CHECKS, pushed_request::REASONS),
    (scope::CHECKS, scope::REASONS),
    (authorization_details::CHECKS, authorization_details::REASONS),
    (refresh_token::CHECKS, refresh_token::REASONS),
    (polled::CHECKS, polled::REASONS),
    (ciba::CHECKS, ciba::REASONS),
    (trusted_issuer::CHECKS, trusted_issuer::REASONS),
    (token_exchange::CHECKS, token_exchange::REASONS),
    (token::CHECKS, token::REASONS),
    (api_key::CHECKS, api_key::REASONS),
    (client_access::CHECKS, client_access::REASONS),
    (gate::CHECKS, gate::REASONS),
    (upstream::CHECKS, upstream::REASONS),
    (grant_management::CHECKS, grant_management::REASONS),
    (registration::CHECKS, registration::REASONS),
    (logout::CHECKS, logout::REASONS),
    (sign_in::CHECKS, sign_in::REASONS),
    (flows::CHECKS, flows::REASONS),
    (passkey::CHECKS, passkey::REASONS),
    (client_certificate::CHECKS, client_certificate::REASONS),
    (policy::CHECKS, policy::REASONS),
];

/// Every check.
pub fn checks() -> impl Iterator<Item = &'static Check> {
    TOPICS.iter().flat_map(|(checks, _)| checks.iter().copied())
}

/// Every reason.
pub fn reasons() -> impl Iterator<Item = &'static Reason> {
    TOPICS.iter().flat_map(|(_, reasons)| reasons.iter().copied())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_say_their_topic() {
        let mut names = BTreeSet::new();
        for reason in reasons() {
            assert!(names.insert(reason.name), "{} is there twice", reason.name);
            let is_word = |word: &str| {
                !word.is_empty()
                    && word
                        .bytes()
                        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
            };
            let (topic, name) = reason.name.split_once('.').unwrap();
            assert!(is_word(topic) && is_word(name), "{}", reason.name);
        }
    }

    #[test]
    fn every_reason_has_a_code_a_cause_and_a_remedy_in_whole_sentences() {
        for reason in reasons() {
            assert!(!reason.codes.is_empty(), "{}", reason.name);
            assert_eq!(reason.code(), reason.codes[0]);
            for text in [reason.cause, reason.remedy] {
                assert!(
                    text.len() >= 8 && !text.contains('\n') && !text.contains("  "),
                    "{}: {text:?}",
                    reason.name
                );
                assert!(
                    text.ends_with(['.', ')']) || text.contains(": "),
                    "{}: {text:?}",
                    reason.name
                );
            }
            assert!(checks().any(|check| check == reason.check), "{}", reason.name);
        }
    }

    #[test]
    fn every_check_asks_a_question_and_names_its_section() {
        for check in checks() {
            assert!(
                check.asks.ends_with('?') && check.section.contains('§') || check.section.contains("Appendix"),
                "{check:?}"
            );
            assert!(!check.name.is_empty(), "{check:?}");
        }
    }
}
