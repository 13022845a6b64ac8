//! What is wrong with a password that somebody chooses for themselves.
//!
//! Spec: NIST SP 800-63B §5.1.1.2
//!
//! Length counts, composition rules do not. What is tried first is refused: words that many use, what repeats itself or
//! follows the keyboard, and what anybody knows of this person and this service. Nothing is called strong: from here
//! it can only be seen what is weak.

use model::Secret;

use crate::{
    password::normalized,
    users::{PasswordProblem, check_password},
};

/// Words that many passwords are made of, and passwords that many have, in lower case.
const COMMON: &str = include_str!("weak_password/common.txt");
/// Passwords that are known from breaches: four bytes of the SHA-256 of each, sorted (`weak_password/make_breached.py`).
const BREACHED: &[u8] = include_bytes!("weak_password/breached.bin");
/// Rows of keyboards, beside the order of letters and digits.
const ROWS: [&str; 5] = ["1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop"];
/// So many characters must come as a surprise.
const SURPRISES: usize = 5;
/// Digits and signs that are put before and after a word do not hide it, up to this many.
const DECORATION: usize = 6;
/// Shorter words are found in too much.
const SHORTEST_WORD: usize = 3;

/// Why a password is not good enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    /// Too short or too long.
    #[error(transparent)]
    Length(#[from] PasswordProblem),
    /// One of those that are tried first.
    #[error("the password is one that many people use: choose another one")]
    Common,
    /// It says little with many characters.
    #[error("the password repeats itself, or follows the keyboard or the alphabet: choose another one")]
    Pattern,
    /// It consists of what is known of its owner.
    #[error("the password is made of the user's own details: choose another one")]
    Personal,
    /// It is on the list of those that were found in breaches.
    #[error("the password is known from breaches of other services, and tried first: choose another one")]
    Breached,
}

/// Checks a new password. `known` is what everybody knows of this person and this service: names, addresses.
pub fn check(password: &Secret, known: &[&str]) -> Result<(), Weakness> {
    check_password(password)?;
    let text = normalized(password.expose()).to_lowercase();
    if is_common(&text) || is_common(&spelt_out(&text)) {
        return Err(Weakness::Common);
    }
    if surprises(&text) < SURPRISES {
        return Err(Weakness::Pattern);
    }
    if surprises(&without(&text, known)) < SURPRISES {
        return Err(Weakness::Personal);
    }
    if is_breached(&text) {
        return Err(Weakness::Breached);
    }
    Ok(())
}

/// Whether it is on the list. One in some 38,000 other passwords is taken for one of these: whoever has it chooses again.
fn is_breached(text: &str) -> bool {
    let [a, b, c, d, ..] = jose::sha256(text.as_bytes());
    let (listed, _) = BREACHED.as_chunks::<4>();
    listed.binary_search(&[a, b, c, d]).is_ok()
}

fn is_common(text: &str) -> bool {
    let word = text.trim_matches(|character: char| !character.is_alphabetic());
    let decoration = text.chars().count() - word.chars().count();
    decoration <= DECORATION && COMMON.split_ascii_whitespace().any(|common| common == word)
}

/// With the letters that digits and signs stand for: `p@ssw0rd`.
fn spelt_out(text: &str) -> String {
    let letter = |character| match character {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    };
    text.chars().map(letter).collect()
}

/// What is left when the words that everybody knows are taken away.
fn without(text: &str, known: &[&str]) -> String {
    let words = known
        .iter()
        .flat_map(|known| known.split(|character: char| !character.is_alphanumeric()));
    let mut words: Vec<String> = words
        .filter(|word| word.chars().count() >= SHORTEST_WORD)
        .map(str::to_lowercase)
        .collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    words.iter().fold(text.to_owned(), |text, word| text.replace(word, ""))
}

/// How many characters do not follow from the ones before them.
fn surprises(text: &str) -> usize {
    let characters: Vec<char> = text.chars().collect();
    let unit = unit(&characters);
    let mut before = None;
    unit.iter()
        .filter(|character| {
            let follows = before.is_some_and(|before| is_next(before, **character));
            before = Some(**character);
            !follows
        })
        .count()
}

