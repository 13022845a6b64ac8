//! Every page, in every language, with all that it can show.

use super::*;

fn every_page(check: impl Fn(Locale, &Sheet, &str)) {
    let pages = Pages::new(None).unwrap();
    for locale in Locale::ALL {
        for sheet in sample::all(locale) {
            let page = pages
                .built_in
                .render(locale, &sheet)
                .unwrap_or_else(|error| panic!("{error}"));
            check(locale, &sheet, &page);
        }
    }
}

fn count(tags: &[html::Tag], name: &str) -> usize {
    tags.iter().filter(|tag| tag.name == name).count()
}

#[test]
fn every_page_has_its_hooks_and_each_id_once() {
    every_page(|locale, sheet, page| {
        let ids: Vec<String> = html::tags(page)
            .iter()
            .filter_map(|tag| tag.attribute("id").map(str::to_owned))
            .collect();
        for hook in &sheet.hooks {
            assert!(
                html::tags(page).iter().any(|tag| tag.has_id(hook)),
                "{} in {locale} lacks {hook}",
                sheet.template
            );
        }
        let mut unique = ids.clone();
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), ids.len(), "{}: {ids:?}", sheet.template);
    });
}

#[test]
fn no_page_has_scripts_or_styles_within_it() {
    every_page(|_, sheet, page| {
        let tags = html::tags(page);
        let (scripts, others): (Vec<_>, Vec<_>) = tags.into_iter().partition(|tag| tag.name == "script");
        assert_eq!(html::inline_code(&others), None, "{}", sheet.template);
        assert_eq!(scripts.len(), usize::from(sheet.script.is_some()), "{}", sheet.template);
        for script in scripts {
            let asset = script
                .attribute("src")
                .and_then(|src| src.strip_prefix("/bank/assets/"));
            assert!(assets::find(asset.unwrap()).is_some());
            assert!(page.contains("defer></script>"));
        }
    });
}

#[test]
fn every_page_says_its_language_and_has_one_heading_and_its_landmarks() {
    every_page(|locale, sheet, page| {
        let tags = html::tags(page);
        assert_eq!(tags[0].attribute("lang"), Some(locale.tag()), "{}", sheet.template);
        for name in ["h1", "main", "header", "footer", "title"] {
            assert_eq!(count(&tags, name), 1, "{name} in {}", sheet.template);
        }
        let focused = tags.iter().filter(|tag| tag.attribute("autofocus").is_some()).count();
        assert!(focused <= 1, "{}", sheet.template);
    });
}

#[test]
fn every_field_has_a_label() {
    every_page(|_, sheet, page| {
        let tags = html::tags(page);
        let fields = tags
            .iter()
            .filter(|tag| tag.name == "input" && tag.attribute("type") != Some("hidden"));
        for field in fields {
            let id = field.attribute("id").unwrap();
            assert!(
                tags.iter().any(|tag| tag.attribute("for") == Some(id)),
                "{id} in {}",
                sheet.template
            );
        }
    });
}

#[test]
fn forms_are_posted_and_carry_their_csrf_value() {
    every_page(|_, sheet, page| {
        for form in page.split("<form").skip(1) {
            let form = form.split("</form>").next().unwrap();
            assert!(form.contains("method=\"post\""), "{}", sheet.template);
            assert!(
                form.contains("name=\"csrf\"")
                    || sheet.template == "form_post.html"
                    // Nobody need be signed in there: the link that the form carries is the secret.
                    || sheet.template == "not_me.html",
                "{}",
                sheet.template
            );
        }
    });
}

#[test]
fn an_error_is_announced_and_takes_the_focus() {
    let mut view = sample::sign_in(Locale::En);
    view.error = Some("sign_in.error.wrong".into());
    let page = Pages::new(None).unwrap().render(Locale::En, &view).unwrap();
    let tags = html::tags(&page);
    let summary = tags.iter().find(|tag| tag.attribute("role") == Some("alert")).unwrap();
    assert!(summary.attribute("autofocus").is_some() && summary.attribute("tabindex") == Some("-1"));
    let password = tags.iter().find(|tag| tag.has_id("password")).unwrap();
    assert_eq!(password.attribute("aria-invalid"), Some("true"));
    assert_eq!(password.attribute("autocomplete"), Some("current-password"));
}

