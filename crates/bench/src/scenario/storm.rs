//! A storm of wrong passwords: every place in the password pool is taken all the time. Tokens must come as before.

use http::StatusCode;
use jose::random_token;

use super::Request;
use crate::{
    app::App,
    bench::Bench,
    connection::Connection,
    latencies::Latencies,
    load::{Load, Turn},
    report::Check,
    visit::{Visit, location},
};

const STORM: &str = "a storm of wrong passwords";
/// As many as may wait for the one thread that hashes, so that it never rests and nobody is turned away cheaply.
const CONNECTIONS: usize = 32;
/// Tokens per second beside, and as many introspections.
const BESIDE: f64 = 200.0;

/// Guess after guess in one browser, each of another name, so that none is refused before its password is looked at.
#[derive(Clone)]
struct Guesses {
    visit: Visit,
    form: Vec<(String, String)>,
}

impl Guesses {
    async fn new(bench: &Bench<'_>) -> Result<Self, String> {
        let mut connection = bench.server.connect().await?;
        let app = App::confidential(&bench.server.issuer());
        let mut visit = Visit::new(&app.origin);
        let begun = visit
            .get(&mut connection, &app.request(&testkit::pkce().challenge))
            .await?;
        let path = location(&begun).ok_or("no sign-in page")?.replace(&app.origin, "");
        let answer = visit.get(&mut connection, &path).await?;
        let form = visit.page(answer, &path)?.form_with("password");
        let form = form.fill("password", "not the password").entries(Some("sign-in"));
        Ok(Self { visit, form })
    }
}

impl Turn for Guesses {
    async fn take(&mut self, connection: &mut Connection) -> Result<usize, String> {
        for (name, value) in &mut self.form {
            if name == "username" {
                *value = random_token();
            }
        }
        let answer = self.visit.clone().post(connection, "/sign-in", &self.form).await?;
        Ok(answer.expect(StatusCode::UNAUTHORIZED)?.body.len())
    }
}

pub async fn measure(bench: &mut Bench<'_>) -> Result<(), String> {
    if !bench.begins(STORM) {
        return Ok(());
    }
    let requests = [
        [Request::token(bench, "accounts")],
        [Request::introspection_of_a_new_token(bench).await?],
    ];
    let [tokens, introspections] = &requests;
    // Slow ones are rare: 1 of 100, which must be seen often enough.
    let load = Load {
        lasts: bench.load.lasts * 2,
        ..bench.load
    };
    let idle = tokio::try_join!(
        load.at_rate(&bench.server, tokens, BESIDE),
        load.at_rate(&bench.server, introspections, BESIDE),
    )?;
    let guesses = [Guesses::new(bench).await?];
    let storm = Load {
        connections: CONNECTIONS,
        ..load
    };
    let (_, busy) = tokio::try_join!(storm.saturate(&bench.server, &guesses), async {
        tokio::try_join!(
            load.at_rate(&bench.server, tokens, BESIDE),
            load.at_rate(&bench.server, introspections, BESIDE),
        )
    })?;
    let mut check = |what: &str, idle: &Latencies, busy: &Latencies| {
        bench.check(Check::within_twice(
            format!("p99 of {what} during {STORM}"),
            idle.p99(),
            busy.p99(),
        ));
    };
    check("tokens", &idle.0, &busy.0);
    check("introspections", &idle.1, &busy.1);
    Ok(())
}
