//! The Content-Security-Policy of each page.
//!
//! Spec: CSP Level 3. Nothing is loaded but the own style sheet and pictures, and an app's logo where one is shown;
//! nothing frames a page; nothing runs, except the one script of the `form_post` page and that of the page after a
//! log-out, which frames apps, that of the page that waits for requests, which asks this server alone, and that of pages
//! which ask the browser for a passkey.

use url::Url;

use super::Href;

const ALL: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'";
/// The own pictures; those of the style sheet are within it.
const PICTURES: &str = "img-src 'self' data:";

/// The policy of pages whose forms stay here: account, sign-out, messages, errors.
pub fn plain() -> String {
    format!("{ALL}; form-action 'self'")
}

/// The policy of the pages of a flow that ends at this redirect URI: sign-in and consent.
///
/// Browsers hold every redirect that follows a form to `form-action`, those of the app's own site included. So the
/// app's scheme is allowed as a whole: naming its origin alone would break apps that redirect on from their callback.
pub fn flow(redirect_uri: &str) -> String {
    format!("{ALL}; form-action 'self' {}", schemes(redirect_uri))
}

/// The policy of the `form_post` page, whose form goes to the redirect URI, sent by the page's own script.
pub fn form_post(redirect_uri: &str) -> String {
    format!("{ALL}; script-src 'self'; form-action {}", schemes(redirect_uri))
}

/// The policy of the page that waits for requests: its script asks this server whether there is one.
pub fn waiting() -> String {
    format!("{ALL}; script-src 'self'; connect-src 'self'; form-action 'self'")
}

/// The policy of the page after a log-out, which frames these pages of apps; only their origins may fill a frame.
pub fn signed_out<'a>(frames: impl Iterator<Item = &'a str>) -> String {
    let origins: Vec<String> = frames.filter_map(|frame| origin(&Url::parse(frame).ok()?)).collect();
    format!(
        "{ALL}; script-src 'self'; frame-src {}; form-action 'self'",
        origins.join(" ")
    )
}

/// The same policy where the page's own script runs: it asks the browser, and sends what it answers by the page's form.
pub fn with_script(policy: &str) -> String {
    policy.replacen("; form-action", "; script-src 'self'; form-action", 1)
}

/// The same policy with one picture of somebody else, from its origin alone. A redirect to another origin is not
/// followed then.
pub fn with_picture(policy: &str, picture: &Href) -> String {
    match Url::parse(picture.as_str()).ok().as_ref().and_then(origin) {
        Some(origin) => policy.replacen(PICTURES, &format!("{PICTURES} {origin}"), 1),
        None => policy.to_owned(),
    }
}

/// The origin of a URL as a source of a policy. None when its host has characters that would say something else there:
/// a URL's host may hold `;` and `*`.
pub(super) fn origin(url: &Url) -> Option<String> {
    let is_host = |host: &str| {
        host.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte))
    };
    url.host_str()
        .is_some_and(is_host)
        .then(|| url.origin().ascii_serialization())
}

fn schemes(redirect_uri: &str) -> String {
    match Url::parse(redirect_uri) {
        // A callback on this machine goes on to the Web, or the other way round.
        Ok(url) if url.scheme() == "http" => "http: https:".to_owned(),
        // A scheme's characters (RFC 3986 §3.1) cannot end a source or a directive.
        Ok(url) if url.scheme() != "https" => format!("https: {}:", url.scheme()),
        _ => "https:".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_runs_or_is_framed() {
        for policy in [
            plain(),
            flow("https://app.example.com/cb"),
            form_post("https://app.example.com/cb"),
            signed_out(
                [
                    "https://app.example.com/bye?x",
                    "http://localhost:8081/bye",
                    "https://a;b.example/",
                ]
                .into_iter(),
            ),
        ] {
            assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
            assert!(!policy.contains("unsafe") && !policy.contains('*'));
        }
        assert!(!plain().contains("script-src") && !flow("https://a.example/").contains("script-src"));
        assert!(with_script(&plain()).ends_with("; script-src 'self'; form-action 'self'"));
    }

    #[test]
    fn a_picture_of_somebody_else_is_let_in_from_its_origin_alone() {
        let picture = Href::picture("https://App.example.com:8443/a/logo.png?x=;script-src").unwrap();
        let policy = with_picture(&plain(), &picture);
        assert!(policy.contains("; img-src 'self' data: https://app.example.com:8443; base-uri 'none'"));
        for policy in [flow("https://a.example/cb"), form_post("https://a.example/cb")] {
            assert!(with_picture(&policy, &picture).contains("data: https://app.example.com:8443;"));
        }
    }

    #[test]
    fn a_host_that_would_say_something_else_in_a_policy_has_no_origin() {
        let of = |url: &str| Url::parse(url).ok().as_ref().and_then(origin);
        assert_eq!(of("https://[::1]:8443/").as_deref(), Some("https://[::1]:8443"));
        for url in [
            "https://*.example/",
            "https://a;b.example/",
            "https://a,b.example/",
            "https://'self'/",
        ] {
            assert_eq!(of(url), None, "{url}");
        }
    }

    #[test]
    fn only_the_apps_that_are_told_are_framed() {
        let policy = signed_out(
            [
                "https://app.example.com/bye?x",
                "http://localhost:8081/bye",
                "https://a;b.example/",
            ]
            .into_iter(),
        );
        assert!(
            policy.contains("; frame-src https://app.example.com http://localhost:8081; "),
            "{policy}"
        );
        assert!(!plain().contains("frame-src") && !form_post("https://a.example/").contains("frame-src"));
    }

    #[test]
    fn a_form_may_lead_to_where_the_flow_ends() {
        assert!(flow("https://app.example.com/cb").ends_with("form-action 'self' https:"));
        assert!(flow("http://127.0.0.1:8081/cb").ends_with("form-action 'self' http: https:"));
        assert!(flow("com.example.app:/cb").ends_with("form-action 'self' https: com.example.app:"));
        assert!(flow("x;script-src *:/cb").ends_with("form-action 'self' https:"));
    }
}
