//! `sekisho policy`.

use std::{net::IpAddr, path::PathBuf};

use clap::{Args, Subcommand};

use super::super::moment::Moment;

#[derive(Debug, Subcommand)]
pub enum PolicyTask {
    /// What would have happened, by the rules of these files: to the sign-in that the flags describe, to those that a file
    /// describes, and to those that were recorded; exits 1 when something is not as a described one expects
    Test(Box<PolicyTest>),
}

#[derive(Debug, Args)]
pub struct PolicyTest {
    /// Realm files [default: those of the configuration]
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// A file with sign-ins: `[[sign_in]]` tables with user, client, from …
    #[arg(long, value_name = "FILE")]
    pub cases: Option<PathBuf>,
    /// Replays the sign-ins that were recorded, and tells which would end differently
    #[arg(long)]
    pub recorded: bool,
    /// Those since then: how long ago (12h, 7d), or a time in UTC
    #[arg(long, value_name = "TIME", value_parser = Moment::parse, default_value = "30d", requires = "recorded")]
    pub since: Moment,
    #[command(flatten)]
    pub sign_in: DescribedSignIn,
}

#[derive(Debug, Args)]
pub struct DescribedSignIn {
    /// The user: one of the file, or anybody
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// A group of the user, besides those of the file; may be repeated
    #[arg(long = "group", value_name = "NAME")]
    pub groups: Vec<String>,
    /// The app [default: the user's own pages]
    #[arg(long, value_name = "CLIENT_ID")]
    pub client: Option<String>,
    /// An API that is asked for; may be repeated
    #[arg(long = "api", value_name = "IDENTIFIER")]
    pub apis: Vec<String>,
    /// The address
    #[arg(long, value_name = "ADDRESS")]
    pub from: Option<IpAddr>,
    /// When: how long ago (12h), or a time in UTC (2026-11-26T10:00:00Z) [default: now]
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// On a device where the user has not used an app before
    #[arg(long)]
    pub new_device: bool,
    /// From a network where the user was not seen for 90 days
    #[arg(long)]
    pub new_network: bool,
    /// On a device with a certificate
    #[arg(long)]
    pub certificate: bool,
    /// After so many failures within a day
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub failures: i64,
}