#[test]
fn an_error_of_the_sign_up_page_is_said_at_its_field() {
    let mut view = sample::sign_up(Locale::En);
    view.error = Some(FieldError {
        field: "password",
        text: Text::key("sign_up.error.common"),
    });
    let page = Pages::new(None).unwrap().render(Locale::En, &view).unwrap();
    let tags = html::tags(&page);
    let field = |id: &str| tags.iter().find(|tag| tag.has_id(id)).unwrap();
    assert_eq!(field("password").attribute("aria-invalid"), Some("true"));
    assert_eq!(
        field("password").attribute("aria-describedby"),
        Some("password-hint error-summary")
    );
    assert_eq!(field("password").attribute("autocomplete"), Some("new-password"));
    assert_eq!(field("password").attribute("minlength"), Some("8"));
    assert_eq!(field("password").attribute("value"), None);
    for other in ["username", "email", "name"] {
        assert_eq!(field(other).attribute("aria-invalid"), None, "{other}");
    }
}

#[test]
fn a_hostile_app_stays_harmless_on_every_page_that_names_it() {
    let hostile = format!(
        "</b><script>alert(1)</script>\u{202e}\"' onload=x {}",
        "x".repeat(10_000)
    );
    let pages = Pages::new(None).unwrap();
    for locale in Locale::ALL {
        let client = ClientView::new(&hostile, &hostile).with_links(
            Some("data:image/svg+xml,<svg onload=x>"),
            Some("javascript:alert(1)"),
            Some("data:text/html,<script>"),
            Some("https://evil.example/\"><script>"),
        );
        let mut consent = sample::consent(locale);
        consent.client = client.clone();
        consent.user = Label::new(&hostile);
        consent.redirect_host = Some(Consent::host_of(&hostile));
        consent
            .scopes
            .push(ScopeView::of_api("a'<b>", Some(&hostile), &hostile));
        let mut sign_in = sample::sign_in(locale);
        sign_in.client = Some(client.clone());
        sign_in.username.clone_from(&hostile);
        // The page's own script is the only one: without what it is for, there is none.
        sign_in.passkey = None;
        let mut sign_up = sample::sign_up(locale);
        sign_up.client = Some(client);
        sign_up.username.clone_from(&hostile);
        sign_up.email.clone_from(&hostile);
        sign_up.name.clone_from(&hostile);
        let mut account = sample::account(locale);
        account.grants = vec![GrantView::new("a\"'>b", &hostile, vec![Label::paragraph(&hostile)])];
        account.sessions[0].browser = SessionView::browser_name(locale, &hostile);
        let error = sample::error(locale, ErrorKind::RedirectUri).with_detail(&hostile);
        for page in [
            pages.render(locale, &consent).unwrap(),
            pages.render(locale, &account).unwrap(),
            pages.render(locale, &error).unwrap(),
            pages.render(locale, &sign_in).unwrap(),
            pages.render(locale, &sign_up).unwrap(),
        ] {
            assert_eq!(html::inline_code(&html::tags(&page)), None);
            assert!(!page.contains("<script") && !page.contains("javascript:") && !page.contains("data:"));
        }
        let page = pages.render(locale, &consent).unwrap();
        assert!(!page.contains('\u{202e}') && !page.contains(&"x".repeat(400)));
        assert!(html::tags(&page).iter().any(|tag| tag.has_id("scope-a'<b>")));
        let page = pages.render(locale, &account).unwrap();
        assert!(html::tags(&page).iter().any(|tag| tag.has_id("revoke-a\"'>b")));
    }
}

