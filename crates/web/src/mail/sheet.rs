//! What the templates of a letter are given.

use authn::notice::{Content, Letter};
use serde::Serialize;

use crate::{
    locale::{Locale, t},
    pages::{Label, Text},
};

/// A letter, ready to be laid out. Its members are the templates' variables.
#[derive(Debug, Clone, Serialize)]
pub struct Sheet {
    /// What kind of letter it is, such as `new_sign_in`.
    pub kind: &'static str,
    /// The realm's name.
    pub organisation: Label,
    /// The name that the user signs in with.
    pub username: Label,
    /// The URL of the user's own pages.
    pub account: String,
    /// What it is about.
    pub subject: Text,
    /// What happened.
    pub lead: Text,
    /// The particulars.
    pub facts: Vec<Fact>,
    /// A code to be entered.
    pub code: Option<String>,
    /// Where to act.
    pub button: Option<Button>,
    /// What to do, and what not.
    pub after: Vec<Text>,
}

/// A particular.
#[derive(Debug, Clone, Serialize)]
pub struct Fact {
    /// What it is.
    pub label: Text,
    /// It.
    pub value: Label,
}

/// A link that is looked for.
#[derive(Debug, Clone, Serialize)]
pub struct Button {
    /// What it says.
    pub label: Text,
    /// Where it leads.
    pub href: String,
}

impl Sheet {
    /// A letter in a language.
    pub fn of(letter: &Letter, locale: Locale) -> Self {
        let username = Label::new(&letter.username);
        let mut sheet = Self {
            kind: letter.content.kind(),
            organisation: Label::new(&letter.organisation),
            account: letter.account.clone(),
            subject: "mail.waiting_request.subject".into(),
            lead: "mail.waiting_request.lead".into(),
            facts: vec![fact("mail.fact.username", username.clone())],
            code: None,
            button: None,
            after: Vec::new(),
            username,
        };
        sheet.tell(&letter.content, locale);
        sheet
    }

    fn tell(&mut self, content: &Content, locale: Locale) {
        match content {
            Content::NewSignIn { .. } => self.of_sign_in(content, locale),
            Content::WaitingRequest => {
                self.about("mail.waiting_request.subject", "mail.waiting_request.lead");
                self.button = Some(button(
                    "mail.waiting_request.button",
                    &format!("{}/requests", self.account),
                ));
                self.after = vec!["mail.waiting_request.if_not".into()];
            }
            Content::Code { code, minutes } => {
                self.about("mail.code.subject", "mail.code.lead");
                self.code = Some(code.clone());
                let valid = Text::key("mail.code.valid").with("count", minutes.to_string());
                self.after = vec![valid, self.named("mail.code.if_not")];
            }
            Content::VerifyAddress { code, minutes } => {
                self.about("mail.verify_address.subject", "mail.verify_address.lead");
                self.code = Some(code.clone());
                let valid = Text::key("mail.code.valid").with("count", minutes.to_string());
                self.after = vec![valid, "mail.verify_address.if_not".into()];
            }
            Content::FactorAdded { factor, when } => {
                self.about("mail.factor_added.subject", "mail.factor_added.lead");
                self.of_factor(locale, factor, *when);
            }
            Content::FactorRemoved { factor, when } => {
                self.about("mail.factor_removed.subject", "mail.factor_removed.lead");
                self.of_factor(locale, factor, *when);
            }
            Content::ConfirmFactor {
                factor,
                when,
                counts_from,
                link,
            } => {
                self.about("mail.confirm_factor.subject", "mail.confirm_factor.lead");
                self.of_factor(locale, factor, *when);
                self.button = Some(button("mail.confirm_factor.button", link));
                let from = Text::key("mail.confirm_factor.counts_from").with("when", moment(locale, *counts_from));
                self.after = vec![from, self.named("mail.confirm_factor.if_not")];
            }
            Content::PasskeyCopied { name, when } => {
                self.about("mail.passkey_copied.subject", "mail.passkey_copied.lead");
                let kind = locale.message("mail.factor.passkey").unwrap_or("?");
                self.facts
                    .push(fact("mail.fact.factor", Label::first_of(&[name, kind])));
                self.facts.push(fact("mail.fact.when", moment(locale, *when)));
                self.button = Some(button("mail.to_account", &self.account));
                self.after = vec!["mail.passkey_copied.remove".into(), self.named("mail.if_not_you")];
            }
            Content::ResetPassword { link, minutes } => {
                self.about("mail.reset_password.subject", "mail.reset_password.lead");
                self.button = Some(button("mail.reset_password.button", link));
                let valid = Text::key("mail.code.valid").with("count", minutes.to_string());
                self.after = vec![valid, self.named("mail.reset_password.if_not")];
            }
            Content::Invitation { link, until } => {
                self.about("mail.invitation.subject", "mail.invitation.lead");
                self.button = Some(button("mail.invitation.button", link));
                let until = Text::key("mail.invitation.until").with("when", moment(locale, *until));
                self.after = vec![until, self.named("mail.invitation.if_not")];
            }
            Content::PasswordChanged { when } => {
                self.about("mail.password_changed.subject", "mail.password_changed.lead");
                self.facts.push(fact("mail.fact.when", moment(locale, *when)));
                self.after = vec![self.named("mail.if_not_you")];
            }
        }
    }

