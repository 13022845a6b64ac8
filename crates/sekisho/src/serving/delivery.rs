//! Delivers what the server owes to others: mail, logout and notification calls.
//!
//! Calls are rows of the outbox ([`storage::outbox`]), so they survive a restart and any node may deliver them. A
//! destination that is slow or hostile holds up nobody else: it gets few places, and each attempt is limited in time.
//! Nothing of what is delivered, and no path or query of a URL, is written to the log.

mod call;
mod courier;
mod logout;
mod mail;
mod push;
mod worker;

use std::sync::Arc;

use realm::Realms;
use tokio::{sync::watch, task::JoinHandle};
use web::mail::Mails;

pub use self::mail::Keep;
use self::{courier::Courier, mail::Mail, worker::Worker};
use super::outgoing::Outgoing;
use crate::config::ServerConfig;

/// Starts to deliver; `keep` gets the mail where it does not leave. It ends when `stop` says so. What is being delivered then still has the time of one attempt.
///
/// Answers the task, to be waited for. What is wrong with the settings is said in the error.
pub fn start(
    realms: &Arc<Realms>,
    config: &ServerConfig,
    keep: Option<Keep>,
    outgoing: Outgoing,
    stop: &watch::Receiver<bool>,
) -> Result<JoinHandle<()>, String> {
    let mails = Mails::new(config.templates.as_deref()).map_err(|error| error.to_string())?;
    let mail = match (keep, &config.email) {
        (Some(keep), _) => Some(Mail::kept(mails, keep)),
        (None, Some(email)) => Some(Mail::by_smtp(mails, email, &config.outgoing.trust)?),
        (None, None) => None,
    };
    let courier = Courier {
        mail,
        realms: Arc::clone(realms),
        outgoing,
    };
    let worker = Worker::new(realms.store.clone(), realms.clock.clone(), courier);
    Ok(tokio::spawn(worker.run(stop.clone())))
}

#[cfg(test)]
mod tests;
