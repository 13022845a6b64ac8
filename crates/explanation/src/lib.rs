//! Why a request is refused: the registered error codes, the checks that stand behind them, and for each reason what
//! causes it and what to do. Pure: texts and types alone.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        reason = "tests fail loudly"
    )
)]

pub mod catalogue;
pub mod error_code;
mod reason;
mod refusal;
mod shown;

pub use error_code::ErrorCode;
pub use reason::{Check, Explain, Explanation, Reason};
pub use refusal::Refusal;
pub use shown::{shown, shown_uri};
