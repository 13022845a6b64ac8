//! A sentence of a consent page with places for values: `Pay {amount.value} to {payee}`.

/// A piece of a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SentencePart<'a> {
    /// Words.
    Text(&'a str),
    /// The place of a value: the path of a member, its names separated by dots.
    Member(&'a str),
}

/// Takes a sentence apart. A brace that opens no place of a value is a brace.
pub fn parts(mut sentence: &str) -> Vec<SentencePart<'_>> {
    let mut parts = Vec::new();
    let is_path = |path: &str| !path.is_empty() && !path.contains(['{', ' ']);
    while let Some((place, path)) = sentence
        .split_once('{')
        .and_then(|(before, rest)| Some((before, rest.split_once('}')?.0)))
        .filter(|(_, path)| is_path(path))
    {
        if !place.is_empty() {
            parts.push(SentencePart::Text(place));
        }
        parts.push(SentencePart::Member(path));
        sentence = sentence.get(place.len() + path.len() + 2..).unwrap_or_default();
    }
    if !sentence.is_empty() {
        parts.push(SentencePart::Text(sentence));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::{SentencePart::*, *};

    #[test]
    fn values_have_places_between_words() {
        assert_eq!(
            parts("Pay {amount.value} to {payee}!"),
            [
                Text("Pay "),
                Member("amount.value"),
                Text(" to "),
                Member("payee"),
                Text("!")
            ]
        );
        assert_eq!(parts("{a}{b}"), [Member("a"), Member("b")]);
        assert_eq!(parts("{payee} に {amount} を支払う").len(), 4);
        assert_eq!(parts("no place"), [Text("no place")]);
        assert_eq!(parts("a { b"), [Text("a { b")]);
        assert_eq!(parts("{}"), [Text("{}")]);
        assert_eq!(parts(""), []);
    }
}
