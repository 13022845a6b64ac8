//! PostgreSQL, and the engines that speak its protocol: a pool of connections, a change in one round trip.
//!
//! Connections are not encrypted: a Unix socket, the loopback address or a private network is the usual case.
//! `sslmode=require` is refused rather than ignored.

mod commit;
mod error;
mod value;

use std::time::Duration;

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime, Timeouts};
use tokio_postgres::{
    Config, NoTls,
    config::{Host, SslMode, TargetSessionAttrs},
};

use crate::{
    Change, Outcome, Row, StorageError, Value,
    migrations::{self, SchemaVersion},
};

/// How long a request waits for a free connection: longer and it had better be refused.
const WAIT: Duration = Duration::from_secs(2);

/// How long a connection may take to be made, or to be found in order again.
const CONNECT: Duration = Duration::from_secs(5);

/// What each new connection is told. A statement that waits for a lock does not wait for ever, a transaction
/// whose node is gone gives its locks back, and a commit is durable before it is answered, whatever the
/// database's own setting is (the one stronger setting is left alone).
const SESSION: &str = "SET statement_timeout = '10s'; \
    SET idle_in_transaction_session_timeout = '10s'; \
    SELECT set_config('synchronous_commit', \
        CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false)";

/// An open PostgreSQL database. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Postgres {
    pool: Pool,
}

impl Postgres {
    /// Connects and brings the schema up to date.
    pub(crate) async fn open(url: &str, connections: usize) -> Result<Self, StorageError> {
        let postgres = Self::connect(url, connections)?;
        migrations::postgres(&mut *postgres.connection().await?).await?;
        Ok(postgres)
    }

    /// How old the schema is; it is not changed.
    pub(crate) async fn schema_version(url: &str) -> Result<SchemaVersion, StorageError> {
        let postgres = Self::connect(url, 1)?;
        migrations::postgres_version(&*postgres.connection().await?).await
    }

    fn connect(url: &str, connections: usize) -> Result<Self, StorageError> {
        let manager = Manager::from_config(
            configuration(url)?,
            NoTls,
            ManagerConfig {
                recycling_method: RecyclingMethod::Fast,
            },
        );
        let pool = Pool::builder(manager)
            .max_size(connections.max(1))
            .runtime(Runtime::Tokio1)
            .timeouts(Timeouts {
                wait: Some(WAIT),
                create: Some(CONNECT),
                recycle: Some(CONNECT),
            })
            .post_create(Hook::async_fn(|client, _| {
                Box::pin(async move { client.batch_execute(SESSION).await.map_err(HookError::Backend) })
            }))
            .build()
            .map_err(|error| StorageError::Unavailable(error.to_string()))?;
        Ok(Self { pool })
    }

    /// Reads. A read whose connection broke is repeated: right after a restart of the server, every pooled
    /// connection is a broken one.
    pub(crate) async fn query(&self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StorageError> {
        let mut tries = 0;
        loop {
            let client = self.connection().await?;
            match query(&client, sql, params).await {
                Err(_) if client.is_closed() && tries < 3 => tries += 1,
                answer => return answer,
            }
        }
    }

    /// Commits in a task of its own, so that a request that was dropped leaves no open transaction behind.
    pub(crate) async fn commit(&self, change: Change) -> Result<Outcome, StorageError> {
        let postgres = self.clone();
        tokio::spawn(async move { commit::commit(&postgres, &change).await })
            .await
            .map_err(|error| StorageError::Unknown(error.to_string()))?
    }

    async fn connection(&self) -> Result<Object, StorageError> {
        self.pool.get().await.map_err(|error| {
            StorageError::Unavailable(match error {
                deadpool_postgres::PoolError::Backend(error) => error::text(&error),
                other => other.to_string(),
            })
        })
    }
}

async fn query(client: &Object, sql: &str, params: &[Value]) -> Result<Vec<Row>, StorageError> {
    let types: Vec<_> = params.iter().map(Value::postgres_type).collect();
    let statement = client.prepare_typed_cached(sql, &types).await?;
    let params: Vec<&(dyn postgres_types::ToSql + Sync)> = params.iter().map(|value| value as _).collect();
    client
        .query(&statement, &params)
        .await?
        .iter()
        .map(value::row)
        .collect()
}

fn configuration(url: &str) -> Result<Config, StorageError> {
    let mut config: Config = url.parse().map_err(|error: tokio_postgres::Error| {
        StorageError::Unavailable(format!("the URL of the database: {}", error::text(&error)))
    })?;
    if config.get_ssl_mode() == SslMode::Require {
        return Err(StorageError::Unavailable(
            "sslmode=require: connections to the database cannot be encrypted yet; \
             use a Unix socket, the loopback address or a private network"
                .into(),
        ));
    }
    config.ssl_mode(SslMode::Disable);
    warn_if_in_clear(&config);
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT);
    }
    if config.get_application_name().is_none() {
        config.application_name("sekisho");
    }
    if config.get_target_session_attrs() == TargetSessionAttrs::Any {
        // Among several hosts, the one that can write.
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    }
    // A peer that vanished is noticed within a minute, and within 20 s when something was sent to it.
    config
        .keepalives_idle(Duration::from_secs(30))
        .keepalives_interval(Duration::from_secs(10))
        .keepalives_retries(3)
        .tcp_user_timeout(Duration::from_secs(20));
    Ok(config)
}

fn warn_if_in_clear(config: &Config) {
    for host in config.get_hosts() {
        if let Host::Tcp(name) = host {
            let here = name == "localhost"
                || name
                    .parse::<std::net::IpAddr>()
                    .is_ok_and(|address| address.is_loopback());
            if !here {
                tracing::warn!(host = %name, "the connection to the database is not encrypted");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn required_encryption_is_refused_with_a_reason() {
        let refused = configuration("postgres://db.example/x?sslmode=require").unwrap_err();
        assert!(matches!(refused, StorageError::Unavailable(why) if why.contains("sslmode")));
        assert!(configuration("postgres://localhost/x").is_ok());
    }

    #[test]
    fn a_url_that_is_none_is_refused() {
        assert!(configuration("postgres://localhost:port/x").is_err());
    }
}
