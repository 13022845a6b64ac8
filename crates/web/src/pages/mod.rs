//! The pages that people see. Each is a template, filled from a plain view; all work without JavaScript.
//!
//! A view says what is shown, its template how. [`Pages`] holds the templates, those built in and those that the
//! operator put in their place. What others named (apps, users, browsers) is a [`Label`] or an [`Href`] in a view, so
//! that a hostile name stays harmless in any template.
//!
//! Variables of every template: `lang`, `css`, `mark`, `script`, and the members of its view.

mod account;
mod by_mail;
mod certificate;
mod change_password;
mod consent;
pub mod csp;
mod detail;
mod device;
pub(crate) mod engine;
mod enrolment;
mod error;
mod factor;
mod form_post;
mod html;
mod message;
mod not_let_in;
mod not_me;
mod overrides;
mod passkey;
mod realm_view;
mod requests;
mod sample;
mod select_account;
mod sign_in;
mod sign_up;
mod signed_out;
#[cfg(test)]
mod tests;
mod text;

pub use account::{Account, DeviceView, EmailView, GrantView, SessionView};
pub use by_mail::{AskByMail, EnterMailCode, Invited, MailKind, SetPassword};
pub use certificate::{EnrolCertificate, FactorCertificate};
pub use change_password::ChangePassword;
pub use consent::{ApiView, ClaimView, Consent, ScopeView, WaitingView};
pub use detail::DetailView;
pub use device::Device;
pub use enrolment::{AuthenticatorPage, ConfirmEnrolment, EnrolTotp, FactorState, FactorView, RecoveryCodes};
pub use error::{ErrorKind, ErrorPage};
pub use factor::{EnrolFirst, Factor, FactorEmailCode, Lack};
pub use form_post::FormPost;
pub use message::{Message, SignOut};
pub use not_let_in::NotLetIn;
pub use not_me::NotMePage;
pub use overrides::OverrideError;
pub use passkey::{EnrolPasskey, FactorPasskey, PasskeyForm};
pub use realm_view::{ClientLink, ClientView, LanguageLink, RealmView};
pub use requests::Requests;
pub use select_account::SelectAccount;
pub use sign_in::SignIn;
pub use sign_up::{FieldError, SignUp};
pub use signed_out::{FrameView, NextView, SignedOut};
pub use text::{Href, Label, Link, Text};

use std::path::Path;

use minijinja::{Environment, Value, context, value::Serde};
use serde::Serialize;

use crate::{assets, locale::Locale};

/// The built-in templates, by file name.
const TEMPLATES: [(&str, &str); 35] = [
    ("layout.html", include_str!("../templates/layout.html")),
    ("client_tile.html", include_str!("../templates/client_tile.html")),
    ("client_links.html", include_str!("../templates/client_links.html")),
    ("sign_in.html", include_str!("../templates/sign_in.html")),
    ("ask_by_mail.html", include_str!("../templates/ask_by_mail.html")),
    (
        "enter_mail_code.html",
        include_str!("../templates/enter_mail_code.html"),
    ),
    ("invited.html", include_str!("../templates/invited.html")),
    ("set_password.html", include_str!("../templates/set_password.html")),
    (
        "factor_email_code.html",
        include_str!("../templates/factor_email_code.html"),
    ),
    ("factor_page.html", include_str!("../templates/factor_page.html")),
    ("factor.html", include_str!("../templates/factor.html")),
    (
        "factor_certificate.html",
        include_str!("../templates/factor_certificate.html"),
    ),
    ("enrol_passkey.html", include_str!("../templates/enrol_passkey.html")),
    (
        "enrol_certificate.html",
        include_str!("../templates/enrol_certificate.html"),
    ),
    ("factor_passkey.html", include_str!("../templates/factor_passkey.html")),
    ("passkey_form.html", include_str!("../templates/passkey_form.html")),
    ("not_let_in.html", include_str!("../templates/not_let_in.html")),
    ("enrol_first.html", include_str!("../templates/enrol_first.html")),
    ("select_account.html", include_str!("../templates/select_account.html")),
    ("sign_up.html", include_str!("../templates/sign_up.html")),
    ("consent.html", include_str!("../templates/consent.html")),
    ("enrol_totp.html", include_str!("../templates/enrol_totp.html")),
    ("recovery_codes.html", include_str!("../templates/recovery_codes.html")),
    ("authenticator.html", include_str!("../templates/authenticator.html")),
    (
        "confirm_enrolment.html",
        include_str!("../templates/confirm_enrolment.html"),
    ),
    ("device.html", include_str!("../templates/device.html")),
    ("account.html", include_str!("../templates/account.html")),
    (
        "change_password.html",
        include_str!("../templates/change_password.html"),
    ),
    ("not_me.html", include_str!("../templates/not_me.html")),
    ("requests.html", include_str!("../templates/requests.html")),
    ("sign_out.html", include_str!("../templates/sign_out.html")),
    ("signed_out.html", include_str!("../templates/signed_out.html")),
    ("message.html", include_str!("../templates/message.html")),
    ("error.html", include_str!("../templates/error.html")),
    ("form_post.html", include_str!("../templates/form_post.html")),
];

