use testkit::pki::{Authority, Subject};

use super::{denied, identity, itself, permitted, protected, refused};
use crate::bank::Bank;

const ROUTES: &str = "route = [{ path = \"/accounts\", access = [\"client_certificate\"], scope = [\"accounts:read\"] }, \
                      { path = \"/either\", access = [\"client_certificate\", \"token\"] }]";

fn client(id: &str, method: &str, member: &str) -> String {
    format!(
        "[[client]]\nclient_id = \"{id}\"\ntoken_endpoint_auth_method = \"{method}\"\n{member}\nresponse_types = []\n\
         grant_types = [\"client_credentials\"]\nscope = \"accounts:read\"\n\n"
    )
}

fn by_subject(id: &str, subject: &str) -> String {
    let member = format!("tls_client_auth_subject_dn = \"{subject}\"");
    client(id, "tls_client_auth", &member)
}

async fn bank(ca: &Authority, more: &str) -> Bank {
    let realm = protected(ROUTES, more);
    let top = format!("client_ca = ['''{}''']\n", ca.pem());
    Bank::behind_proxy(move |issuer| top + &realm(issuer)).await
}

#[tokio::test]
async fn a_client_is_known_by_the_certificate_that_it_registered() {
    let (ca, other) = (Authority::new("CA"), Authority::new("Other"));
    let own = Subject::named("self").self_signed();
    let keys = format!("jwks = {{ keys = [{}] }}", own.jwk_toml());
    let clients = by_subject("dn", "CN=App,O=Example") + &client("self", "self_signed_tls_client_auth", &keys);
    let bank = bank(&ca, &clients).await;
    let app = ca.issue(&Subject::named("App").organization("Example"));
    for (shown, client_id) in [(&app, "dn"), (&own, "self")] {
        // Found the first time, remembered the second.
        for _ in 0..2 {
            let permitted = permitted(&bank, "/accounts", &[], Some(shown)).await;
            assert_eq!(identity(&permitted), itself(client_id, "accounts:read"));
        }
        permitted(&bank, "/either", &[], Some(shown)).await;
    }
    for stranger in [
        ca.issue(&Subject::named("Another").organization("Example")),
        other.issue(&Subject::named("App").organization("Example")),
        Subject::named("self").self_signed(),
    ] {
        for _ in 0..2 {
            let (status, error, reason) = refused(&bank, "/accounts", &[], Some(&stranger)).await;
            // There is no challenge for certificates, and so no 401.
            assert_eq!(
                (status, error.as_str(), reason.as_str()),
                (403, "invalid_client", "client_access.nobodys")
            );
        }
    }
    assert_eq!(denied(&bank, "/accounts", &[], None).await.answer().status, 403);
    assert_eq!(denied(&bank, "/either", &[], None).await.answer().status, 401);
}

#[tokio::test]
async fn what_is_remembered_of_a_certificate_is_not_believed() {
    let ca = Authority::new("CA");
    let bank = bank(&ca, &by_subject("dn", "CN=App")).await;
    let app = ca.issue(&Subject::named("App"));
    permitted(&bank, "/accounts", &[], Some(&app)).await;
    bank.disable_client("dn").await;
    let (status, _, reason) = refused(&bank, "/accounts", &[], Some(&app)).await;
    assert_eq!((status, reason.as_str()), (403, "client.disabled"));
}

#[tokio::test]
async fn a_certificate_that_would_do_for_two_clients_is_nobodys() {
    let ca = Authority::new("CA");
    let bank = bank(&ca, &(by_subject("one", "CN=App") + &by_subject("two", "CN=App"))).await;
    let app = ca.issue(&Subject::named("App"));
    let (_, _, reason) = refused(&bank, "/accounts", &[], Some(&app)).await;
    assert_eq!(reason, "client_access.nobodys");
}
