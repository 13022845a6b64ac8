//! A bank on the command line: a public client that runs on the user's machine.
//! Spec: RFC 8252 §6 and §7.3
//!
//! It listens on a free port of the loopback interface, lets the user sign in with their own browser, and keeps the
//! tokens in memory. It has no secret; PKCE and the exact redirect URI are what protects it.

use std::io::{BufRead as _, Write as _};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use minijinja::context;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};

use super::bank::{Account, Kind, Payment, yen};
use super::bank_client::{BankClient, CallError};
use super::frame::{self, Lang, render};
use super::oidc_client::authorization::{Pending, check_response};
use super::oidc_client::token::Tokens;
use super::oidc_client::{ClientError, OidcClient, Registration, http};

const SCOPE: &str = "openid profile offline_access accounts:read payments:write";
const PATIENCE: Duration = Duration::from_mins(5);
const HELP: &str = "accounts | pay FROM AMOUNT PAYEE | quit";

/// What came of the sign-in: the user's name and the tokens.
type Outcome = Result<(String, Tokens), ClientError>;

/// Waits for the browser.
struct Callback {
    oidc: OidcClient,
    pending: Mutex<Option<Pending>>,
    outcome: mpsc::Sender<Outcome>,
}

/// Signs the user in, shows the accounts, and takes commands until the input ends.
///
/// `issuer`: the authorization server. `api`: the bank's API.
pub async fn run(issuer: &str, api: &str) -> Result<(), String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(text)?;
    let port = listener.local_addr().map_err(text)?.port();
    let registration = Registration {
        client_id: "bank-cli",
        client_secret: None,
        redirect_uri: format!("http://127.0.0.1:{port}/callback"),
    };
    let oidc = OidcClient::discover(issuer, registration)
        .await
        .map_err(|error| format!("{issuer}: {error}; is `sekisho demo` running there? Another port: --port N"))?;

    let (user_name, mut tokens) = sign_in(&oidc, listener).await.map_err(text)?;
    println!("Signed in as {user_name}. Allowed: {}", tokens.scope);
    let bank = BankClient::new(http().map_err(text)?, api);
    show_accounts(&oidc, &bank, &mut tokens).await;

    println!("Commands: {HELP}");
    let mut lines = lines_of_input();
    prompt();
    while let Some(line) = lines.recv().await {
        match line.split_whitespace().collect::<Vec<_>>().as_slice() {
            [] => {}
            ["accounts"] => show_accounts(&oidc, &bank, &mut tokens).await,
            ["pay", from, amount, payee @ ..] if !payee.is_empty() => {
                let payment = Payment {
                    from: (*from).to_owned(),
                    payee: payee.join(" "),
                    amount: amount.parse().unwrap_or(0),
                };
                pay(&oidc, &bank, &mut tokens, &payment).await;
            }
            ["quit" | "exit"] => break,
            _ => println!("Commands: {HELP}"),
        }
        prompt();
    }
    println!();
    Ok(())
}

/// Sends the user to the authorization server and waits for the answer.
async fn sign_in(oidc: &OidcClient, listener: TcpListener) -> Outcome {
    let pending = Pending::new();
    let url = oidc.authorization_url(&pending, SCOPE, None, None)?;
    let (sender, mut outcome) = mpsc::channel(1);
    let callback = Callback {
        oidc: oidc.clone(),
        pending: Mutex::new(Some(pending)),
        outcome: sender,
    };
    // It goes on until the program ends, so that the browser gets the whole page.
    tokio::spawn(axum::serve(listener, router(callback)).into_future());
    println!("Sign in with your browser; this waits five minutes.\nOpen: {url}");
    match tokio::time::timeout(PATIENCE, outcome.recv()).await {
        Ok(Some(outcome)) => outcome,
        _ => Err(ClientError::Malformed("nobody signed in within five minutes")),
    }
}

fn router(callback: Callback) -> Router {
    let routes = Router::new()
        .route("/callback", get(answer))
        .with_state(Arc::new(callback));
    frame::with_frame(routes, "")
}

async fn answer(State(callback): State<Arc<Callback>>, lang: Lang, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    // An answer to somebody else's question changes nothing: the real one may still come.
    let pending = callback
        .pending
        .lock()
        .await
        .take_if(|pending| pending.is_answered_by(&query));
    let Some(pending) = pending else {
        return page(lang, &Err(ClientError::ForeignResponse("this app did not ask for it")));
    };
    let outcome = redeem(&callback.oidc, &pending, &query).await;
    let response = page(lang, &outcome);
    // Nobody waits any more when the time was up.
    let _ = callback.outcome.send(outcome).await;
    response
}

async fn redeem(oidc: &OidcClient, pending: &Pending, query: &str) -> Outcome {
    let code = check_response(oidc.issuer(), pending, query)?;
    let (tokens, user) = oidc.redeem(pending, &code).await?;
    let user_name = oidc.user_name(&tokens, &user).await?;
    Ok((user_name, tokens))
}

