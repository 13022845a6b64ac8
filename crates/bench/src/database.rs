//! Where the server under measurement keeps its rows.

use std::{path::PathBuf, time::Duration};

use storage::Options;
use testkit::{postgres::Cluster, process::children};

use crate::process::{cpu_of, move_to_servers_core};

/// Which one is asked for.
#[derive(Debug, Clone)]
pub enum Engine {
    /// A file.
    Sqlite,
    /// `auto`: one that the benchmark starts on the server's core; otherwise a URL.
    Postgres(String),
}

/// One that is there.
pub enum Database {
    /// A file.
    Sqlite(PathBuf),
    /// Somebody else's: nothing is known of the CPU time that it uses.
    Postgres(String),
    /// One that ends with the benchmark.
    Private(Box<Cluster>, String),
}

impl Engine {
    /// Makes it, if it is made here. `file` is for SQLite.
    pub fn database(self, file: PathBuf) -> Result<Database, String> {
        match self {
            Self::Sqlite => Ok(Database::Sqlite(file)),
            Self::Postgres(url) if url != "auto" => Ok(Database::Postgres(url)),
            Self::Postgres(_) => {
                let cluster = Cluster::start();
                let url = cluster.create_database();
                for process in processes(&cluster) {
                    move_to_servers_core(process)?;
                }
                Ok(Database::Private(Box::new(cluster), url))
            }
        }
    }
}

impl Database {
    /// Its URL, as a configuration file names it.
    pub fn url(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("sqlite:{}", path.display()),
            Self::Postgres(url) | Self::Private(_, url) => url.clone(),
        }
    }

    /// How to open it.
    pub fn options(&self) -> Options {
        match self {
            Self::Sqlite(path) => Options::Sqlite { path: path.clone() },
            Self::Postgres(url) | Self::Private(_, url) => Options::Postgres {
                url: url.clone(),
                connections: 4,
            },
        }
    }

    /// For people.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "SQLite",
            Self::Postgres(_) | Self::Private(..) => "PostgreSQL",
        }
    }

    /// CPU time of its own processes so far. Connections must stay open for it to mean anything; the server's do.
    pub fn cpu(&self) -> Duration {
        match self {
            Self::Sqlite(_) | Self::Postgres(_) => Duration::ZERO,
            Self::Private(cluster, _) => processes(cluster).iter().map(|pid| cpu_of(&pid.to_string())).sum(),
        }
    }
}

fn processes(cluster: &Cluster) -> Vec<u32> {
    let first = cluster.pid();
    let mut all = children(first);
    all.push(first);
    all
}
