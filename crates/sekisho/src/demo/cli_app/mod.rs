//! A bank on the command line, in two forms: with a server of its own, and without.
//!
//! - [`alone`]: a public client that keeps the tokens itself
//! - [`with_server`]: it knows a session at its server, [`super::desk_app`], and no token
//! - [`loopback`]: how the browser comes back to either; [`terminal`]: what the user types and reads

mod alone;
mod loopback;
mod terminal;
mod with_server;

use super::Places;
use super::bank_client::CallError;

/// Signs the user in, shows the accounts, and takes commands until the input ends.
///
/// `has_server`: whether its server keeps the tokens.
///
/// # Errors
/// As a text for the user: nobody answers where the demo should be, or nobody signed in.
pub async fn run(places: &Places, has_server: bool) -> Result<(), String> {
    if has_server {
        with_server::run(&places.desk()).await
    } else {
        alone::run(&places.issuer(), &places.api()).await
    }
}

/// What happened, and what to do.
fn explained(error: &CallError) -> String {
    told(
        &error.to_string(),
        error.is_permission_gone(),
        error.missing_scope().is_some(),
    )
}

fn told(error: &str, is_permission_gone: bool, is_scope_missing: bool) -> String {
    let remedy = if is_permission_gone {
        "\nThe permission was taken back, or has ended. Start this program again to ask for it anew."
    } else if is_scope_missing {
        "\nYou did not allow this. Start this program again and leave the box ticked."
    } else {
        ""
    };
    format!("{error}{remedy}")
}

fn not_there(place: &str, error: impl std::fmt::Display) -> String {
    format!("{place}: {error}; is `sekisho demo` running there? Another port: --port N")
}

#[cfg(test)]
mod tests {
    use super::super::bank_client::ApiError;
    use super::*;

    #[test]
    fn a_permission_that_is_gone_is_told_with_its_status() {
        let error = "invalid_token".to_owned();
        let gone = explained(&CallError::Api(ApiError::TokenRefused { error }));
        assert!(
            gone.starts_with("HTTP 401 invalid_token\nThe permission was taken back"),
            "{gone}"
        );
        let other = explained(&CallError::Api(ApiError::Unreachable("x".to_owned())));
        assert!(!other.contains('\n'), "{other}");
    }
}
