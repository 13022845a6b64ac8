//! Every check that the server makes, and every reason to refuse a request: one file per topic.

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

pub mod server;

static TOPICS: &[(&[&Check], &[&Reason])] = &[(server::CHECKS, server::REASONS)];

/// Every check.
pub fn checks() -> impl Iterator<Item = &'static Check> {
    TOPICS.iter().flat_map(|(checks, _)| checks.iter().copied())
}

/// Every reason.
pub fn reasons() -> impl Iterator<Item = &'static Reason> {
    TOPICS.iter().flat_map(|(_, reasons)| reasons.iter().copied())
}
