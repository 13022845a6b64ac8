//! What the parts cost of which a financial-grade flow cannot do without one: signatures, their verification, and rows
//! that are durably written. Measured in this process, in the same run.

use std::{
    fmt, fs,
    path::Path,
    time::{Duration, Instant},
};

use jose::{KeySet, SigningAlg, SigningKey, UnverifiedJwt, sign_jwt};
use rusqlite::Connection;
use serde_json::json;

use crate::{load::count, process::cpu_of};

/// How many rows a commit writes: as many as connections wait for one.
const BATCH: u32 = 64;

/// CPU time of each part.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// To sign a JWT by ES256.
    pub signature: Duration,
    /// To verify one.
    pub verification: Duration,
    /// To write a row durably, among others in one commit. `synchronous=FULL`.
    pub durable_row: Duration,
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
    /// Measures each for a time; the rows in a database in `directory`.
    pub fn measure(directory: &Path, lasts: Duration) -> Result<Self, String> {
        let text = |error: &dyn std::error::Error| error.to_string();
        let (key, _) = SigningKey::generate(SigningAlg::Es256).map_err(|error| text(&error))?;
        let claims = json!({
            "iss": "payer", "sub": "payer", "aud": "http://localhost:8080", "jti": "0123456789012345678901234567890",
            "iat": 1_795_435_200, "exp": 1_795_435_260,
        });
        let sign = || sign_jwt(&key, "JWT", &claims).map_err(|error| text(&error));
        let token = sign()?;
        let keys = KeySet {
            keys: vec![key.public_jwk()],
        };
        let verify = || -> Result<(), String> {
            let token = UnverifiedJwt::parse(&token).map_err(|error| text(&error))?;
            let verified = keys
                .verify(&token, &[SigningAlg::Es256])
                .map_err(|error| text(&error))?;
            if verified.claims.len() == 6 {
                Ok(())
            } else {
                Err("another token".into())
            }
        };
        Ok(Self {
            signature: cost(lasts, || sign().map(drop))?,
            verification: cost(lasts, verify)?,
            durable_row: durable_row(directory, lasts)?,
        })
    }

    /// How often per CPU-second something can be done at most that has these needs.
    pub fn per_cpu_second(&self, needs: Needs) -> f64 {
        let cost = self.signature * needs.signatures
            + self.verification * needs.verifications
            + self.durable_row * needs.durable_rows;
        1.0 / cost.as_secs_f64()
    }
}

/// The CPU time of one, done again and again.
fn cost(lasts: Duration, mut once: impl FnMut() -> Result<(), String>) -> Result<Duration, String> {
    let (begun, cpu) = (Instant::now(), cpu_of("self"));
    let mut times = 0_u64;
    while begun.elapsed() < lasts {
        once()?;
        times += 1;
    }
    let used = cpu_of("self").saturating_sub(cpu);
    Ok(used.div_f64(count(times)))
}

fn durable_row(directory: &Path, lasts: Duration) -> Result<Duration, String> {
    let text = |error: rusqlite::Error| error.to_string();
    let path = directory.join("limits.db");
    let mut database = Connection::open(&path).map_err(text)?;
    database
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             CREATE TABLE row (id BLOB PRIMARY KEY, content TEXT NOT NULL, expires_at BIGINT NOT NULL);
             CREATE INDEX row_expiry ON row (expires_at);",
        )
        .map_err(text)?;
    let content = "x".repeat(300);
    let of_batch = cost(lasts, || {
        let change = database.transaction().map_err(text)?;
        {
            let mut insert = change
                .prepare_cached("INSERT INTO row (id, content, expires_at) VALUES (?1, ?2, ?3)")
                .map_err(text)?;
            for row in 0..BATCH {
                insert
                    .execute((jose::random_bytes::<32>(), &content, row))
                    .map_err(text)?;
            }
        }
        change.commit().map_err(text)
    })?;
    drop(database);
    for suffix in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(directory.join(format!("limits.db{suffix}")));
    }
    Ok(of_batch / BATCH)
}