fn page(lang: Lang, outcome: &Outcome) -> Response {
    let (status, title, text) = match (outcome, lang) {
        (Ok(_), Lang::En) => (
            StatusCode::OK,
            "You can close this window",
            "You are signed in. Go back to the terminal.",
        ),
        (Ok(_), Lang::Ja) => (
            StatusCode::OK,
            "このウィンドウは閉じてかまいません",
            "サインインしました。ターミナルに戻ってください。",
        ),
        (Err(_), Lang::En) => (
            StatusCode::BAD_REQUEST,
            "You are not signed in",
            "The terminal says more. You can close this window and start again there.",
        ),
        (Err(_), Lang::Ja) => (
            StatusCode::BAD_REQUEST,
            "サインインしていません",
            "詳しくはターミナルをご覧ください。このウィンドウを閉じて、ターミナルからやり直してください。",
        ),
    };
    let code = outcome.as_ref().err().map(ToString::to_string);
    // No way to another language: a second GET of this address would be another answer.
    render(
        status,
        lang,
        "terminal.html",
        context! { here => (), title, text, code },
    )
}

async fn show_accounts(oidc: &OidcClient, bank: &BankClient, tokens: &mut Tokens) {
    let outcome = match oidc.fresh_access_token(tokens).await {
        Ok(token) => bank.accounts(token).await.map_err(CallError::from),
        Err(error) => Err(error.into()),
    };
    match outcome {
        Ok(accounts) => print!("{}", table(&accounts)),
        Err(error) => println!("{}", explained(&error)),
    }
}

async fn pay(oidc: &OidcClient, bank: &BankClient, tokens: &mut Tokens, payment: &Payment) {
    let outcome = match oidc.fresh_access_token(tokens).await {
        Ok(token) => bank.pay(token, payment).await.map_err(CallError::from),
        Err(error) => Err(error.into()),
    };
    match outcome {
        Ok(account) => println!("Paid. {} holds {} now.", account.number, yen(account.balance)),
        Err(error) => println!("{}", explained(&error)),
    }
}

/// What happened, and what to do.
fn explained(error: &CallError) -> String {
    let remedy = if error.is_permission_gone() {
        "\nThe permission was taken back, or has ended. Start this program again to ask for it anew."
    } else if error.missing_scope().is_some() {
        "\nYou did not allow this. Start this program again and leave the box ticked."
    } else {
        ""
    };
    format!("{error}{remedy}")
}

fn table(accounts: &[Account]) -> String {
    use std::fmt::Write as _;
    let mut text = format!("{:<12}{:<10}{:>14}\n", "Account", "Number", "Balance");
    for account in accounts {
        let kind = match account.kind {
            Kind::Everyday => "Everyday",
            Kind::Savings => "Savings",
        };
        let balance = yen(account.balance);
        // Writing to a String does not fail.
        let _ = writeln!(text, "{kind:<12}{:<10}{balance:>14}", account.number);
    }
    text
}

fn prompt() {
    print!("> ");
    let _ = std::io::stdout().flush();
}

/// The lines that the user types, read on a thread of its own: reading blocks, and cannot be cancelled.
fn lines_of_input() -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel(1);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if sender.blocking_send(line).is_err() {
                break;
            }
        }
    });
    lines
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use tower::ServiceExt as _;

    use super::super::bank_client::ApiError;
    use super::super::oidc_client::test_client;
    use super::*;

    #[test]
    fn accounts_are_a_table() {
        let account = Account {
            number: "001-2041".to_owned(),
            kind: Kind::Everyday,
            balance: 248_300,
        };
        let expected = "Account     Number           Balance\nEveryday    001-2041        ¥248,300\n";
        assert_eq!(table(&[account]), expected);
    }

    #[test]
    fn a_permission_that_is_gone_is_told_with_its_status() {
        let error = "invalid_token".to_owned();
        let gone = explained(&CallError::Api(ApiError::TokenRefused { error }));
        assert!(
            gone.starts_with("HTTP 401 invalid_token\nThe permission was taken back"),
            "{gone}"
        );
        let other = explained(&CallError::Api(ApiError::Unreachable("x".to_owned())));
        assert!(!other.contains('\n'), "{other}");
    }

    #[tokio::test]
    async fn a_strangers_answer_is_refused_and_the_program_goes_on_waiting() {
        let (outcome, mut outcomes) = mpsc::channel(1);
        let callback = Callback {
            oidc: test_client(),
            pending: Mutex::new(Some(Pending::new())),
            outcome,
        };
        let request = Request::get("/callback?code=c&state=guessed&iss=https://id.example");
        let request = request.body(Body::empty()).unwrap();
        let response = router(callback).oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        assert!(matches!(
            outcomes.try_recv(),
            Err(mpsc::error::TryRecvError::Disconnected)
        ));
    }
}