/// What a page shows. Its members are the template's variables.
pub trait View: Serialize {
    /// The template's file name.
    const TEMPLATE: &'static str;
    /// The one script that may run on the page, an asset.
    const SCRIPT: Option<&'static str> = None;

    /// The script that runs on this very page.
    fn script(&self) -> Option<&'static str> {
        Self::SCRIPT
    }

    /// The realm whose page it is.
    fn realm(&self) -> Option<&RealmView>;

    /// A picture of somebody else on the page, which its policy lets in.
    fn picture(&self) -> Option<&Href> {
        None
    }

    /// The ids that the page must have: users' automation relies on them, whatever the template.
    fn hooks(&self) -> Vec<String>;
}

/// Why a page could not be rendered.
#[derive(Debug, thiserror::Error)]
#[error("page {template} cannot be rendered: {source:#}")]
pub struct RenderError {
    template: &'static str,
    source: minijinja::Error,
}

/// The templates, ready to render.
#[derive(Debug)]
pub struct Pages {
    built_in: Templates,
    overridden: Option<Templates>,
}

impl Pages {
    /// The built-in templates, and in their place those of the same name in the directory `overrides`. Each of these
    /// is tried out with sample data.
    ///
    /// # Errors
    /// A directory or file that cannot be read, a file that is no template's, a template that is broken, holds
    /// scripts or styles, or lacks a hook.
    pub fn new(overrides: Option<&Path>) -> Result<Self, OverrideError> {
        let built_in = Templates::new(&[]).map_err(|(name, source)| OverrideError::broken(name, source))?;
        let overridden = overrides.map(overrides::load).transpose()?.flatten();
        Ok(Self { built_in, overridden })
    }

    /// The page as HTML.
    ///
    /// An overridden template that fails on real data is reported and the built-in one is used: a user is not to be
    /// stopped by it.
    pub fn render<V: View>(&self, locale: Locale, view: &V) -> Result<String, RenderError> {
        let sheet = Sheet::of(view);
        if let Some(overridden) = &self.overridden {
            match overridden.render(locale, &sheet) {
                Ok(page) => return Ok(page),
                Err(error) => tracing::error!(%error, "an overridden template failed; the built-in one is used"),
            }
        }
        self.built_in.render(locale, &sheet)
    }
}

/// One set of templates, in every language.
#[derive(Debug)]
struct Templates {
    en: Environment<'static>,
    ja: Environment<'static>,
}

impl Templates {
    /// The built-in templates with these in the place of those of the same name; the name of the broken one otherwise.
    fn new(instead: &[(String, String)]) -> Result<Self, (String, minijinja::Error)> {
        let build = |locale| {
            let mut engine = engine::engine(locale);
            for (name, built_in) in TEMPLATES {
                let source = instead
                    .iter()
                    .find(|(instead, _)| instead == name)
                    .map_or(built_in, |(_, source)| source);
                engine
                    .add_template_owned(name, source.to_owned())
                    .map_err(|error| (name.to_owned(), error))?;
            }
            Ok(engine)
        };
        Ok(Self {
            en: build(Locale::En)?,
            ja: build(Locale::Ja)?,
        })
    }

    fn render(&self, locale: Locale, sheet: &Sheet) -> Result<String, RenderError> {
        let engine = match locale {
            Locale::En => &self.en,
            Locale::Ja => &self.ja,
        };
        let base_path = sheet.base_path.as_str();
        let script = sheet.script.map_or_else(String::new, |name| {
            format!("<script src=\"{}\" defer></script>", assets::url(base_path, name))
        });
        let common = context! {
            lang => locale.tag(),
            css => assets::url(base_path, "sekisho.css"),
            mark => assets::url(base_path, "mark.svg"),
            script => Value::from_safe_string(script),
        };
        engine
            .get_template(sheet.template)
            .and_then(|template| template.render(context! { ..common, ..sheet.variables.clone() }))
            .map_err(|source| RenderError {
                template: sheet.template,
                source,
            })
    }
}

/// A view that was taken out of its type.
#[derive(Debug)]
pub(crate) struct Sheet {
    template: &'static str,
    script: Option<&'static str>,
    base_path: String,
    variables: Value,
    hooks: Vec<String>,
}

impl Sheet {
    fn of<V: View>(view: &V) -> Self {
        Self {
            template: V::TEMPLATE,
            script: view.script(),
            base_path: view.realm().map_or_else(String::new, |realm| realm.base_path.clone()),
            variables: Value::from(Serde(view)),
            hooks: view.hooks(),
        }
    }
}
