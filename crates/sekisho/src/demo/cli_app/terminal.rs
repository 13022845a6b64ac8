//! What the user types, and what they read.

use std::fmt::Write as _;
use std::io::{BufRead as _, Write as _};

use tokio::sync::mpsc;

use super::super::bank::{Account, Kind, Payment, yen};

const HELP: &str = "accounts | pay FROM AMOUNT PAYEE | quit";

/// Who does what the user types. A refusal is a text for them.
pub(super) trait Bank {
    async fn accounts(&self) -> Result<Vec<Account>, String>;
    async fn pay(&self, payment: &Payment) -> Result<Account, String>;
}

/// Shows the accounts, and takes commands until the input ends.
pub(super) async fn converse(bank: &impl Bank) {
    show_accounts(bank).await;
    println!("Commands: {HELP}");
    let mut lines = lines_of_input();
    prompt();
    while let Some(line) = lines.recv().await {
        match line.split_whitespace().collect::<Vec<_>>().as_slice() {
            [] => {}
            ["accounts"] => show_accounts(bank).await,
            ["pay", from, amount, payee @ ..] if !payee.is_empty() => {
                let payment = Payment {
                    from: (*from).to_owned(),
                    payee: payee.join(" "),
                    // What is no number is refused by the API, which has to check it anyway.
                    amount: amount.parse().unwrap_or(0),
                };
                match bank.pay(&payment).await {
                    Ok(account) => println!("Paid. {} holds {} now.", account.number, yen(account.balance)),
                    Err(refusal) => println!("{refusal}"),
                }
            }
            ["quit" | "exit"] => break,
            _ => println!("Commands: {HELP}"),
        }
        prompt();
    }
    println!();
}

/// Something that the user did not ask for, said while they may be typing.
pub(super) fn mention(text: &str) {
    println!("\r({text})");
    prompt();
}

async fn show_accounts(bank: &impl Bank) {
    match bank.accounts().await {
        Ok(accounts) => print!("{}", table(&accounts)),
        Err(refusal) => println!("{refusal}"),
    }
}

fn table(accounts: &[Account]) -> String {
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

#[cfg(test)]
mod tests {
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
}
