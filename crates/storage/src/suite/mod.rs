//! One suite for both engines: SQLite in a temporary file, PostgreSQL as a private cluster.

mod api;
mod api_key;
mod audit_event;
mod authenticator;
mod changes;
mod ciba_request;
mod crash;
mod decryption_key;
mod device;
mod device_request;
mod failed_commits;
mod grants;
mod group_commit;
mod interrupted;
mod lost_connections;
mod migrations;
mod outbox;
mod proof_lease;
mod proxy;
mod purge;
mod pushed_request;
mod rate_limit;
mod refusal;
mod registration;
mod revocation;
mod session_client;
mod sign_in;
mod used_assertion;
mod values;

use std::{fs, path::PathBuf, time::Duration};

use crate::{Change, Options, Statement, Store, Value};

/// A test is an `async fn` that takes a [`Database`]; this makes one test of it for each engine.
macro_rules! for_both_engines {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
                async fn $name() {
                    super::$name(crate::suite::Database::sqlite().await).await;
                }
            )+
        }
        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
                async fn $name() {
                    super::$name(crate::suite::Database::postgres().await).await;
                }
            )+
        }
    };
}
use for_both_engines;

/// A migrated database with tables of the suite's own.
struct Database {
    store: Store,
    options: Options,
    directory: Option<PathBuf>,
}

/// `code` is what is redeemed, `log` what appears with it, and `strict` fails at COMMIT when `parent` is missing.
const TABLES: &str = "
    CREATE TABLE code (id TEXT PRIMARY KEY, used BIGINT NOT NULL, change_id TEXT);
    CREATE TABLE log (id TEXT PRIMARY KEY, n BIGINT);
    CREATE TABLE parent (id TEXT PRIMARY KEY);
    CREATE TABLE strict_child (id TEXT PRIMARY KEY,
        parent TEXT NOT NULL REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED);
    CREATE TABLE anything (id TEXT PRIMARY KEY, number BIGINT, text TEXT, bytes BYTEA);
    INSERT INTO code (id, used) VALUES ('a', 0), ('b', 0);
";

impl Database {
    async fn sqlite() -> Self {
        let directory = testkit::process::temporary_directory("storage");
        let options = Options::Sqlite {
            path: directory.join("sekisho.db"),
        };
        Self::open(options, Some(directory)).await
    }

    async fn postgres() -> Self {
        let url = testkit::postgres::shared().create_database();
        Self::open(Options::Postgres { url, connections: 8 }, None).await
    }

    async fn open(options: Options, directory: Option<PathBuf>) -> Self {
        let store = Store::open(&options).await.unwrap();
        let database = Self {
            store,
            options,
            directory,
        };
        database.execute(TABLES).await;
        database
    }

    /// Another node over the same database.
    async fn another_node(&self) -> Store {
        Store::open(&self.options).await.unwrap()
    }

    /// Runs SQL past the store.
    async fn execute(&self, sql: &str) {
        match &self.options {
            Options::Sqlite { path } => raw_sqlite(path).execute_batch(sql).unwrap(),
            Options::Postgres { url, .. } => raw_postgres(url).await.batch_execute(sql).await.unwrap(),
        }
    }

    async fn number(&self, sql: &'static str) -> i64 {
        number(&self.store, sql).await
    }

    fn path(&self) -> &PathBuf {
        match &self.options {
            Options::Sqlite { path } => path,
            Options::Postgres { .. } => panic!("not a file"),
        }
    }

    fn url(&self) -> &str {
        match &self.options {
            Options::Postgres { url, .. } => url,
            Options::Sqlite { .. } => panic!("not a server"),
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some(directory) = &self.directory {
            let _ = fs::remove_dir_all(directory);
        }
    }
}

fn raw_sqlite(path: &PathBuf) -> rusqlite::Connection {
    let db = rusqlite::Connection::open(path).unwrap();
    db.busy_timeout(Duration::from_secs(10)).unwrap();
    db
}

async fn raw_postgres(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn number(store: &Store, sql: &'static str) -> i64 {
    store.query_one(sql, &[]).await.unwrap().unwrap().int().unwrap()
}

/// Asks again and again until the answer is this one; 20 s at most.
async fn becomes(store: &Store, sql: &'static str, expected: i64) {
    let until = async {
        while number(store, sql).await != expected {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), until)
        .await
        .unwrap_or_else(|_| panic!("{sql} is never {expected}"));
}

/// Uses code `a` once. `by` is the change's id, and the row that appears; a replay is counted in `log`.
fn redeem(by: &str) -> Change {
    Change::new()
        .then(Statement::guard(
            "UPDATE code SET used = 1, change_id = $1 WHERE id = $2 AND used = 0",
            vec![by.into(), "a".into()],
        ))
        .then(insert(by, 1))
        .or_else(Statement::new(
            "INSERT INTO log (id, n) VALUES ('replay', 1) ON CONFLICT (id) DO UPDATE SET n = log.n + 1",
            vec![],
        ))
        .recognised_by(Statement::new(
            "SELECT 1 FROM code WHERE change_id = $1",
            vec![by.into()],
        ))
}

fn insert(id: &str, n: i64) -> Statement {
    Statement::new(
        "INSERT INTO log (id, n) VALUES ($1, $2)",
        vec![id.into(), Value::Int(n)],
    )
}

const LOGGED: &str = "SELECT count(*) FROM log";
const REPLAYS: &str = "SELECT count(*) FROM log WHERE id = 'replay'";
