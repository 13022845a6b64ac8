//! Who delivers a call, by its kind.

use storage::outbox::OutboxItem;
use url::Url;

use super::{call, mail::Mail};
use crate::serving::outgoing::Outgoing;

/// What is needed to deliver calls of every kind.
pub(super) struct Courier {
    /// None where no mail server is configured.
    pub mail: Option<Mail>,
    /// For calls by HTTP.
    pub outgoing: Outgoing,
}

impl Courier {
    /// Delivers a call, or says for the operator's eyes why not.
    pub async fn deliver(&self, item: &OutboxItem) -> Result<(), String> {
        match (kind(item), &self.mail) {
            ("mail", Some(mail)) => mail.deliver(item).await,
            ("mail", None) => Err("no mail server is configured: add [email] to sekisho.toml".to_owned()),
            ("logout" | "notification", _) => call::deliver(&self.outgoing, item).await,
            _ => Err(format!("this version delivers no calls of the kind {:?}", item.kind)),
        }
    }
}

/// The kind, as metrics and logs name it: one of a few.
pub(super) fn kind(item: &OutboxItem) -> &'static str {
    ["mail", "logout", "notification"]
        .into_iter()
        .find(|kind| item.kind == *kind)
        .unwrap_or("other")
}

/// Whom a call keeps busy: the one mail server, or a host with its port.
pub(super) fn destination(item: &OutboxItem) -> String {
    match kind(item) {
        "logout" | "notification" => Url::parse(&item.destination).map_or_else(
            |_| String::new(),
            |url| {
                let host = url.host_str().unwrap_or_default();
                format!("{host}:{}", url.port_or_known_default().unwrap_or_default())
            },
        ),
        kind => kind.to_owned(),
    }
}