/// The part that is repeated; the whole where nothing is.
fn unit(characters: &[char]) -> &[char] {
    let repeats = |length: &usize| {
        let (start, rest) = characters.split_at(*length);
        rest.iter()
            .zip(start.iter().chain(rest))
            .all(|(one, other)| one == other)
    };
    let length = (1..=characters.len() / 2).find(repeats);
    characters
        .get(..length.unwrap_or(characters.len()))
        .unwrap_or(characters)
}

/// Whether a character is the same as the one before, or its neighbour in the alphabet or on the keyboard.
fn is_next(before: char, character: char) -> bool {
    let is_beside = |row: &str| {
        let place = |wanted| row.chars().position(|known| known == wanted);
        place(before)
            .zip(place(character))
            .is_some_and(|(one, other)| one.abs_diff(other) == 1)
    };
    u32::from(before).abs_diff(u32::from(character)) <= 1 || ROWS.iter().any(|row| is_beside(row))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 4] = ["alice", "alice.example@mail.example", "Alice Example", "Sekisho Bank"];

    fn weakness(password: &str) -> Option<Weakness> {
        check(&Secret::new(password), &KNOWN).err()
    }

    #[test]
    fn eight_characters_are_the_least() {
        assert_eq!(weakness("k7#mQzp"), Some(Weakness::Length(PasswordProblem::TooShort)));
        assert_eq!(weakness("k7#mQzpw"), None);
        assert_eq!(weakness("ねこはすきですか"), None);
        let long = "k7#mQzpw".repeat(200);
        assert_eq!(weakness(&long), Some(Weakness::Length(PasswordProblem::TooLong)));
    }

    #[test]
    fn what_many_people_use_is_refused_however_it_is_dressed_up() {
        for common in [
            "password",
            "Password1!",
            "P@ssw0rd",
            "12password34",
            "iloveyou",
            "Sunshine2026",
            "qwertyuiop",
            "trustno1",
            "welcome!!!",
            "changeme",
        ] {
            assert_eq!(weakness(common), Some(Weakness::Common), "{common}");
        }
        assert_eq!(weakness("my password is a sentence"), None);
    }

    #[test]
    fn what_repeats_itself_or_follows_the_keyboard_is_refused() {
        for pattern in [
            "aaaaaaaa",
            "12345678",
            "87654321",
            "abcdefgh",
            "20262026",
            "xyxyxyxyxy",
            "1q1q1q1q",
            "poiuytre",
            "defg3456",
            "zzzz9999",
        ] {
            assert_eq!(weakness(pattern), Some(Weakness::Pattern), "{pattern}");
        }
    }

    #[test]
    fn what_everybody_knows_of_the_user_is_refused() {
        for personal in [
            "alice123",
            "Alice-Example",
            "example.alice",
            "sekisho-bank",
            "ALICEalice99",
        ] {
            assert_eq!(weakness(personal), Some(Weakness::Personal), "{personal}");
        }
        assert_eq!(weakness("alice rows over the lake"), None);
    }

    #[test]
    fn more_than_a_hundred_thousand_passwords_of_breaches_are_refused() {
        let (listed, rest) = BREACHED.as_chunks::<4>();
        assert!(listed.len() > 100_000 && rest.is_empty());
        assert!(listed.is_sorted());
        for breached in ["spongebob1", "Manchester1", "linkinpark", "ｓｎｏｗｂａｌｌ１"] {
            assert_eq!(weakness(breached), Some(Weakness::Breached), "{breached}");
        }
    }

    /// Four bytes by chance: of 20,000 passwords that nobody has, one or two at most.
    #[test]
    fn hardly_any_other_password_is_taken_for_one_of_these() {
        let taken = (0..20_000)
            .filter(|n| is_breached(&format!("nobody has this {n}")))
            .count();
        assert!(taken < 5, "{taken}");
    }

    #[test]
    fn what_cannot_be_foreseen_is_taken_whatever_it_is_made_of() {
        for fine in [
            "correct horse battery staple",
            "vjeqtpmw",
            "83619472",
            "Zq!7-pLm",
            "三匹の子豚と大きな狼",
        ] {
            assert_eq!(weakness(fine), None, "{fine}");
        }
    }
}
