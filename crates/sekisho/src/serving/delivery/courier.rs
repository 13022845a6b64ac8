//! Who delivers a call, by its kind.

use std::sync::Arc;

use realm::Realms;
use storage::outbox::OutboxItem;
use url::Url;

use super::{call, logout, mail::Mail, push};
use crate::serving::outgoing::Outgoing;

/// What is needed to deliver calls of every kind.
pub(super) struct Courier {
    /// None where no mail server is configured.
    pub mail: Option<Mail>,
    /// Whose keys sign what is delivered.
    pub realms: Arc<Realms>,
    /// For calls by HTTP.
    pub outgoing: Outgoing,
}

/// Why a call was not delivered, for the operator's eyes.
#[derive(Debug)]
pub(super) enum Undelivered {
    /// It may be another time.
    ForNow(String),
    /// It would not be another time either.
    Never(String),
}

impl Courier {
    /// Delivers a call.
    pub async fn deliver(&self, item: &OutboxItem) -> Result<(), Undelivered> {
        let for_now = |error: String| Err(Undelivered::ForNow(error));
        match (kind(item), &self.mail) {
            ("mail", Some(mail)) => mail.deliver(self.realms.wrap(), item).await,
            ("mail", None) => for_now("no mail server is configured: add [email] to sekisho.toml".to_owned()),
            ("logout", _) => logout::deliver(&self.realms, &self.outgoing, item).await,
            ("notification", _) => call::deliver(self.realms.wrap(), &self.outgoing, item).await,
            ("push", _) => push::deliver(&self.realms, &self.outgoing, item).await,
            // A newer node may know it.
            _ => for_now(format!("this version delivers no calls of the kind {:?}", item.kind)),
        }
    }
}

/// The kind, as metrics and logs name it: one of a few.
pub(super) fn kind(item: &OutboxItem) -> &'static str {
    ["mail", "logout", "notification", "push"]
        .into_iter()
        .find(|kind| item.kind == *kind)
        .unwrap_or("other")
}

/// Whom a call keeps busy: the one mail server, or a host with its port.
pub(super) fn destination(item: &OutboxItem) -> String {
    match kind(item) {
        "logout" | "notification" | "push" => Url::parse(&item.destination).map_or_else(
            |_| String::new(),
            |url| {
                let host = url.host_str().unwrap_or_default();
                format!("{host}:{}", url.port_or_known_default().unwrap_or_default())
            },
        ),
        kind => kind.to_owned(),
    }
}
