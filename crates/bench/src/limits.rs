//! What the parts cost that the server's work cannot do without: signatures, their verification, rows that are durably
//! written, password hashes. Measured in the same run, on the servers' core, while the other core is as busy as ever.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    process::Stdio,
    sync::OnceLock,
    time::{Duration, Instant},
};

use authn::password::PasswordPool;
use jose::{KeySet, SigningAlg, SigningKey, UnverifiedJwt, sign_jwt};
use model::Secret;
use rusqlite::Connection;
use serde_json::json;

use crate::{
    load::{Awake, Load, count},
    process::{cpu_of, this_program},
};

/// How many rows a commit writes: as many as connections wait for one.
const BATCH: u32 = 64;

/// Where rows are written.
static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();

/// What each part costs.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Limits {
    /// CPU time to sign a JWT by ES256.
    pub signature: Duration,
    /// CPU time to verify one.
    pub verification: Duration,
    /// CPU time to write a row durably, among others in one commit. SQLite, `synchronous=FULL`.
    pub durable_row: Duration,
    /// Time until such a commit is done.
    pub commit: Duration,
    /// CPU time to check a password, argon2id as the server makes it.
    pub hash: Duration,
}

/// How many of each something needs.
#[derive(Debug, Clone, Copy)]
pub struct Needs {
    /// Signatures.
    pub signatures: u32,
    /// Verifications.
    pub verifications: u32,
    /// Rows that are durably written.
    pub durable_rows: u32,
}

impl fmt::Display for Needs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = [
            (self.signatures, "signature"),
            (self.verifications, "verification"),
            (self.durable_rows, "durable row"),
        ];
        let texts = counted.into_iter().filter(|(number, _)| *number > 0);
        let texts = texts.map(|(number, what)| format!("{number} {what}{}", if number == 1 { "" } else { "s" }));
        f.write_str(&texts.collect::<Vec<_>>().join(", "))
    }
}

impl Limits {
    /// Starts this program again to measure each for a time, as long as a turn of something that is measured beside them.
    pub async fn now(turn: Load) -> Result<Self, String> {
        Self::measure(turn.lasts / 2).await
    }

    /// Starts this program again to measure each for a time. The database of the rows grows until it is forgotten.
    pub async fn measure(lasts: Duration) -> Result<Self, String> {
        let directory = DIRECTORY.get_or_init(|| testkit::process::temporary_directory("bench-limits"));
        fs::create_dir_all(directory).map_err(|error| error.to_string())?;
        let mut command = tokio::process::Command::from(this_program()?);
        command
            .arg("--limits-in")
            .arg(directory)
            .args(["--limits-for", &lasts.as_millis().to_string()])
            .stderr(Stdio::inherit());
        let _awake = Awake::now();
        let output = command.output().await.map_err(|error| error.to_string())?;
        Self::parse(&String::from_utf8_lossy(&output.stdout)).ok_or_else(|| format!("limits: {}", output.status))
    }

    /// Forgets the database of the rows: each scenario is measured beside one that begins with it.
    pub fn forget() {
        if let Some(directory) = DIRECTORY.get() {
            let _ = fs::remove_dir_all(directory);
        }
    }

    /// As one line, for the process that asked.
    pub fn line(&self) -> String {
        let nanos = self.parts().map(|part| part.as_nanos().to_string());
        nanos.join(" ")
    }

    fn parts(&self) -> [Duration; 5] {
        [
            self.signature,
            self.verification,
            self.durable_row,
            self.commit,
            self.hash,
        ]
    }

    fn parse(line: &str) -> Option<Self> {
        let parts: Vec<Duration> = line
            .split_whitespace()
            .map(|nanos| nanos.parse().ok().map(Duration::from_nanos))
            .collect::<Option<_>>()?;
        let [signature, verification, durable_row, commit, hash] = parts.try_into().ok()?;
        Some(Self {
            signature,
            verification,
            durable_row,
            commit,
            hash,
        })
    }

    /// Measures each for a time, here; the rows in a database in `directory`.
    pub async fn measure_here(directory: &Path, lasts: Duration) -> Result<Self, String> {
        let (signature, verification) = jwt(lasts)?;
        let (durable_row, commit) = durable_row(directory, lasts)?;
        Ok(Self {
            signature,
            verification,
            durable_row,
            commit,
            hash: hash(lasts).await?,
        })
    }

    /// The CPU time of what has these needs.
    pub fn cost(&self, needs: Needs) -> Duration {
        self.signature * needs.signatures
            + self.verification * needs.verifications
            + self.durable_row * needs.durable_rows
    }

    /// How long it takes to write a row durably, by commits that are waited for one after the other.
    pub fn row_by_the_clock(&self) -> Duration {
        self.commit / BATCH
    }
}

/// How often per second something can be done at most that takes so long.
pub fn per_second(cost: Duration) -> f64 {
    1.0 / cost.as_secs_f64()
}

/// Something that is done again and again.
struct Repeated {
    begun: Instant,
    cpu: Duration,
    lasts: Duration,
    times: u64,
}

