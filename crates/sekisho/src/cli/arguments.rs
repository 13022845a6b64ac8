//! What can be typed.

mod api;
mod audit;
mod client;
mod policy;
mod user;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use jose::SigningAlg;

pub(super) use self::{
    api::{ApiKeyTask, ApiTask, NewApi},
    audit::{Audit, Kinds},
    client::{ClientTask, NewClient, TokenTask},
    policy::{DescribedSignIn, PolicyTask, PolicyTest},
    user::UserTask,
};
use crate::config::parse_duration;

const EXAMPLES: &str = "\
Start here:
  sekisho demo                     a bank, its APIs, apps of every form and two users, on this machine
  sekisho init                     starter files for a server of your own, and a first API
  sekisho serve                    the server; without a configuration: SQLite in ./sekisho-data
  sekisho gateway --config FILE    only the gateway before the APIs, against a server elsewhere
  sekisho check sekisho.toml       every mistake of the files, with line and remedy
  sekisho plan realms/*.toml       what apply would change (exits 2 when there is something)
  sekisho apply realms/*.toml      makes it so
  sekisho doctor                   what is wrong or weak, worst first
  sekisho explain ID               why a request was refused, by the id that its answer said
  sekisho audit --since 1h         what happened
  sekisho policy test --user alice --from 198.51.100.7   what the rules of sign-ins would ask
  sekisho user add alice --email alice@example.com --password-stdin

Beside a running server a command goes through its control socket; otherwise it opens the database itself.";

/// Opens Web APIs safely: sign-in, consent, tokens and their checks by OAuth 2.0 and OpenID Connect
#[derive(Debug, Parser)]
#[command(name = "sekisho", version, after_help = EXAMPLES, disable_help_subcommand = true)]
pub(super) struct Arguments {
    /// The server's file [default: ./sekisho.toml if it is there]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Task,
}

#[derive(Debug, Subcommand)]
pub(super) enum Task {
    /// Everything on this machine: server, sample bank API, sample apps, seeded users
    Demo(Demo),
    /// Commented starter files for a server of your own and a first API; says what to do next
    Init(Init),
    /// The server
    Serve,
    /// Only the gateway before the APIs, against a server elsewhere
    Gateway,
    /// Every mistake of server and realm files, with line and remedy
    Check(Files),
    /// What apply would change; exits 2 when there is something
    Plan(Files),
    /// Makes the realms what the files say, in one transaction
    Apply(Files),
    /// What is wrong or weak in this deployment, worst first; exits 1 when something is serious
    Doctor,
    /// Why a request was refused: by the id in its answer; or what an error code or reason means
    Explain {
        /// The id of an error page or of the header Sekisho-Explain, an error code, or a reason [default: all reasons]
        #[arg(value_name = "ID")]
        what: Option<String>,
    },
    /// Every key of the files: docs/configuration.md
    #[command(hide = true)]
    Configuration,
    /// The realm as a file that apply accepts, secrets as hashes
    Export(InRealm),
    /// Users: list, show, add, disable, enable, set-password, invite, and what else they prove who they are with
    User {
        #[command(flatten)]
        realm: InRealm,
        #[command(subcommand)]
        task: UserTask,
    },
    /// Clients: list, show, add, disable, enable, remove, rotate-secret, token
    Client {
        #[command(flatten)]
        realm: InRealm,
        #[command(subcommand)]
        task: Box<ClientTask>,
    },
    /// APIs: list, show, add, remove, import, key
    Api {
        #[command(flatten)]
        realm: InRealm,
        #[command(subcommand)]
        task: Box<ApiTask>,
    },
    /// Signing keys: list, rotate
    Key {
        #[command(flatten)]
        realm: InRealm,
        #[command(subcommand)]
        task: KeyTask,
    },
    /// What users permitted: list, show, revoke
    Grant {
        #[command(flatten)]
        realm: InRealm,
        #[command(subcommand)]
        task: GrantTask,
    },
    /// Where users are signed in: list, end
    Session {
        #[command(flatten)]
        realm: InRealm,
        #[command(subcommand)]
        task: SessionTask,
    },
    /// Mail and calls to apps that are owed, and what became of them: list
    Outbox {
        #[command(flatten)]
        realm: InRealm,
        #[command(subcommand)]
        task: OutboxTask,
    },
    /// What happened: sign-ins, consents, tokens, refusals, administration
    Audit(Audit),
    /// Rules of sign-ins: test
    Policy {
        #[command(subcommand)]
        task: PolicyTask,
    },
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Demo {
    #[command(flatten)]
    pub port: DemoPort,
    /// Where the data stays [default: a temporary directory]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// How long access tokens last; shorter shows the apps renewing them sooner
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = duration)]
    pub access_token: i64,
    #[command(subcommand)]
    pub app: Option<DemoApp>,
}

#[derive(Debug, Args)]
pub(super) struct DemoPort {
    /// Landing page and issuer; the apps use the ports after it
    #[arg(long, value_name = "N", default_value_t = crate::demo::DEFAULT_PORT)]
    pub port: u16,
}

#[derive(Debug, Subcommand)]
pub(super) enum DemoApp {
    /// The command-line app, against a demo that runs already
    Cli(DemoCli),
}

#[derive(Debug, Args)]
pub(super) struct DemoCli {
    #[command(flatten)]
    pub port: DemoPort,
    /// Let a server of the app's keep the tokens; without it the program does
    #[arg(long)]
    pub server: bool,
}

#[derive(Debug, Args)]
pub(super) struct Init {
    /// Where users will sign in [default: this machine, port 8080]
    #[arg(long, value_name = "URL")]
    pub issuer: Option<String>,
    /// The public URL of the API to be protected [default: a neighbour of the issuer]
    #[arg(long, value_name = "URL")]
    pub api: Option<String>,
    /// Where the server keeps its data: /var/lib/sekisho for the service of the package [default: sekisho-data]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Files {
    /// The files [default: those of the configuration]
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct InRealm {
    /// The realm [default: the only one]
    #[arg(long, global = true, value_name = "ISSUER")]
    pub realm: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum KeyTask {
    /// All signing keys and where they are in their life
    List,
    /// Publishes next keys, which sign when every cache knows them
    Rotate {
        /// For this algorithm alone
        #[arg(long, value_parser = alg)]
        alg: Option<SigningAlg>,
        /// They sign at once: for a key that leaked
        #[arg(long)]
        now: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum GrantTask {
    /// What a user permits
    List {
        /// User name or subject identifier
        #[arg(long)]
        user: String,
    },
    /// One grant
    Show {
        /// Which
        id: String,
    },
    /// Takes it back: everything that came from it stops working, at once
    Revoke {
        /// Which
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum SessionTask {
    /// Where a user is signed in
    List {
        /// User name or subject identifier
        #[arg(long)]
        user: String,
    },
    /// Signs the user out there
    End {
        /// Which
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum OutboxTask {
    /// The newest first, with the last error
    List {
        /// pending, delivered or dead (given up)
        #[arg(long, value_name = "STATE", value_parser = ["pending", "delivered", "dead"])]
        state: Option<String>,
        /// How many at most
        #[arg(long, value_name = "N", default_value_t = 200)]
        limit: i64,
    },
}

fn alg(text: &str) -> Result<SigningAlg, String> {
    SigningAlg::parse(text).ok_or_else(|| format!("use one of: {}", SigningAlg::ALL.map(SigningAlg::as_str).join(", ")))
}

fn duration(text: &str) -> Result<i64, String> {
    parse_duration(text).ok_or_else(|| "write a number and a unit: 60s, 10m, 12h or 30d".to_owned())
}
