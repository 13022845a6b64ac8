//! Mail: written when it is sent, and sent by SMTP; the demo's is kept instead.
//!
//! Spec: RFC 5321, RFC 3207 (STARTTLS), RFC 8314 §3.3 (implicit TLS), RFC 3834 §5 (`Auto-Submitted`),
//! RFC 2046 §5.1.4 (`multipart/alternative`)
//!
//! `smtps://` is TLS from the start. `smtp://` must be turned into TLS by STARTTLS, except where the server is on this
//! machine: there it is used if offered, whatever its certificate, since plain text would do as well. A user name and
//! password may be part of the URL.

use std::{fs, net::IpAddr, path::PathBuf, sync::Arc, time::Duration};

use authn::notice::Letter;
use jose::WrapKey;
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
    transport::smtp::{
        authentication::Credentials,
        client::{Certificate, Tls, TlsParameters, TlsParametersBuilder, TlsVersion},
    },
};
use percent_encoding::percent_decode_str;
use rustls::pki_types::{CertificateDer, pem::PemObject};
use storage::outbox::OutboxItem;
use web::mail::{Mails, Written};

use super::courier::Undelivered;
use crate::config::Email;

/// How long the server may take to answer one command.
const PATIENCE: Duration = Duration::from_secs(10);

/// Who keeps mail in the place of a mail server: to whom it is, and what it says.
pub type Keep = Arc<dyn Fn(&str, Written) + Send + Sync>;

/// Writes and sends mail.
pub(super) struct Mail {
    mails: Mails,
    way: Way,
}

/// How mail leaves.
enum Way {
    Smtp(Box<AsyncSmtpTransport<Tokio1Executor>>, Mailbox),
    Kept(Keep),
}

impl Mail {
    /// `trust` are PEM files of extra roots. Nothing is connected yet.
    pub fn by_smtp(mails: Mails, email: &Email, trust: &[PathBuf]) -> Result<Self, String> {
        let from = email.from.parse().map_err(|error| format!("[email] from: {error}"))?;
        let host = email.smtp.host_str().ok_or("[email] smtp: the URL names no host")?;
        // Brackets are how URLs write IPv6 addresses; neither sockets nor certificates know them.
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let parameters = || tls_parameters(host, trust);
        let (port, tls) = match (email.smtp.scheme(), is_loopback(host)) {
            ("smtps", _) => (465, Tls::Wrapper(build(parameters()?)?)),
            ("smtp", true) => (
                25,
                Tls::Opportunistic(build(parameters()?.dangerous_accept_invalid_certs(true))?),
            ),
            ("smtp", false) => (587, Tls::Required(build(parameters()?)?)),
            _ => return Err("[email] smtp: the URL begins with neither smtp:// nor smtps://".to_owned()),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(email.smtp.port().unwrap_or(port))
            .tls(tls)
            .timeout(Some(PATIENCE));
        if !email.smtp.username().is_empty() {
            let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
            let password = email.smtp.password().unwrap_or_default();
            builder = builder.credentials(Credentials::new(decode(email.smtp.username()), decode(password)));
        }
        let way = Way::Smtp(Box::new(builder.build()), from);
        Ok(Self { mails, way })
    }

    /// Nothing leaves: `keep` gets it.
    pub fn kept(mails: Mails, keep: Keep) -> Self {
        let way = Way::Kept(keep);
        Self { mails, way }
    }

    /// Writes and sends one mail, or says for the operator's eyes why not.
    pub async fn deliver(&self, wrap: &WrapKey, item: &OutboxItem) -> Result<(), Undelivered> {
        let letter = Letter::unwrap(wrap, &item.realm, &item.id, &item.payload)
            .ok_or_else(|| Undelivered::Never("the payload is damaged".to_owned()))?;
        let written = self
            .mails
            .write(&letter)
            .map_err(|error| Undelivered::ForNow(format!("the mail cannot be written: {error:#}")))?;
        match &self.way {
            Way::Kept(keep) => keep(&letter.to, written),
            Way::Smtp(transport, from) => {
                let message = message(from, &item.id, &letter.to, written).map_err(Undelivered::ForNow)?;
                let sent = transport.send(message).await;
                sent.map_err(|error| Undelivered::ForNow(causes(&error)))?;
            }
        }
        Ok(())
    }
}

/// The same call is the same message: a mail system that gets it twice can tell by its id.
fn message(from: &Mailbox, id: &str, to: &str, written: Written) -> Result<Message, String> {
    const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");
    let to = to
        .parse()
        .map_err(|error| format!("the recipient is not a mail address: {error}"))?;
    let subject: String = written
        .subject
        .chars()
        .filter(|character| !character.is_control())
        .collect();
    Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to))
        .subject(subject)
        .message_id(Some(format!("<{id}@{}>", from.email.domain())))
        .raw_header(HeaderValue::new(AUTO_SUBMITTED, "auto-generated".to_owned()))
        .multipart(MultiPart::alternative_plain_html(written.text, written.html))
        .map_err(|error| format!("the mail cannot be written: {error}"))
}

