use super::*;

const PASSWORD: &str = "pässwörd";

/// Made by passlib and Django from [`PASSWORD`].
const MADE_ELSEWHERE: [&str; 10] = [
    "$2b$04$xaJl0SqDmTOrO2LHLhueh.wEDmMl6bKHcZ5oNImrXGA0hIG9tL2hq",
    "$scrypt$ln=10,r=8,p=1$gPC+1zoHYEzJeU8pBSAEQA$CUqg7ofpKBxo5NtNrZY0sf1WfYWcEIGIEYgLdWzV/CU",
    "$pbkdf2$1000$9D7HmNO69z6nNMZ47x3jXA$wc7bNkgJoLZ0qUMASr6p.ky0jTs",
    "$pbkdf2-sha256$1000$ibFWyrk3prTW.h8jRMi59w$izQ8xfEhCOnnzFb.5sMG3TGZWEdH/cd/dwfUTVdjkvU",
    "$pbkdf2-sha512$1000$WIsRovS.V2rNeY8Rwvi/Nw$Db2azUCGWVK2YbtwMOQKd6yRvGcvRR.rASOOBp6/C3CJEoQMfO2dK7I4Rdusu35j1fuPBi6d/JdPUsug.8PLQQ",
    "{SSHA}CyuiK+BksT9GqSDV1/78I9fQVPOjVCol",
    "{SSHA256}JRHiGQ7ayxMoAe7nDr0ZMoN0AEa6fXmyfXn9cbKt2doKgXBuba1VSg==",
    "{SSHA512}iKZpR3ikLUCvosl6BjOlFViiZ5N8od8aJtlQ51+GNbZuOvAxXbgyssVig/KPkzVuac7Gm1R2IPBN9VOKUld4QCxFSEnJWSsF",
    "pbkdf2_sha256$1000$seasalt2$sLtzcw9rNatlyqRNHNcjpym4n2MdLNUrSDfSLY6Bzqo=",
    "pbkdf2_sha1$1000$seasalt2$1NQqfe74+TsH38BOwSfb1Pm1ARM=",
];

#[test]
fn hashes_of_other_programs_are_of_their_password_alone() {
    for text in MADE_ELSEWHERE {
        let hash = Imported::parse(text).unwrap_or_else(|| panic!("{text}"));
        assert!(hash.is_of(PASSWORD.as_bytes()), "{text}");
        for wrong in ["passwörd", "", "pässwörd "] {
            assert!(!hash.is_of(wrong.as_bytes()), "{text}: {wrong:?}");
        }
    }
}

/// The form of the PHC string format, of the same hash.
#[test]
fn rounds_may_be_named() {
    let named = MADE_ELSEWHERE[3].replace("$1000$", "$i=1000,l=32$").replace('.', "+");
    assert!(Imported::parse(&named).unwrap().is_of(PASSWORD.as_bytes()));
    let other_case = MADE_ELSEWHERE[5].replace("SSHA", "ssha");
    assert!(Imported::parse(&other_case).unwrap().is_of(PASSWORD.as_bytes()));
}

#[test]
fn what_would_stop_the_pool_or_cannot_be_checked_is_refused() {
    let bcrypt = |cost: &str| MADE_ELSEWHERE[0].replace("$04$", cost);
    let scrypt = |cost: &str| MADE_ELSEWHERE[1].replace("ln=10,r=8,p=1", cost);
    let rounds = |rounds: &str| MADE_ELSEWHERE[3].replace("$1000$", rounds);
    for fine in [bcrypt("$14$"), scrypt("ln=17,r=8,p=1"), rounds("$2000000$")] {
        assert!(Imported::parse(&fine).is_some(), "{fine}");
    }
    for text in [
        bcrypt("$15$"),
        bcrypt("$31$"),
        bcrypt("$3$"),
        bcrypt("$+4$"),
        format!("{}x", MADE_ELSEWHERE[0]),
        scrypt("ln=18,r=8,p=1"),
        scrypt("ln=17,r=8,p=5"),
        scrypt("ln=63,r=8,p=1"),
        scrypt("ln=64,r=8,p=1"),
        scrypt("ln=10,r=4294967295,p=1"),
        scrypt("ln=10,r=0,p=1"),
        scrypt("ln=10,r=8"),
        scrypt("ln=10,ln=11,r=8,p=1"),
        rounds("$2000001$"),
        rounds("$0$"),
        rounds("$-1$"),
        rounds("$99999999999$"),
        // No salt, a hash that is too short, something more behind it.
        "$pbkdf2-sha256$1000$$izQ8xfEhCOnnzFb.5sMG3TGZWEdH/cd/dwfUTVdjkvU".to_owned(),
        "$pbkdf2-sha256$1000$ibFWyrk3prTW.h8jRMi59w$izQ8".to_owned(),
        format!("{}$x", MADE_ELSEWHERE[3]),
        "{SSHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=".to_owned(),
        "{SSHA}".to_owned(),
        "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=".to_owned(),
        "{MD5}X03MO1qnZdYdgyfeuILPmQ==".to_owned(),
        "$1$abcdefgh$irWbblnpmw.5z7wgBnprh0".to_owned(),
        String::new(),
        "secret".to_owned(),
    ] {
        assert!(Imported::parse(&text).is_none(), "{text}");
    }
}
