//! `sekisho api`, with the keys that open one.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jose::SigningAlg;
use model::{Secret, TokenFormat};
use protocol::Acr;

use super::{alg, duration};

#[derive(Debug, Subcommand)]
pub enum ApiTask {
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
pub enum ApiKeyTask {
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
pub struct NewApi {
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

fn acr(text: &str) -> Result<Acr, String> {
    Acr::parse(text).ok_or_else(|| "use loa1, loa2, loa3 or loa4".to_owned())
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