impl Repeated {
    fn during(lasts: Duration) -> Self {
        Self {
            begun: Instant::now(),
            cpu: cpu_of("self"),
            lasts,
            times: 0,
        }
    }

    fn once_more(&mut self) -> bool {
        let goes_on = self.begun.elapsed() < self.lasts || self.times == 0;
        self.times += u64::from(goes_on);
        goes_on
    }

    /// CPU time and time of one.
    fn each(&self) -> (Duration, Duration) {
        let cpu = cpu_of("self").saturating_sub(self.cpu);
        let times = count(self.times);
        (cpu.div_f64(times), self.begun.elapsed().div_f64(times))
    }
}

fn text(error: &dyn std::error::Error) -> String {
    error.to_string()
}

/// A signature by ES256, and its verification.
fn jwt(lasts: Duration) -> Result<(Duration, Duration), String> {
    let (key, _) = SigningKey::generate(SigningAlg::Es256).map_err(|error| text(&error))?;
    let claims = json!({
        "iss": "payer", "sub": "payer", "aud": "http://localhost:8080", "jti": "0123456789012345678901234567890",
        "iat": 1_795_435_200, "exp": 1_795_435_260,
    });
    let mut token = String::new();
    let mut signing = Repeated::during(lasts);
    while signing.once_more() {
        token = sign_jwt(&key, "JWT", &claims).map_err(|error| text(&error))?;
    }
    let (signature, _) = signing.each();
    let keys = KeySet {
        keys: vec![key.public_jwk()],
    };
    let mut verifying = Repeated::during(lasts);
    while verifying.once_more() {
        let token = UnverifiedJwt::parse(&token).map_err(|error| text(&error))?;
        let verified = keys.verify(&token, &[SigningAlg::Es256]);
        if verified.map_err(|error| text(&error))?.claims.len() != 6 {
            return Err("another token".into());
        }
    }
    Ok((signature, verifying.each().0))
}

/// CPU time of a row, and time of a commit.
fn durable_row(directory: &Path, lasts: Duration) -> Result<(Duration, Duration), String> {
    let mut database = Connection::open(directory.join("limits.db")).map_err(|error| text(&error))?;
    database
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             CREATE TABLE IF NOT EXISTS row (id BLOB PRIMARY KEY, content TEXT NOT NULL, expires_at BIGINT NOT NULL);
             CREATE INDEX IF NOT EXISTS row_expiry ON row (expires_at);",
        )
        .map_err(|error| text(&error))?;
    let content = "x".repeat(300);
    let mut writing = Repeated::during(lasts);
    while writing.once_more() {
        write_batch(&mut database, &content).map_err(|error| text(&error))?;
    }
    let (cpu, commit) = writing.each();
    Ok((cpu / BATCH, commit))
}

fn write_batch(database: &mut Connection, content: &str) -> Result<(), rusqlite::Error> {
    let change = database.transaction()?;
    {
        let mut insert = change.prepare_cached("INSERT INTO row (id, content, expires_at) VALUES (?1, ?2, ?3)")?;
        for row in 0..BATCH {
            insert.execute((jose::random_bytes::<32>(), content, row))?;
        }
    }
    change.commit()
}

/// CPU time of a password that is checked by the product's own pool, on as many threads as the server has cores here.
async fn hash(lasts: Duration) -> Result<Duration, String> {
    let pool = PasswordPool::new(1, 1);
    let password = Secret::new("a password of the benchmark");
    let stored = pool.hash(&password).await.map_err(|error| text(&error))?;
    let mut checking = Repeated::during(lasts);
    while checking.once_more() {
        if !pool
            .verify(Some(&stored), &password)
            .await
            .map_err(|error| text(&error))?
        {
            return Err("another password".into());
        }
    }
    Ok(checking.each().0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        signature: Duration::from_micros(14),
        verification: Duration::from_micros(48),
        durable_row: Duration::from_micros(20),
        commit: Duration::from_millis(4),
        hash: Duration::from_millis(14),
    };

    #[test]
    fn the_process_that_asked_reads_what_the_other_measured() {
        assert_eq!(Limits::parse(&LIMITS.line()), Some(LIMITS));
        assert_eq!(Limits::parse("1 2 3 4"), None);
        assert_eq!(Limits::parse("error: no such thing"), None);
    }

    #[test]
    fn needs_add_up_and_say_what_they_are() {
        let needs = Needs {
            signatures: 1,
            verifications: 4,
            durable_rows: 0,
        };
        assert_eq!(needs.to_string(), "1 signature, 4 verifications");
        assert_eq!(LIMITS.cost(needs), Duration::from_micros(206));
        assert_eq!(LIMITS.row_by_the_clock(), Duration::from_nanos(62_500));
        assert!((per_second(LIMITS.hash) - 71.428).abs() < 0.01);
    }

    #[tokio::test]
    async fn every_part_can_be_measured() {
        let directory = testkit::process::temporary_directory("limits-test");
        let measured = Limits::measure_here(&directory, Duration::ZERO).await;
        fs::remove_dir_all(&directory).unwrap();
        assert!(measured.unwrap().commit > Duration::ZERO);
    }
}
