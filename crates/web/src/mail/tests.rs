//! Every letter, in every language.

use std::fs;

use authn::notice::Content;

use super::*;

fn mails() -> Mails {
    Mails::new(None).unwrap()
}

#[test]
fn every_letter_is_written_in_both_forms_and_languages() {
    for locale in Locale::ALL {
        for letter in sample::all(locale) {
            let kind = letter.content.kind();
            let written = mails()
                .write(&letter)
                .unwrap_or_else(|error| panic!("{kind}: {error:#}"));
            for body in [&written.text, &written.html] {
                assert!(
                    body.contains("alice") && body.contains("Sekisho Bank"),
                    "{kind}: {body}"
                );
                assert!(!body.contains("{{") && !body.contains("mail."), "{kind}: {body}");
            }
            assert!(written.subject.contains("Sekisho Bank"), "{}", written.subject);
            assert_eq!(written.subject.is_ascii(), locale == Locale::En, "{}", written.subject);
            assert!(written.html.contains(&format!("<html lang=\"{}\">", locale.tag())));
            assert!(!written.text.contains("\n\n\n"), "{kind}: {}", written.text);
        }
    }
}

#[test]
fn a_notice_says_who_when_where_from_and_what_to_do() {
    let letters = sample::all(Locale::En);
    let written = mails().write(&letters[0]).unwrap();
    assert_eq!(written.subject, "New sign-in to your account at Sekisho Bank");
    for part in [
        "User name: alice\n",
        "Time: 23 November 2026, 13:30 UTC\n",
        "Browser: Firefox on Windows\n",
        "Network address: 2001:db8::7\n",
        "\nhttps://id.example.com/bank/not-me?t=c2VhbGVk\n",
    ] {
        assert!(written.text.contains(part), "{part}: {}", written.text);
    }
    let japanese = mails().write(&sample::all(Locale::Ja)[0]).unwrap();
    assert_eq!(japanese.subject, "Sekisho Bank：新しいサインインのお知らせ");
    assert!(japanese.text.contains("Firefox（Windows）") && japanese.text.contains("2026年11月23日 13:30（UTC）"));
    let unknown = mails().write(&letters[1]).unwrap().text;
    assert!(
        unknown.contains("Browser: unknown\nNetwork address: unknown\n"),
        "{unknown}"
    );
}

#[test]
fn the_code_is_in_the_body_and_not_in_the_subject() {
    let letter = sample::letter(
        Locale::En,
        Content::Code {
            code: "49302817".into(),
            minutes: 1,
        },
    );
    let written = mails().write(&letter).unwrap();
    assert!(written.text.contains("\n    49302817\n") && written.html.contains(">49302817<"));
    assert!(written.text.contains("1 minute."), "{}", written.text);
    assert!(!written.subject.contains("49302817"));
}

#[test]
fn no_name_gets_out_of_its_place() {
    let names = [
        "x\r\nBcc: eve@example.com\r\n\r\n<script>alert(1)</script>".to_owned(),
        "\u{202e}gnihton\u{2066}".to_owned(),
        "مرحبا بالعالم".to_owned(),
        "👩‍👩‍👧‍👦 家族".to_owned(),
        "very long ".repeat(10_000),
    ];
    for name in names {
        for locale in Locale::ALL {
            let mut letter = sample::letter(locale, Content::WaitingRequest);
            letter.username.clone_from(&name);
            letter.organisation.clone_from(&name);
            let written = mails().write(&letter).unwrap();
            assert!(!written.subject.contains(['\r', '\n']) && written.subject.chars().count() < 200);
            assert!(
                !written.text.contains("\nBcc:") && written.text.len() < 5000,
                "{}",
                written.text
            );
            assert!(!written.html.contains("<script") && !written.html.contains('\u{202e}'));
            assert!(!written.text.contains('\u{202e}') && !written.text.contains('\u{2066}'));
        }
    }
}

#[test]
fn another_language_gets_english() {
    let mut letter = sample::letter(Locale::Ja, Content::WaitingRequest);
    for tag in ["fr", "", "xx-ja"] {
        letter.locale = tag.into();
        assert!(mails().write(&letter).unwrap().subject.is_ascii(), "{tag}");
    }
}

fn with(name: &str, source: &str) -> Result<Templates, MailError> {
    overrides::check(&[(name.to_owned(), source.to_owned())])
}

#[test]
fn templates_of_the_operators_own_are_used_for_all_letters_or_one_kind() {
    let directory = std::env::temp_dir().join(format!("sekisho-mail-{}", std::process::id()));
    let folder = directory.join("mail");
    fs::create_dir_all(&folder).unwrap();
    assert!(overrides::load(&directory).unwrap().is_none());
    let own = "Ours: {{ username }}\n\nHello from {{ organisation }}.\n";
    fs::write(folder.join("password_changed.txt"), own).unwrap();
    let mails = Mails::new(Some(&directory)).unwrap();
    let changed = sample::letter(Locale::En, Content::PasswordChanged { when: 0 });
    let written = mails.write(&changed).unwrap();
    assert_eq!(
        (written.subject.as_str(), written.text.as_str()),
        ("Ours: alice", "Hello from Sekisho Bank.\n")
    );
    assert!(written.html.contains("<html"), "the other form is ours");
    let another = mails
        .write(&sample::letter(Locale::En, Content::WaitingRequest))
        .unwrap();
    assert!(!another.subject.contains("Ours"));

    fs::write(folder.join("pasword.html"), "").unwrap();
    let unknown = Mails::new(Some(&directory)).unwrap_err().to_string();
    assert!(
        unknown.contains("pasword.html") && unknown.contains("password_changed"),
        "{unknown}"
    );
    fs::remove_dir_all(&directory).unwrap();
}

#[test]
fn templates_that_would_send_something_useless_are_refused() {
    for (name, source, said) in [
        ("code.txt", "Your code\n\nLook at the other form.", "its code"),
        ("waiting_request.html", "<p>Somebody asks.</p>", "its link"),
        ("password_changed.txt", "\nIt was changed.", "subject"),
        ("letter.html", "<script>x</script>", "<script"),
        ("letter.txt", "{{ no_such_variable }}", "letter.txt"),
        ("letter.txt", "{{ t('no.such.message') }}", "no.such.message"),
        ("letter.html", "{{ username | safe }}", "letter.html"),
        ("letter.html", "{% if %}", "letter.html"),
    ] {
        let refused = with(name, source).unwrap_err().to_string();
        assert!(refused.contains(said), "{name} {source}: {refused}");
    }
}
