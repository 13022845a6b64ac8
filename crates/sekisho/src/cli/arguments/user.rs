//! `sekisho user`.

use clap::Subcommand;

use super::duration;

#[derive(Debug, Subcommand)]
pub enum UserTask {
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
        #[arg(long, conflicts_with = "password_hash_stdin")]
        password_stdin: bool,
        /// Read a hash of the password that was made elsewhere from standard input: see docs/passwords.md
        #[arg(long)]
        password_hash_stdin: bool,
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
    /// A link, used once: to set the first password, or to enrol what counts at once
    Invite {
        /// User name or subject identifier
        user: String,
        /// How long it is good, as 12h or 7d
        #[arg(long = "for", value_name = "DURATION", default_value = "7d", value_parser = duration)]
        lifetime: i64,
        /// Send it to the user's verified address instead of showing it
        #[arg(long)]
        mail: bool,
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
