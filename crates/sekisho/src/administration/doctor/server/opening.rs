//! What must be known before the database is opened: to open it would make what is missing, and bring an old schema up to
//! date.

use std::net::IpAddr;

use storage::{Options, SchemaVersion, StorageError, Store};
use url::Url;

use crate::{
    administration::doctor::{Finding, Kind},
    config::{ServerConfig, WrapSource},
};

/// Why the database is better not opened; none when it can be.
pub async fn obstacle(config: &ServerConfig) -> Option<Finding> {
    let place = place(config);
    if let Options::Sqlite { path } = &config.database
        && !path.exists()
    {
        let remedy = "start the server: it makes it; then look again";
        return Some(Finding::new(
            Kind::NeverStarted,
            place,
            "there is no database yet",
            remedy,
        ));
    }
    let key = match &config.wrap {
        WrapSource::Default => Some(config.master_key()),
        WrapSource::File(path) => Some(path.clone()),
        WrapSource::Env(_) => None,
    };
    if let Some(key) = key.filter(|key| !key.exists()) {
        let problem = "there is a database, but not the key that wraps its keys";
        let remedy = "restore it from its backup: do not start the server before, it would make another one";
        let key = key.display().to_string();
        return Some(Finding::new(Kind::WrappingKeyMissing, key, problem, remedy));
    }
    match Store::schema_version(&config.database).await {
        Ok(SchemaVersion { found, known }) => (found != known).then(|| of_schema(place, found, known)),
        Err(error) => Some(unavailable(config, &error)),
    }
}

fn of_schema(place: String, found: i64, known: i64) -> Finding {
    let problem = format!("its schema has version {found}, and this program knows {known}");
    if found > known {
        let remedy = "use the newer program, or restore the backup from before the upgrade";
        Finding::new(Kind::SchemaNewer, place, problem, remedy)
    } else {
        let remedy = "make a backup, stop all older programs, then start this one: it brings the schema up to date";
        Finding::new(Kind::SchemaOlder, place, problem, remedy)
    }
}

fn unavailable(config: &ServerConfig, error: &StorageError) -> Finding {
    let remedy = match config.database {
        Options::Sqlite { .. } => {
            "run this as the user that runs the server; if the file is damaged, restore the backup"
        }
        Options::Postgres { .. } => "look whether PostgreSQL runs, and whether it lets this user in",
    };
    Finding::new(Kind::DatabaseUnavailable, place(config), error.to_string(), remedy)
}

/// PostgreSQL on another machine: connections are not encrypted in this version.
pub fn in_clear(config: &ServerConfig) -> Option<Finding> {
    let Options::Postgres { url, .. } = &config.database else {
        return None;
    };
    let url = Url::parse(url).ok()?;
    // Without a host, or with a directory in its place, it is a socket of this machine.
    let host = url
        .host_str()
        .filter(|host| !host.is_empty() && !host.starts_with("%2F"))?;
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let is_here = bare == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    (!is_here).then(|| {
        let problem = format!("the connection to {host} is not encrypted");
        let remedy = "use a socket or a tunnel (stunnel, WireGuard), or a network that nobody else is in";
        Finding::new(Kind::DatabaseInClear, place(config), problem, remedy)
    })
}

/// The database, without the password of its URL.
fn place(config: &ServerConfig) -> String {
    match &config.database {
        Options::Sqlite { path } => path.display().to_string(),
        Options::Postgres { .. } => "the database".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(url: &str) -> bool {
        let config = ServerConfig {
            database: Options::Postgres {
                url: url.to_owned(),
                connections: 1,
            },
            ..ServerConfig::without_file()
        };
        in_clear(&config).is_some()
    }

    #[test]
    fn a_database_on_this_machine_is_not_in_clear() {
        for here in [
            "postgres://sekisho@localhost/sekisho",
            "postgres://127.0.0.1/x",
            "postgres://[::1]/x",
            "postgres:///x?host=/run/postgresql",
            "postgres://%2Frun%2Fpostgresql/x",
        ] {
            assert!(!told(here), "{here}");
        }
        for elsewhere in ["postgres://db.example.com/x", "postgresql://10.0.0.7:5432/x"] {
            assert!(told(elsewhere), "{elsewhere}");
        }
        assert!(in_clear(&ServerConfig::without_file()).is_none());
    }
}