/// TLS 1.2 or later, and the extra roots.
fn tls_parameters(host: &str, trust: &[PathBuf]) -> Result<TlsParametersBuilder, String> {
    let mut builder = TlsParametersBuilder::new(host.to_owned()).set_min_tls_version(TlsVersion::Tlsv12);
    for path in trust {
        let problem = |error: String| format!("{}: {error}", path.display());
        let pem = fs::read(path).map_err(|error| problem(error.to_string()))?;
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            let der = certificate.map_err(|error| problem(error.to_string()))?.to_vec();
            builder =
                builder.add_root_certificate(Certificate::from_der(der).map_err(|error| problem(causes(&error)))?);
        }
    }
    Ok(builder)
}

fn build(parameters: TlsParametersBuilder) -> Result<TlsParameters, String> {
    parameters
        .build()
        .map_err(|error| format!("[email]: TLS cannot be set up: {}", causes(&error)))
}

/// Whether mail to this host stays on this machine (RFC 6761 §6.3 for the name).
fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.to_canonical().is_loopback())
}

/// An error's text with those of its causes that it does not quote.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(current) = cause {
        let more = current.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = current.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROM: &str = "Example Bank <no-reply@example.com>";

    fn mail(smtp: &str) -> Result<Mail, String> {
        let email = Email {
            smtp: smtp.parse().unwrap(),
            from: FROM.to_owned(),
        };
        Mail::by_smtp(Mails::new(None).unwrap(), &email, &[])
    }

    fn written(to: &str, subject: &str, text: &str) -> Result<String, String> {
        let written = Written {
            subject: subject.into(),
            text: text.into(),
            html: "<p>The same</p>".into(),
        };
        let message = message(&FROM.parse().unwrap(), "id1", to, written)?;
        Ok(String::from_utf8(message.formatted()).unwrap())
    }

    #[test]
    fn mail_names_its_sender_and_recipient_and_that_a_program_wrote_it() {
        let message = written("alice@example.com", "Hello", "Line 1\nLine 2\n").unwrap();
        for line in [
            "From: \"Example Bank\" <no-reply@example.com>\r\n",
            "To: alice@example.com\r\n",
            "Subject: Hello\r\n",
            "Message-ID: <id1@example.com>\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "Content-Type: multipart/alternative;",
            "Content-Type: text/plain; charset=utf-8\r\n",
            "\r\n\r\nLine 1\r\nLine 2\r\n",
            "Content-Type: text/html; charset=utf-8\r\n",
            "<p>The same</p>",
        ] {
            assert!(message.contains(line), "{line:?} in {message:?}");
        }
    }

    #[test]
    fn nobody_adds_a_recipient_or_a_header() {
        let message = written("alice@example.com", "Hello\r\nBcc: eve@example.com", "x").unwrap();
        assert!(!message.contains("\nBcc"), "{message}");
        for to in [
            "alice@example.com\r\nBcc: eve@example.com",
            "alice@example.com, eve@example.com",
            "",
            "alice",
        ] {
            assert!(written(to, "Hello", "x").is_err(), "{to}");
        }
    }

    #[test]
    fn only_this_machine_may_be_spoken_to_in_clear() {
        for local in [
            "localhost",
            "LOCALHOST",
            "127.0.0.1",
            "127.1.2.3",
            "::1",
            "::ffff:127.0.0.1",
        ] {
            assert!(is_loopback(local), "{local}");
        }
        for other in ["mail.example.com", "localhost.example.com", "10.0.0.1", "::", "0.0.0.0"] {
            assert!(!is_loopback(other), "{other}");
        }
    }

    #[test]
    fn settings_that_cannot_work_are_named() {
        for smtp in [
            "smtp://localhost:1025",
            "smtps://user:p%40ss@mail.example.com",
            "smtp://[::1]:1025",
        ] {
            assert!(mail(smtp).is_ok(), "{smtp}");
        }
        assert!(mail("http://mail.example.com").err().unwrap().contains("smtp://"));
        let email = Email {
            smtp: "smtp://localhost".parse().unwrap(),
            from: "nobody".into(),
        };
        let mails = Mails::new(None).unwrap();
        assert!(Mail::by_smtp(mails, &email, &[]).err().unwrap().contains("from"));
    }
}