// Conformance: B129 oidcc-registration-logo-uri oidcc-registration-policy-uri oidcc-registration-tos-uri
#[test]
fn sign_in_and_consent_show_the_logo_and_link_to_the_pages_of_the_app() {
    let pages = Pages::new(None).unwrap();
    for locale in Locale::ALL {
        let (sign_in, consent) = (sample::sign_in(locale), sample::consent(locale));
        assert_eq!(sign_in.picture(), consent.picture());
        for page in [
            pages.render(locale, &sign_in).unwrap(),
            pages.render(locale, &consent).unwrap(),
        ] {
            let tags = html::tags(&page);
            let logo = "https:&#x2f;&#x2f;app.example.com&#x2f;logo.png";
            let logo = tags.iter().find(|tag| tag.attribute("src") == Some(logo)).unwrap();
            assert_eq!(logo.attribute("referrerpolicy"), Some("no-referrer"));
            assert_eq!(
                (logo.attribute("width"), logo.attribute("height")),
                (Some("48"), Some("48"))
            );
            assert!(logo.attribute("alt").unwrap().contains("Budget"));
            for path in ["", "privacy", "terms"] {
                let href = format!("https:&#x2f;&#x2f;app.example.com&#x2f;{path}");
                let link = tags.iter().find(|tag| tag.attribute("href") == Some(&href)).unwrap();
                assert_eq!(link.attribute("rel"), Some("noopener noreferrer"), "{href}");
            }
            assert!(page.matches("<span class=\"host\">app.example.com</span>").count() >= 3);
        }
    }
}

#[test]
fn values_that_are_posted_are_kept_as_they_are() {
    let mut view = sample::form_post(Locale::En);
    view.fields = vec![("state".into(), "\"><b>\u{202e}é".into())];
    let page = Pages::new(None).unwrap().render(Locale::En, &view).unwrap();
    assert!(page.contains("value=\"&quot;&gt;&lt;b&gt;\u{202e}é\""), "{page}");
}

#[test]
fn scopes_are_ticked_at_first_and_what_is_essential_is_sent_anyway() {
    let page = Pages::new(None)
        .unwrap()
        .render(Locale::En, &sample::consent(Locale::En))
        .unwrap();
    let tags = html::tags(&page);
    for scope in sample::consent(Locale::En).scopes {
        let tick = tags
            .iter()
            .find(|tag| tag.has_id(&format!("scope-{}", scope.name)))
            .unwrap();
        assert!(tick.attribute("checked").is_some());
        assert_eq!(tick.attribute("disabled").is_some(), scope.essential);
        let sent = tags.iter().filter(|tag| tag.attribute("name") == Some("scope"));
        assert_eq!(
            sent.filter(|tag| tag.attribute("value") == Some(&scope.name)).count(),
            1,
            "{}",
            scope.name
        );
    }
}

#[test]
fn consent_says_who_asks_for_what_for_how_long_and_where_to() {
    let pages = Pages::new(None).unwrap();
    let page = pages.render(Locale::En, &sample::consent(Locale::En)).unwrap();
    for said in [
        "Budget",
        "Pay from your accounts",
        "at the longest 365 days",
        "until you take it back",
        "app.example.com",
    ] {
        assert!(page.contains(said), "{said}");
    }
    let short = Consent {
        long_lived: None,
        ..sample::consent(Locale::Ja)
    };
    assert!(
        pages
            .render(Locale::Ja, &short)
            .unwrap()
            .contains("今回のサインインが終わるまで")
    );
}

#[test]
fn consent_for_a_device_shows_its_code_and_warns() {
    let pages = Pages::new(None).unwrap();
    let page = pages.render(Locale::En, &sample::device_consent(Locale::En)).unwrap();
    for said in [
        "Budget on TV",
        "BCDF-GHJK",
        "Go on only if you started this yourself",
        "Back to your device",
    ] {
        assert!(page.contains(said), "{said}");
    }
    let page = pages.render(Locale::En, &sample::consent(Locale::En)).unwrap();
    assert!(!page.contains("shown-code"));
}

#[test]
fn an_overridden_template_that_fails_on_real_data_does_not_stop_anybody() {
    let source = "<h1>{{ t(title) }}</h1>{% if text.plain %}{{ no_such }}{% endif %}".to_owned();
    let pages = Pages {
        built_in: Templates::new(&[]).unwrap(),
        overridden: Some(Templates::new(&[("message.html".into(), source)]).unwrap()),
    };
    let page = |text: Text| {
        let view = Message {
            text,
            ..sample::message(Locale::En)
        };
        pages.render(Locale::En, &view).unwrap()
    };
    assert!(page(Text::plain("x")).contains("<main"));
}
