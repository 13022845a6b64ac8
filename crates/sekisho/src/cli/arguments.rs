//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use jose::SigningAlg;
use model::{AuditKind, AuditResult, Secret, TokenFormat};
use protocol::{Acr, GrantType, TokenEndpointAuthMethod};

use super::moment::Moment;
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
  sekisho user add alice --email alice@example.com --password-stdin

Beside a running server a command goes through its control socket; otherwise it opens the database itself.";

const GRANT_TYPES: &str =
    "May be repeated [default: authorization_code and refresh_token with a redirect URI, else client_credentials]";
const AUTH_METHODS: &str = "client_secret_basic, client_secret_post or none [default: client_secret_basic]";

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
    /// Users: list, show, add, disable, enable, set-password, and what else they prove who they are with
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
pub(super) enum UserTask {
    /// By name
    List {
        /// Those behind this name
        #[arg(long, value_name = "NAME", default_value = "")]
        after: String,
        /// How many at most
        #[arg(long, value_name = "N", default_value_t = 200)]
        limit: i64,
    },
    /// One user
    Show {
        /// User name or subject identifier
        user: String,
    },
    /// A new user
    Add {
        /// The name to sign in with
        username: String,
        /// The whole name
        #[arg(long)]
        name: Option<String>,
        #[arg(long, hide = true)]
        given_name: Option<String>,
        #[arg(long, hide = true)]
        family_name: Option<String>,
        /// The e-mail address
        #[arg(long)]
        email: Option<String>,
        /// The address is known to be theirs
        #[arg(long, requires = "email")]
        email_verified: bool,
        /// A group; may be repeated
        #[arg(long = "group", value_name = "NAME")]
        groups: Vec<String>,
        /// Read the password from standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// Nothing that acts for the user works any more, at once
    Disable {
        /// User name or subject identifier
        user: String,
    },
    /// Undoes disable
    Enable {
        /// User name or subject identifier
        user: String,
    },
    /// Reads a new password from standard input
    SetPassword {
        /// User name or subject identifier
        user: String,
    },
    /// What the user proves who they are with, besides the password
    Authenticators {
        /// User name or subject identifier
        user: String,
    },
    /// A code token (RFC 4226) for the user; reads its secret, in base32, from standard input
    AddToken {
        /// User name or subject identifier
        user: String,
        /// How many digits it shows
        #[arg(long, value_name = "N", default_value_t = 6)]
        digits: u32,
        /// The counter of the code that it shows next
        #[arg(long, value_name = "N", default_value_t = 0)]
        counter: u32,
        /// What to call it, such as its serial number
        #[arg(long, default_value = "")]
        name: String,
    },
    /// What the user enrolled counts from now on
    Approve {
        /// User name or subject identifier
        user: String,
        /// Which, see authenticators
        id: String,
    },
    /// For who lost a device
    RemoveAuthenticator {
        /// User name or subject identifier
        user: String,
        /// Which, see authenticators
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum ClientTask {
    /// All clients
    List,
    /// One client
    Show {
        /// Which
        client_id: String,
    },
    /// A new client; prints its secret, once
    Add(Box<NewClient>),
    /// It gets nothing, and its tokens are worth nothing, at once
    Disable {
        /// Which
        client_id: String,
    },
    /// Undoes disable
    Enable {
        /// Which
        client_id: String,
    },
    /// Forgets it, and ends what it was granted
    Remove {
        /// Which
        client_id: String,
    },
    /// A new secret, printed once; the old one stops working
    RotateSecret {
        /// Which
        client_id: String,
    },
    /// Initial access tokens, with which apps register themselves: list, add, revoke
    Token {
        #[command(subcommand)]
        task: TokenTask,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum TokenTask {
    /// All that are kept
    List,
    /// A new token; prints it, once
    Add {
        /// How many clients it can register
        #[arg(long, value_name = "N", default_value_t = 1)]
        uses: i64,
        /// How long it is good, as 12h or 30d
        #[arg(long = "for", value_name = "DURATION", default_value = "7d", value_parser = duration)]
        lifetime: i64,
        /// For whom it is, or what for
        #[arg(long, value_name = "TEXT", default_value = "")]
        note: String,
        /// The scopes of APIs that clients may register with it, in one text [default: none]
        #[arg(long, value_name = "SCOPES")]
        scope: Option<String>,
    },
    /// It registers nobody any more; clients that it has registered stay
    Revoke {
        /// Which
        id: String,
    },
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(super) struct NewClient {
    /// Its identifier
    pub client_id: String,
    /// The name that users see
    #[arg(long)]
    pub name: Option<String>,
    /// Where the browser may come back; may be repeated
    #[arg(long = "redirect-uri", value_name = "URI")]
    pub redirect_uris: Vec<String>,
    #[arg(long = "grant-type", value_name = "TYPE", value_parser = grant_type, help = GRANT_TYPES)]
    pub grant_types: Vec<GrantType>,
    #[arg(long, value_name = "METHOD", value_parser = auth_method, conflicts_with = "public", help = AUTH_METHODS)]
    pub auth_method: Option<TokenEndpointAuthMethod>,
    /// Where its public keys are
    #[arg(long, value_name = "URL", conflicts_with = "jwks")]
    pub jwks_uri: Option<String>,
    /// A JSON file with its public keys
    #[arg(long, value_name = "FILE")]
    pub jwks: Option<PathBuf>,
    /// With `tls_client_auth`, one of these: the subject of its certificate, by RFC 4514 (CN=app,O=Example,C=JP)
    #[arg(long, value_name = "NAME", group = "certificate")]
    pub subject_dn: Option<String>,
    /// A host name in its certificate
    #[arg(long, value_name = "HOST", group = "certificate")]
    pub san_dns: Option<String>,
    /// A URI in its certificate
    #[arg(long, value_name = "URI", group = "certificate")]
    pub san_uri: Option<String>,
    /// An IP address in its certificate
    #[arg(long, value_name = "ADDRESS", group = "certificate")]
    pub san_ip: Option<String>,
    /// A mail address in its certificate
    #[arg(long, value_name = "ADDRESS", group = "certificate")]
    pub san_email: Option<String>,
    /// Its access tokens are bound to its certificate
    #[arg(long)]
    pub certificate_bound: bool,
    /// It cannot keep a secret: the same as --auth-method none
    #[arg(long)]
    pub public: bool,
    /// It runs on the user's device
    #[arg(long)]
    pub native: bool,
    /// The most that it may ask for, in one text [default: the scopes of OpenID Connect]
    #[arg(long, value_name = "SCOPES")]
    pub scope: Option<String>,
    /// The security profile that it follows [default: the realm's]
    #[arg(long)]
    pub profile: Option<String>,
    /// Who answers for it
    #[arg(long)]
    pub owner: Option<String>,
    /// The organisation's own: consent is not asked
    #[arg(long)]
    pub first_party: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum ApiTask {
    /// All APIs
    List,
    /// One API
    Show {
        /// Its identifier
        identifier: String,
    },
    /// A new API
    Add(NewApi),
    /// Forgets it, with its keys
    Remove {
        /// Its identifier
        identifier: String,
    },
    /// Prints the [[api]] that an OpenAPI document describes, with its scopes and rules, to be reviewed
    Import {
        /// The document, in YAML or JSON
        file: PathBuf,
        /// The public URL of the API
        #[arg(long, value_name = "URL")]
        identifier: String,
    },
    /// Keys with which clients call it without a token: list, show, add, rotate, revoke
    Key {
        #[command(subcommand)]
        task: ApiKeyTask,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum ApiKeyTask {
    /// All keys, also those that ended in the last 30 days
    List {
        /// For this API alone
        #[arg(long, value_name = "IDENTIFIER")]
        api: Option<String>,
        /// Of this client alone
        #[arg(long, value_name = "CLIENT_ID")]
        client: Option<String>,
    },
    /// One key
    Show {
        /// Its id, or the key itself
        #[arg(value_name = "ID", value_parser = secret)]
        key: Secret,
    },
    /// A new key; prints it, once
    Add {
        /// The identifier of the API that it opens
        #[arg(value_name = "IDENTIFIER")]
        api: String,
        /// The client that it belongs to
        #[arg(long, value_name = "CLIENT_ID")]
        client: String,
        /// What it permits, in one text [default: all that the client is registered for there]
        #[arg(long, value_name = "SCOPES")]
        scope: Option<String>,
        /// What you call it
        #[arg(long, value_name = "TEXT", default_value = "")]
        name: String,
        /// How long it is good, as 90d or 365d
        #[arg(long = "for", value_name = "DURATION", default_value = "365d", value_parser = duration)]
        lifetime: i64,
    },
    /// A successor with the same rights, printed once; the old key goes on for a while
    Rotate {
        /// Its id, or the key itself
        #[arg(value_name = "ID", value_parser = secret)]
        key: Secret,
        /// How long the old key goes on
        #[arg(long, value_name = "DURATION", default_value = "7d", value_parser = duration)]
        overlap: i64,
        /// How long the new one is good [default: as long as the old one was to be]
        #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
        lifetime: Option<i64>,
    },
    /// It opens nothing any more, at once
    Revoke {
        /// Its id, or the key itself
        #[arg(value_name = "ID", value_parser = secret)]
        key: Secret,
    },
}

#[derive(Debug, Args)]
pub(super) struct NewApi {
    /// Its public URL
    pub identifier: String,
    /// The name that users see
    #[arg(long)]
    pub name: Option<String>,
    /// A scope and what it permits, in the user's words; may be repeated
    #[arg(long = "scope", value_name = "NAME=TEXT")]
    pub scopes: Vec<String>,
    /// opaque or jwt
    #[arg(long, value_name = "FORMAT", default_value = "opaque", value_parser = token_format)]
    pub token_format: TokenFormat,
    /// The algorithm of its JWTs
    #[arg(long, value_name = "ALG", value_parser = alg)]
    pub signing_alg: Option<SigningAlg>,
    /// The least profile that its clients must follow
    #[arg(long)]
    pub profile: Option<String>,
    /// The least level of assurance: loa1 to loa4
    #[arg(long, value_name = "LEVEL", value_parser = acr)]
    pub acr: Option<Acr>,
    /// A client that may introspect its tokens; may be repeated
    #[arg(long = "introspection", value_name = "CLIENT_ID")]
    pub introspection: Vec<String>,
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

#[derive(Debug, Args)]
pub(super) struct Audit {
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
pub(super) struct Kinds(pub Vec<AuditKind>);

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

fn grant_type(text: &str) -> Result<GrantType, String> {
    let known: Vec<_> = GrantType::ALL.iter().map(|known| known.as_str()).collect();
    GrantType::parse(text).ok_or_else(|| format!("use one of: {}", known.join(", ")))
}

fn auth_method(text: &str) -> Result<TokenEndpointAuthMethod, String> {
    let known: Vec<_> = TokenEndpointAuthMethod::ALL
        .iter()
        .map(|known| known.as_str())
        .collect();
    TokenEndpointAuthMethod::parse(text).ok_or_else(|| format!("use one of: {}", known.join(", ")))
}

fn alg(text: &str) -> Result<SigningAlg, String> {
    SigningAlg::parse(text).ok_or_else(|| format!("use one of: {}", SigningAlg::ALL.map(SigningAlg::as_str).join(", ")))
}

fn acr(text: &str) -> Result<Acr, String> {
    Acr::parse(text).ok_or_else(|| "use loa1, loa2, loa3 or loa4".to_owned())
}

fn duration(text: &str) -> Result<i64, String> {
    parse_duration(text).ok_or_else(|| "write a number and a unit: 60s, 10m, 12h or 30d".to_owned())
}

#[expect(clippy::unnecessary_wraps, reason = "clap wants a parser that can fail")]
fn secret(text: &str) -> Result<Secret, String> {
    Ok(Secret::new(text))
}

fn token_format(text: &str) -> Result<TokenFormat, String> {
    match text {
        "opaque" => Ok(TokenFormat::Opaque),
        "jwt" => Ok(TokenFormat::Jwt),
        _ => Err("use opaque or jwt".to_owned()),
    }
}
