//! What came from outside, as it may be shown in an explanation.

/// The longest text from outside that is shown, in characters.
const LONGEST: usize = 300;

/// A text that neither steers the terminal that shows it nor fills it: without control characters and those that turn the
/// direction of writing, and cut off when it is long.
pub fn shown(text: &str) -> String {
    let is_unseen = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let mut characters = text.chars();
    let mut shown: String = characters
        .by_ref()
        .take(LONGEST)
        .map(|c| if is_unseen(c) { '\u{fffd}' } else { c })
        .collect();
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}

/// A URI of which only so much is shown as cannot be secret: apps have sent their own address as it was in the browser,
/// with the code in it.
pub fn shown_uri(uri: &str) -> String {
    let end = uri.find(['?', '#']).unwrap_or(uri.len());
    let (address, rest) = uri.split_at(end);
    let address = match (address.find("://"), address.rfind('@')) {
        (Some(scheme), Some(at)) if scheme < at => {
            let (before, after) = address.split_at(at);
            format!("{}…{after}", before.get(..scheme + 3).unwrap_or_default())
        }
        _ => address.to_owned(),
    };
    let rest = match rest.chars().next() {
        Some(mark) => format!("{mark}…"),
        None => String::new(),
    };
    shown(&format!("{address}{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_is_cut_off_and_made_visible() {
        assert_eq!(shown("plain text, 日本語"), "plain text, 日本語");
        assert_eq!(shown("a\u{1b}[2Jb\n\u{202e}c"), "a\u{fffd}[2Jb\u{fffd}\u{fffd}c");
        let long = shown(&"x".repeat(1000));
        assert_eq!(long.chars().count(), LONGEST + 1);
        assert!(long.ends_with('…'));
    }

    #[test]
    fn a_uri_is_shown_without_what_may_be_secret_in_it() {
        assert_eq!(shown_uri("https://app.example/cb"), "https://app.example/cb");
        assert_eq!(
            shown_uri("https://app.example/cb?code=secret"),
            "https://app.example/cb?…"
        );
        assert_eq!(shown_uri("https://app.example/cb#token"), "https://app.example/cb#…");
        assert_eq!(
            shown_uri("https://me:secret@app.example/cb"),
            "https://…@app.example/cb"
        );
        assert_eq!(shown_uri("com.example.app:/cb"), "com.example.app:/cb");
    }
}
