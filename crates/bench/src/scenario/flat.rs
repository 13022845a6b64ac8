//! Many realms, and many users, must not make what is done for one of them cost more.

use std::{slice, time::Duration};

use jose::WrapKey;
use model::{Clock, Realm};
use realm::wrap_label;
use storage::{Change, Outcome, Statement, Store, decryption_key, key};

use super::{Request, code_flow};
use crate::{
    bench::Bench,
    load::{Load, Turn},
    process::{self, Process},
    report::Check,
    server::Server,
};

const FLAT: &str = "many realms and users";
/// Realms that are written in one change.
const BATCH: u32 = 100;
/// Long enough for the server to look after its keys once.
const UPKEEP: Duration = Duration::from_secs(70);

/// What the operations cost, in requests of an empty server.
struct Costs {
    token: f64,
    introspection: f64,
    code_flow: f64,
}

pub async fn measure(bench: &mut Bench<'_>) -> Result<(), String> {
    let (realms, users) = (bench.options.realms, bench.options.users);
    if !bench.begins(FLAT) {
        return Ok(());
    }
    let empty = process::empty().await?;
    let before = costs(bench, &empty).await?;
    let idle = p99(bench, Duration::from_secs(10)).await?;

    eprintln!("  adding {realms} realms …");
    let add = async |store: &Store, server: &Server| add_realms(store, server, realms).await;
    bench.server.restart_after(add).await?;
    bench.server.process().settle().await;
    let after = costs(bench, &empty).await?;
    compare(bench, &format!("with {realms} realms more"), &before, &after);
    let what = format!("p99 of tokens with {realms} realms more, whose keys are looked after each minute");
    let busy = p99(bench, UPKEEP).await?;
    bench.check_long(Check::within_twice(what, idle, busy));

    eprintln!("  adding {users} users …");
    let add = async |store: &Store, server: &Server| add_users(store, server, users).await;
    bench.server.restart_after(add).await?;
    bench.server.process().settle().await;
    let after = costs(bench, &empty).await?;
    compare(bench, &format!("with {users} users more, besides"), &before, &after);
    Ok(())
}

fn compare(bench: &mut Bench<'_>, with: &str, before: &Costs, after: &Costs) {
    let pairs = [
        ("client_credentials", before.token, after.token),
        ("introspection", before.introspection, after.introspection),
        ("code flow", before.code_flow, after.code_flow),
    ];
    for (what, before, after) in pairs {
        bench.check_long(Check::hardly_dearer(
            format!("CPU time of {what} {with}"),
            before,
            after,
        ));
    }
}

async fn p99(bench: &Bench<'_>, lasts: Duration) -> Result<Duration, String> {
    const PER_SECOND: f64 = 200.0;
    let load = Load { lasts, ..bench.load };
    let token = [Request::token(bench, "accounts")];
    Ok(load.at_rate(&bench.server, &token, PER_SECOND).await?.p99())
}

async fn costs(bench: &Bench<'_>, empty: &Process) -> Result<Costs, String> {
    let token = Request::token(bench, "accounts");
    let introspection = Request::introspection_of_a_new_token(bench).await?;
    Ok(Costs {
        token: cost(bench, empty, slice::from_ref(&token)).await?,
        introspection: cost(bench, empty, slice::from_ref(&introspection)).await?,
        code_flow: cost(bench, empty, &code_flow::flows(bench).await?).await?,
    })
}

