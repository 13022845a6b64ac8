//! What was acknowledged outlives `kill -9`, and no change is there by half.

use std::{
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use testkit::postgres::Cluster;
use tokio::task::JoinSet;

use super::{Database, becomes, insert};
use crate::{Change, Options, Outcome, Store};

/// Set for the process that is killed, which is the test below started once more: the file that it writes to.
const VARIABLE: &str = "SEKISHO_STORAGE_CRASH_DATABASE";
const THIS: &str = "suite::crash::a_killed_process_loses_nothing_that_sqlite_acknowledged";
const HALVES: &str = "SELECT count(*) FROM (SELECT n FROM log GROUP BY n HAVING count(*) <> 2) AS half";

fn pair(n: i64) -> Change {
    Change::new()
        .then(insert(&format!("{n}/first"), n))
        .then(insert(&format!("{n}/second"), n))
}

/// What the process does that is killed.
async fn write_until_killed(path: PathBuf) {
    let store = Store::open(&Options::Sqlite { path }).await.unwrap();
    let mut writers = JoinSet::new();
    for writer in 0..8_i64 {
        let store = store.clone();
        writers.spawn(async move {
            for turn in 0..i64::MAX {
                let n = turn * 8 + writer;
                assert_eq!(store.commit(pair(n)).await.unwrap(), Outcome::Applied);
                writeln!(std::io::stdout(), "acknowledged {n}").unwrap();
            }
        });
    }
    writers.join_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_loses_nothing_that_sqlite_acknowledged() {
    #[expect(
        clippy::disallowed_methods,
        reason = "a variable tells the process that is to be killed from the test"
    )]
    let path = std::env::var_os(VARIABLE);
    if let Some(path) = path {
        return write_until_killed(path.into()).await;
    }
    let db = Database::sqlite().await;
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", THIS, "--nocapture"])
        .env(VARIABLE, db.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut acknowledged = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok)
    {
        if let Some((_, n)) = line.split_once("acknowledged ") {
            acknowledged.push(n.parse::<i64>().unwrap());
        }
        if acknowledged.len() == 300 {
            // SIGKILL; what is still in the pipe was acknowledged too.
            child.kill().unwrap();
        }
    }
    assert!(!child.wait().unwrap().success());
    assert!(acknowledged.len() >= 300);
    let node = db.another_node().await;
    assert_all_there(&node, &acknowledged).await;
    assert_eq!(node.commit(pair(-1)).await.unwrap(), Outcome::Applied);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_loses_nothing_that_postgresql_acknowledged() {
    let mut cluster = Cluster::start();
    let options = Options::Postgres {
        url: cluster.create_database(),
        connections: 8,
    };
    let db = Database::open(options, None).await;
    let acknowledged = Arc::new(Mutex::new(Vec::new()));
    let count = Arc::new(AtomicUsize::new(0));
    let mut writers = JoinSet::new();
    for writer in 0..8_i64 {
        let (store, acknowledged, count) = (db.store.clone(), Arc::clone(&acknowledged), Arc::clone(&count));
        writers.spawn(async move {
            for turn in 0.. {
                let n = turn * 8 + writer;
                match store.commit(pair(n)).await {
                    Ok(_) => acknowledged.lock().unwrap().push(n),
                    Err(_) => break,
                }
                count.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    while count.load(Ordering::Relaxed) < 300 {
        tokio::task::yield_now().await;
    }
    let cluster = tokio::task::spawn_blocking(move || {
        cluster.kill9();
        cluster
    });
    let mut cluster = cluster.await.unwrap();
    writers.join_all().await;
    cluster.restart();
    becomes(&db.store, "SELECT 1", 1).await;
    let acknowledged = acknowledged.lock().unwrap().clone();
    assert_all_there(&db.store, &acknowledged).await;
    assert_eq!(db.store.commit(pair(-1)).await.unwrap(), Outcome::Applied);
}

async fn assert_all_there(store: &Store, acknowledged: &[i64]) {
    let rows = store.query("SELECT DISTINCT n FROM log", &[]).await.unwrap();
    let there: std::collections::HashSet<i64> = rows.into_iter().map(|mut row| row.int().unwrap()).collect();
    let lost: Vec<_> = acknowledged.iter().filter(|n| !there.contains(n)).collect();
    assert!(lost.is_empty(), "lost: {lost:?}");
    assert_eq!(super::number(store, HALVES).await, 0);
}