    fn of_sign_in(&mut self, content: &Content, locale: Locale) {
        let Content::NewSignIn {
            when,
            address,
            browser,
            system,
            link,
        } = content
        else {
            return;
        };
        self.about("mail.new_sign_in.subject", "mail.new_sign_in.lead");
        let browser = browser_on(locale, browser.as_deref(), system.as_deref());
        let address = Label::first_of(&[address.as_deref().unwrap_or(""), unknown(locale)]);
        self.facts.extend([
            fact("mail.fact.when", moment(locale, *when)),
            fact("mail.fact.browser", browser),
            fact("mail.fact.address", address),
        ]);
        self.button = Some(button("mail.new_sign_in.button", link));
        self.after = vec!["mail.new_sign_in.if_you".into(), self.named("mail.new_sign_in.if_not")];
    }

    /// Which factor, and when. One without a message is called by its own name.
    fn of_factor(&mut self, locale: Locale, factor: &str, when: i64) {
        let name = locale.message(&format!("mail.factor.{factor}")).unwrap_or(factor);
        self.facts.push(fact("mail.fact.factor", Label::new(name)));
        self.facts.push(fact("mail.fact.when", moment(locale, when)));
        self.button = Some(button("mail.to_account", &self.account));
        self.after = vec![self.named("mail.if_not_you")];
    }

    fn about(&mut self, subject: &'static str, lead: &'static str) {
        self.subject = self.named(subject);
        self.lead = self.named(lead);
    }

    /// A message that may name the organisation.
    fn named(&self, key: &'static str) -> Text {
        Text::key(key).with("organisation", self.organisation.clone())
    }
}

fn fact(label: &'static str, value: Label) -> Fact {
    Fact {
        label: label.into(),
        value,
    }
}

fn button(label: &'static str, href: &str) -> Button {
    Button {
        label: label.into(),
        href: href.to_owned(),
    }
}

fn moment(locale: Locale, at: i64) -> Label {
    Label::new(&locale.date_time(at, 0))
}

fn unknown(locale: Locale) -> &'static str {
    locale.message("mail.unknown").unwrap_or("?")
}

fn browser_on(locale: Locale, browser: Option<&str>, system: Option<&str>) -> Label {
    match (browser, system) {
        (Some(browser), Some(system)) => Label::new(&t(
            locale,
            "account.browser_on",
            &[("browser", browser), ("system", system)],
        )),
        (one, other) => Label::new(one.or(other).unwrap_or(unknown(locale))),
    }
}
