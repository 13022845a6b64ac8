//! `sekisho audit`.

use clap::Args;
use model::{AuditKind, AuditResult};

use super::{super::moment::Moment, InRealm};

#[derive(Debug, Args)]
pub struct Audit {
    #[command(flatten)]
    pub realm: InRealm,
    /// From then on: how long ago (30m, 12h, 7d), or a time in UTC (2026-11-26T10:00:00Z)
    #[arg(long, value_name = "TIME", value_parser = Moment::parse)]
    pub since: Option<Moment>,
    /// Until then
    #[arg(long, value_name = "TIME", value_parser = Moment::parse)]
    pub until: Option<Moment>,
    /// Of this user: name or subject identifier
    #[arg(long, value_name = "USER")]
    pub user: Option<String>,
    /// Of this client
    #[arg(long, value_name = "CLIENT_ID")]
    pub client: Option<String>,
    #[expect(clippy::doc_markdown, reason = "the text is shown to people as it is")]
    /// Of this kind: sign_in.failed, or sign_in.* for all that begin so; may be repeated
    #[arg(long = "kind", value_name = "KIND", value_parser = event_kinds)]
    pub kinds: Vec<Kinds>,
    /// That ended so: succeeded, refused or failed
    #[arg(long, value_name = "RESULT", value_parser = audit_result)]
    pub result: Option<AuditResult>,
    /// The newest, how many at most
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..=1000))]
    pub limit: i64,
    /// Goes on with what happens from now on
    #[arg(long, conflicts_with = "until")]
    pub follow: bool,
}

/// The kinds that a pattern names.
#[derive(Debug, Clone)]
pub struct Kinds(pub Vec<AuditKind>);

fn event_kinds(pattern: &str) -> Result<Kinds, String> {
    let kinds: Vec<AuditKind> = AuditKind::matching(pattern).collect();
    if !kinds.is_empty() {
        return Ok(Kinds(kinds));
    }
    let mut groups: Vec<&str> = AuditKind::ALL
        .iter()
        .filter_map(|kind| kind.as_str().split('.').next())
        .collect();
    groups.dedup();
    let near = groups.iter().find(|group| pattern.starts_with(**group));
    Err(match near {
        Some(group) => {
            let known: Vec<&str> = AuditKind::matching(&format!("{group}.*"))
                .map(AuditKind::as_str)
                .collect();
            format!("use {group}.* or one of: {}", known.join(", "))
        }
        None => format!("use one of: {}.*", groups.join(".*, ")),
    })
}

fn audit_result(text: &str) -> Result<AuditResult, String> {
    AuditResult::parse(text)
        .ok_or_else(|| format!("use one of: {}", AuditResult::ALL.map(AuditResult::as_str).join(", ")))
}
