//! What both devices show of a request, so that the user can tell that it is one and the same.
//!
//! Spec: CIBA §7.1 (`binding_message`) and §13
//!
//! Accepted: one line of letters and digits of any script with single spaces and common punctuation, at most 100
//! characters. Not accepted: anything that pages would cut, mend or leave out (control and invisible characters, those
//! that turn the direction of writing, marks, pictures): the user must be able to compare what is there to the letter.

use explanation::catalogue::ciba;

use crate::RequestError;

/// The longest message, in characters.
pub const LONGEST: usize = 100;

/// A message that can be shown whole. Made only by [`BindingMessage::parse`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindingMessage(String);

impl BindingMessage {
    /// Reads the parameter.
    pub fn parse(text: &str) -> Result<Self, RequestError> {
        let is_one_line = !text.is_empty() && text.split(' ').all(|word| !word.is_empty());
        if is_one_line && text.chars().count() <= LONGEST && text.chars().all(is_plain) {
            return Ok(Self(text.to_owned()));
        }
        Err(RequestError::new(
            &ciba::BINDING_MESSAGE,
            format!(
                "binding_message cannot be shown whole: use letters, digits, single spaces and common punctuation, at \
                 most {LONGEST} characters"
            ),
        ))
    }

    /// The message.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_plain(character: char) -> bool {
    // Letters by their category that are not seen: fillers of Korean syllables.
    let is_unseen = matches!(character, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}');
    let is_east_asian =
        matches!(character, '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{3011}' | '\u{30fb}' | '\u{ff01}'..='\u{ff65}');
    character == ' '
        || character.is_ascii_graphic()
        || (character.is_alphanumeric() && !is_unseen)
        || is_east_asian
        || "£¥€–—’“”…".contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorCode;

    // Conformance: B139 CIBA-19 fapi-ciba-id1-ensure-authorization-request-with-potentially-bad-binding-message
    #[test]
    fn a_message_is_a_line_that_can_be_compared_to_the_letter() {
        for fine in [
            "1234",
            "W4SCT",
            "Pay 12.50 € to Café Zoë?",
            "S-24/R",
            "合計：1,200円（品川）",
            &"x".repeat(LONGEST),
        ] {
            assert_eq!(BindingMessage::parse(fine).unwrap().as_str(), fine);
        }
        for bad in [
            "",
            " 1234",
            "1234 ",
            "12  34",
            "12\n34",
            "12\t34",
            "12\u{0}34",
            "12\u{202e}34",
            "12\u{200b}34",
            "a\u{300}\u{300}\u{300}",
            "\u{3164}",
            "1234 \u{1f44d}\u{1f3ff}",
            &"x".repeat(LONGEST + 1),
        ] {
            let error = BindingMessage::parse(bad).unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidBindingMessage, "{bad:?}");
        }
    }
}