/// In requests of the empty server.
async fn cost<T: Turn>(bench: &Bench<'_>, empty: &Process, turns: &[T]) -> Result<f64, String> {
    let nothing = [Request::get(&bench.server.host(), "/200")];
    let ours = async |load: Load| load.saturate(&bench.server, turns).await;
    let answered = async |load: Load, _| Ok(load.saturate(empty, &nothing).await?.cost());
    let (ours, empty) = bench.load.by_turns(ours, answered).await?;
    Ok(empty / ours.per_cpu_second())
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// Copies of the benchmark's realm at paths of the same host, each with keys of its own rows. The keys themselves are the
/// same: to make RSA keys for all would take an hour.
async fn add_realms(store: &Store, server: &Server, realms: u32) -> Result<(), String> {
    let original = server.issuer();
    let settings = store.realms().await.map_err(text)?;
    let settings = settings.into_iter().find(|realm| realm.issuer == original);
    let settings = settings.ok_or("the realm of the benchmark is not there")?;
    let keys = Keys::read(store, server).await?;
    for first in (0..realms).step_by(usize::try_from(BATCH).unwrap_or(1)) {
        let mut change = Change::new();
        for number in first..realms.min(first + BATCH) {
            let realm = Realm {
                issuer: format!("{original}/realm-{number}"),
                ..settings.clone()
            };
            change = change
                .then(storage::realm::put(&realm, keys.now).map_err(text)?)
                .then_all(keys.of(&realm.issuer)?);
        }
        commit(store, change).await?;
    }
    commit(store, Change::new().then(storage::realm::raise_revision())).await
}

/// The keys of the benchmark's realm, to be wrapped for others.
struct Keys {
    now: i64,
    wrap: WrapKey,
    signing: Vec<model::SigningKeyRow>,
    sealing: Vec<(realm::Purpose, key::SealingKeyRow)>,
    decryption: Vec<decryption_key::DecryptionKeyRow>,
}

impl Keys {
    async fn read(store: &Store, server: &Server) -> Result<Self, String> {
        let (issuer, now) = (server.issuer(), Clock::system().now());
        let wrap = WrapKey::from_bytes(server.wrapping_key()?);
        let open = |label: &str, secret: &mut Vec<u8>| -> Result<(), String> {
            *secret = wrap.unwrap(label, secret).map_err(text)?;
            Ok(())
        };
        let mut signing = store.signing_keys(&issuer).await.map_err(text)?;
        for row in &mut signing {
            open(&wrap_label::signing(&issuer), &mut row.private_key)?;
        }
        let mut sealing = Vec::new();
        for mut row in store.sealing_keys(&issuer, now).await.map_err(text)? {
            let purpose = realm::Purpose::ALL
                .into_iter()
                .find(|purpose| purpose.as_str() == row.purpose);
            let purpose = purpose.ok_or("a sealing key for something unknown")?;
            open(&wrap_label::sealing(&issuer, purpose), &mut row.secret)?;
            sealing.push((purpose, row));
        }
        let mut decryption = store.decryption_keys(&issuer, now).await.map_err(text)?;
        for row in &mut decryption {
            open(&wrap_label::decryption(&issuer), &mut row.private_key)?;
        }
        Ok(Self {
            now,
            wrap,
            signing,
            sealing,
            decryption,
        })
    }

    /// What is to be written for another realm.
    fn of(&self, issuer: &str) -> Result<Vec<Statement>, String> {
        let mut statements = Vec::new();
        for row in &self.signing {
            let mut row = row.clone();
            row.private_key = self.wrap.wrap(&wrap_label::signing(issuer), &row.private_key);
            statements.push(key::insert_signing(issuer, &row).map_err(text)?);
        }
        for (purpose, row) in &self.sealing {
            let mut row = row.clone();
            row.secret = self.wrap.wrap(&wrap_label::sealing(issuer, *purpose), &row.secret);
            statements.push(key::insert_sealing(issuer, &row));
        }
        for row in &self.decryption {
            let mut row = row.clone();
            row.private_key = self.wrap.wrap(&wrap_label::decryption(issuer), &row.private_key);
            statements.push(decryption_key::insert(issuer, &row).map_err(text)?);
        }
        Ok(statements)
    }
}

/// Copies of the benchmark's first user under other names.
async fn add_users(store: &Store, server: &Server, users: u32) -> Result<(), String> {
    macro_rules! copies {
        ($numbers:literal, $number:literal) => {
            concat!(
                "INSERT INTO users (realm, id, username, username_key, claims, group_names, password_hash, enabled, \
                 source, created_at, updated_at) SELECT users.realm, 'many-' || ",
                $number,
                ", 'many-' || ",
                $number,
                ", 'many-' || ",
                $number,
                ", claims, group_names, password_hash, enabled, 'api', created_at, updated_at \
                 FROM users, ",
                $numbers,
                " WHERE users.realm = $1 AND users.username_key = 'user0'"
            )
        };
    }
    const SQLITE: &str = copies!(
        "(WITH RECURSIVE numbers(n) AS (SELECT CAST($2 AS BIGINT) UNION ALL SELECT n + 1 FROM numbers WHERE n < $3) \
         SELECT n FROM numbers) AS numbers",
        "numbers.n"
    );
    const POSTGRES: &str = copies!("generate_series($2::bigint, $3::bigint) AS numbers(n)", "numbers.n");
    let sql = if server.database_file().is_some() {
        SQLITE
    } else {
        POSTGRES
    };
    let mut first = 1;
    while first <= i64::from(users) {
        let last = (first + 49_999).min(i64::from(users));
        let parameters = vec![server.issuer().into(), first.into(), last.into()];
        commit(store, Change::new().then(Statement::new(sql, parameters))).await?;
        first = last + 1;
    }
    Ok(())
}

async fn commit(store: &Store, change: Change) -> Result<(), String> {
    match store.commit(change).await.map_err(text)? {
        Outcome::Applied => Ok(()),
        Outcome::Missed => Err("rows were there already".to_owned()),
    }
}
