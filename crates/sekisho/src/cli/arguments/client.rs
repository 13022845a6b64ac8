//! `sekisho client`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use protocol::{GrantType, TokenEndpointAuthMethod};

use super::duration;

const GRANT_TYPES: &str =
    "May be repeated [default: authorization_code and refresh_token with a redirect URI, else client_credentials]";
const AUTH_METHODS: &str = "client_secret_basic, client_secret_post or none [default: client_secret_basic]";

#[derive(Debug, Subcommand)]
pub enum ClientTask {
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
pub enum TokenTask {
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
pub struct NewClient {
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
