//! The example of the library for APIs, as a program of its own, beside the real server.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use model::Clock;
use testkit::{
    Engine, Serve,
    process::{Watchdog, temporary_directory},
    realm,
};

use crate::{
    app::{ROBOT, Server, granted, header, text},
    dpop::ProofKey,
    https::PROGRAM,
};

/// The example beside the program. The tests of the whole workspace build it; the tests of this crate alone do not.
fn program() -> PathBuf {
    let directory = Path::new(PROGRAM).parent().unwrap();
    let program = directory.join("examples/bank_api");
    if !program.exists() {
        let profile = match directory.file_name().unwrap().to_str().unwrap() {
            "debug" => "dev",
            name => name,
        };
        let built = Command::new(env!("CARGO"))
            .args(["build", "--locked", "-p", "sekisho-resource-server"])
            .args(["--example", "bank_api", "--profile", profile, "--target-dir"])
            .arg(directory.parent().unwrap())
            .status()
            .unwrap();
        assert!(built.success());
    }
    program
}

/// The bank's API, running. Dropped, it is killed.
struct Example {
    process: Child,
    directory: PathBuf,
    url: String,
    _watchdog: Watchdog,
}

impl Example {
    fn start(issuer: &str) -> Self {
        let directory = temporary_directory("bank-api");
        let mut process = Command::new(program())
            .current_dir(&directory)
            .env("ISSUER", issuer)
            .env("API", "https://api.example.com")
            .env("CLIENT_ID", "bank-api")
            .env("CLIENT_SECRET", realm::secret("bank-api"))
            .env("BIND", "127.0.0.1:0")
            .env("NO_PROXY", "localhost")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let watchdog = Watchdog::over(process.id(), "KILL", &directory);
        let mut told = String::new();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        stdout.read_line(&mut told).unwrap();
        let address = told.split_whitespace().last().expect("it says where it listens");
        Self {
            url: format!("http://{address}"),
            process,
            directory,
            _watchdog: watchdog,
        }
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

#[tokio::test]
async fn the_example_of_an_api_answers_whoever_may_call_it_until_the_token_is_revoked() {
    let server = Serve::start(PROGRAM, Engine::Sqlite);
    let api = Example::start(server.issuer());
    let http = testkit::browser::client(None);
    let (accounts, payments) = (format!("{}/accounts", api.url), format!("{}/payments", api.url));

    let form = [("grant_type", "client_credentials"), ("scope", "accounts:read")];
    let tokens = granted(ROBOT.post(&server, "/token", &form).await).await;
    let token = text(&tokens, "access_token");
    let answer = granted(http.get(&accounts).bearer_auth(token).send().await.unwrap()).await;
    assert_eq!(answer[0]["owner"], "robot", "{answer}");

    let stranger = http.get(&accounts).send().await.unwrap();
    assert_eq!(stranger.status(), 401);
    assert!(header(&stranger, "www-authenticate").starts_with("Bearer"));
    let payment = http.post(&payments).bearer_auth(token).send().await.unwrap();
    assert_eq!(payment.status(), 403, "accounts:read is no permission to pay");

    assert_eq!(ROBOT.post(&server, "/revoke", &[("token", token)]).await.status(), 200);
    let late = http.get(&accounts).bearer_auth(token).send().await.unwrap();
    assert_eq!(late.status(), 401);
    assert!(header(&late, "www-authenticate").contains("invalid_token"));
}

// Conformance: DPOP-RS-01 DPOP-RS-02 DPOP-RS-03 F1B-RS-06 F1B-RS-08 F1B-RS-09 F2-RS-02 F2-RS-04
#[tokio::test]
async fn the_example_takes_a_bound_token_with_a_proof_of_its_key_alone() {
    let server = Serve::start(PROGRAM, Engine::Sqlite);
    let api = Example::start(server.issuer());
    let http = testkit::browser::client(None);
    let (key, other, now) = (ProofKey::es256(), ProofKey::es256(), Clock::system().now());
    let form = [("grant_type", "client_credentials"), ("scope", "accounts:read")];
    let proof = key.proof("POST", &server.at("/token"), now);
    let tokens = granted(proof.send(ROBOT.posting(&server, "/token", &form)).await).await;
    let token = text(&tokens, "access_token");

    let call = |scheme: &str| {
        let request = http.get(format!("{}/accounts", api.url));
        request.header("authorization", format!("{scheme} {token}"))
    };
    // The example does not know where it listens: clients know it by its identifier.
    let proof = |key: &ProofKey| {
        key.proof("GET", "https://api.example.com/accounts", now)
            .with_token(token)
            .sign()
    };
    let answer = call("DPoP").header("dpop", proof(&key)).send().await.unwrap();
    assert!(header(&answer, "date").ends_with(" GMT"));
    assert_eq!(header(&answer, "x-fapi-interaction-id").len(), 36);
    assert_eq!(granted(answer).await[0]["owner"], "robot");
    for (scheme, proof) in [("Bearer", None), ("DPoP", None), ("DPoP", Some(proof(&other)))] {
        let mut request = call(scheme);
        if let Some(proof) = &proof {
            request = request.header("dpop", proof);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 401, "{scheme} {proof:?}");
        assert!(header(&answer, "www-authenticate").starts_with(scheme));
    }
    assert_eq!(ROBOT.post(&server, "/revoke", &[("token", token)]).await.status(), 200);
    let late = call("DPoP").header("dpop", proof(&key)).send().await.unwrap();
    assert!(header(&late, "www-authenticate").contains("invalid_token"));
}
