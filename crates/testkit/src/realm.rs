//! Ready-made realm files.

/// A bank with two APIs (opaque tokens; JWTs), ten clients and the users `alice` and `bob`.
///
/// The password of a user is `<username>-password`, the secret of a confidential client `<client_id>-secret`.
/// The file itself, which the tests with others' clients read too, is `realms/bank.toml`.
pub fn bank(issuer: &str) -> String {
    include_str!("../realms/bank.toml").replace("ISSUER", issuer)
}

/// The password that [`bank`] gives a user.
pub fn password(username: &str) -> String {
    format!("{username}-password")
}

/// The secret that [`bank`] gives a confidential client.
pub fn secret(client_id: &str) -> String {
    format!("{client_id}-secret")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_issuer_is_put_in_and_the_secrets_are_as_told() {
        let realm = bank("http://localhost:1234");
        assert!(realm.contains("\"http://localhost:1234\"\n"));
        for client in [
            "web-app",
            "post-app",
            "robot",
            "bank-api",
            "kiosk",
            "till",
            "call-center",
        ] {
            assert!(realm.contains(&format!("= \"{}\"", secret(client))), "{client}");
        }
        for user in ["alice", "bob"] {
            assert!(realm.contains(&format!("= \"{}\"", password(user))), "{user}");
        }
    }
}
