use jose::{JwsError, Signer as _, SigningKey};
use serde_json::json;

use super::*;

const NOW: i64 = 1_800_000_000;
const URL: &str = "https://id.example/token";

struct Client {
    key: SigningKey,
    check_algs: Vec<SigningAlg>,
}

impl Client {
    fn new(alg: SigningAlg) -> Self {
        Self {
            key: SigningKey::generate(alg).unwrap().0,
            check_algs: vec![SigningAlg::Ps256, SigningAlg::Es256, SigningAlg::EdDsa],
        }
    }

    /// A proof for `POST` to [`URL`] with members of header and claims replaced; `null` removes one.
    fn proof(&self, header: &Value, claims: &Value) -> String {
        let mut jwk = serde_json::to_value(self.key.public_jwk()).unwrap();
        jwk["kid"].take();
        let own_header = json!({"typ": TYP, "alg": self.key.alg(), "jwk": jwk});
        let own_claims = json!({"jti": "1", "htm": "POST", "htu": URL, "iat": NOW});
        let part = |own: Value, changes: &Value| {
            let mut own = own.as_object().unwrap().clone();
            own.extend(changes.as_object().unwrap().clone());
            own.retain(|_, value| !value.is_null());
            b64::encode(Value::Object(own).to_string())
        };
        let input = format!("{}.{}", part(own_header, header), part(own_claims, claims));
        let signature = b64::encode(self.key.sign(input.as_bytes()).unwrap());
        format!("{input}.{signature}")
    }

    fn check_with(&self, proof: &str, access_token: Option<&str>, now: i64) -> Result<Proof, ProofError> {
        let targets = [URL, "https://mtls.id.example/token"].map(|url| TargetUri::parse(url).unwrap());
        let check = ProofCheck {
            method: "POST",
            targets: &targets,
            access_token,
            algs: &self.check_algs,
            now,
        };
        check.check(&[proof]).map(Option::unwrap)
    }

    fn header(&self, changes: &Value) -> Result<Proof, ProofError> {
        self.check_with(&self.proof(changes, &json!({})), None, NOW)
    }

    fn claims(&self, changes: &Value) -> Result<Proof, ProofError> {
        self.check_with(&self.proof(&json!({}), changes), None, NOW)
    }
}

fn es256() -> Client {
    Client::new(SigningAlg::Es256)
}

/// The examples of §4.1 and §7.1, whose signatures verify.
// Conformance: B116 DPOP-04 DPOP-RS-01
#[test]
fn rfc9449_figures_2_and_12() {
    let header = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19";
    let token_request = format!(
        "{header}.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg"
    );
    let resource_request = format!(
        "{header}.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA"
    );
    let check = |method, url: &str, access_token, now, proof: &str| {
        let check = ProofCheck {
            method,
            targets: &[TargetUri::parse(url).unwrap()],
            access_token,
            algs: &[SigningAlg::Es256],
            now,
        };
        check.check(&[proof])
    };
    let proof = check(
        "POST",
        "https://server.example.com/token",
        None,
        1_562_262_616,
        &token_request,
    );
    assert_eq!(
        proof.unwrap().unwrap().jkt(),
        "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
    );
    let (url, token) = (
        "https://resource.example.org/protectedresource",
        "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU",
    );
    let proof = check("GET", url, Some(token), 1_562_262_618, &resource_request);
    assert!(proof.unwrap().is_some());
    let other = check("GET", url, Some("another"), 1_562_262_618, &resource_request);
    assert_eq!(other, Err(ProofError::AccessToken));
}

// Conformance: B116 DPOP-01
#[test]
fn there_is_one_header_or_none() {
    let client = es256();
    let proof = client.proof(&json!({}), &json!({}));
    let targets = [TargetUri::parse(URL).unwrap()];
    let check = ProofCheck {
        method: "POST",
        targets: &targets,
        access_token: None,
        algs: &SigningAlg::ALL,
        now: NOW,
    };
    assert_eq!(check.check(&[]), Ok(None));
    assert!(check.check(&[&proof]).unwrap().is_some());
    assert_eq!(check.check(&[&proof, &proof]), Err(ProofError::Repeated));
    let joined = format!("{proof}, {proof}");
    for text in [
        joined.as_str(),
        "",
        "a.b.c",
        "not a jwt",
        &proof[1..],
        &proof.replace('.', ""),
    ] {
        assert!(check.check(&[text]).is_err(), "{text}");
    }
}

// Conformance: B116 DPOP-02
#[test]
fn every_claim_that_a_proof_must_have_is_asked_for() {
    let client = es256();
    for name in ["jti", "htm", "htu", "iat"] {
        assert_eq!(client.claims(&json!({name: null})), Err(ProofError::Missing(name)));
        assert_eq!(client.claims(&json!({name: [1]})), Err(ProofError::Malformed(name)));
    }
    assert_eq!(client.claims(&json!({"jti": ""})), Err(ProofError::Malformed("jti")));
    assert_eq!(client.claims(&json!({"nonce": 1})), Err(ProofError::Malformed("nonce")));
    assert_eq!(client.claims(&json!({"nonce": "n"})).unwrap().nonce(), Some("n"));
    assert_eq!(client.claims(&json!({})).unwrap().nonce(), None);
}

// Conformance: B116 DPOP-03
#[test]
fn the_header_says_what_it_is_and_holds_a_public_key_alone() {
    let client = es256();
    for typ in [
        json!(null),
        json!("JWT"),
        json!("dpop"),
        json!("DPOP+JWT"),
        json!("application/dpop+jwt"),
    ] {
        assert_eq!(client.header(&json!({"typ": typ})), Err(ProofError::Type), "{typ}");
    }
    for alg in ["none", "HS256", "ES384", "unknown"] {
        assert_eq!(
            client.header(&json!({"alg": alg})),
            Err(JwsError::AlgNotAllowed.into()),
            "{alg}"
        );
    }
    assert_eq!(client.header(&json!({"alg": null})), Err(JwsError::BadHeader.into()));
    assert_eq!(client.header(&json!({"jwk": null})), Err(SelfSignedError::NoKey.into()));
    let mut jwk = serde_json::to_value(client.key.public_jwk()).unwrap();
    jwk["d"] = json!("AA");
    assert_eq!(
        client.header(&json!({"jwk": jwk})),
        Err(SelfSignedError::PrivateKey.into())
    );
    assert_eq!(
        client.header(&json!({"jwk": {"kty": "oct", "k": "AA"}})),
        Err(SelfSignedError::PrivateKey.into())
    );
    assert_eq!(
        client.header(&json!({"crit": ["x"]})),
        Err(JwsError::CriticalExtension.into())
    );
    let rsa = Client::new(SigningAlg::Rs256);
    assert_eq!(rsa.claims(&json!({})), Err(JwsError::AlgNotAllowed.into()));
}

// Conformance: B116 DPOP-04
#[test]
fn the_signature_is_of_the_key_in_the_header_over_all_of_it() {
    for alg in [SigningAlg::Ps256, SigningAlg::Es256, SigningAlg::EdDsa] {
        let client = Client::new(alg);
        let proof = client.claims(&json!({})).unwrap();
        assert_eq!((proof.jkt(), proof.alg(), proof.iat()), (client.key.kid(), alg, NOW));
        let other = serde_json::to_value(Client::new(alg).key.public_jwk()).unwrap();
        assert_eq!(
            client.header(&json!({"jwk": other})),
            Err(JwsError::BadSignature.into())
        );
        let (one, two) = (
            client.proof(&json!({}), &json!({})),
            client.proof(&json!({}), &json!({"jti": "2"})),
        );
        let mixed = format!(
            "{}.{}",
            two.rsplit_once('.').unwrap().0,
            one.rsplit_once('.').unwrap().1
        );
        assert_eq!(client.check_with(&mixed, None, NOW), Err(JwsError::BadSignature.into()));
    }
}

// Conformance: B116 DPOP-05
#[test]
fn a_proof_is_for_one_method_and_one_url() {
    let client = es256();
    for htm in ["GET", "PUT", "post"] {
        assert_eq!(client.claims(&json!({"htm": htm})), Err(ProofError::Method), "{htm}");
    }
    for htu in [
        "https://mtls.id.example/token",
        "https://ID.example:443/token?x=1#y",
        "HTTPS://id.example/token",
    ] {
        assert!(client.claims(&json!({"htu": htu})).is_ok(), "{htu}");
    }
    for htu in [
        "https://id.example/par",
        "http://id.example/token",
        "https://id.example",
    ] {
        assert_eq!(client.claims(&json!({"htu": htu})), Err(ProofError::Target), "{htu}");
    }
    assert_eq!(
        client.claims(&json!({"htu": "/token"})),
        Err(ProofError::Malformed("htu"))
    );
}

// Conformance: B116 DPOP-06 F2-AS-12
#[test]
fn a_proof_is_good_for_a_minute_and_clocks_may_differ_a_little() {
    let client = es256();
    for iat in [
        json!(NOW),
        json!(NOW - 10),
        json!(NOW - MAX_AGE),
        json!(NOW + 10),
        json!(NOW + 60),
    ] {
        assert!(client.claims(&json!({"iat": iat})).is_ok(), "{iat}");
    }
    #[expect(clippy::cast_precision_loss, reason = "the time has few digits")]
    let fraction = json!(NOW as f64 + 0.5);
    assert_eq!(client.claims(&json!({"iat": fraction})).unwrap().iat(), NOW);
    for iat in [NOW - MAX_AGE - 1, NOW - 3600, i64::MIN] {
        assert_eq!(client.claims(&json!({"iat": iat})), Err(ProofError::Old), "{iat}");
    }
    for iat in [NOW + 61, NOW + 3600, i64::MAX] {
        assert_eq!(client.claims(&json!({"iat": iat})), Err(ProofError::NotYet), "{iat}");
    }
}

// Conformance: B117
#[test]
fn what_is_not_known_is_ignored_and_so_are_nbf_and_exp() {
    let client = es256();
    assert!(
        client
            .header(&json!({"kid": "k", "x5t": "a", "more": {"a": 1}}))
            .is_ok()
    );
    assert!(
        client
            .claims(&json!({"exp": NOW - 3600, "nbf": NOW + 3600, "iss": "app", "ath": "x", "more": [1]}))
            .is_ok()
    );
}

// Conformance: B116 DPOP-RS-01
#[test]
fn a_proof_beside_a_token_names_it() {
    let client = es256();
    let with = |ath: Value| client.check_with(&client.proof(&json!({}), &json!({"ath": ath})), Some("token"), NOW);
    assert!(with(json!(b64::encode(sha256(b"token")))).is_ok());
    assert_eq!(with(json!(b64::encode(sha256(b"other")))), Err(ProofError::AccessToken));
    assert_eq!(with(json!(null)), Err(ProofError::Missing("ath")));
}

#[test]
fn a_giant_proof_is_not_looked_at() {
    let client = es256();
    let giant = client.proof(&json!({}), &json!({"more": "x".repeat(LONGEST_PROOF)}));
    assert_eq!(client.check_with(&giant, None, NOW), Err(ProofError::TooLong));
}

// Conformance: B116 DPOP-07
#[test]
fn a_proof_is_seen_once_as_long_as_it_could_be_used() {
    let (client, other) = (es256(), es256());
    let mut seen = SeenProofs::new(3);
    let proof = |client: &Client, jti: &str| client.claims(&json!({"jti": jti})).unwrap();
    let first = proof(&client, "1");
    assert_eq!(seen.remember(&first, NOW), Unseen::Now);
    assert!(seen.contains(&first) && !seen.contains(&proof(&client, "2")));
    assert_eq!(
        seen.remember(&proof(&other, "1"), NOW + 1),
        Unseen::Now,
        "another's jti"
    );
    for later in [0, MAX_AGE, WINDOW, WINDOW + 1, WINDOW + MAX_AGE] {
        assert_eq!(seen.remember(&first, NOW + later), Unseen::Before, "{later}");
    }
    assert_eq!(seen.remember(&proof(&client, "3"), NOW + WINDOW + MAX_AGE), Unseen::Now);
    assert_eq!(
        seen.remember(&proof(&client, "4"), NOW + WINDOW + MAX_AGE),
        Unseen::Full
    );
    assert_eq!(seen.remember(&proof(&client, "4"), NOW + 2 * WINDOW + 2), Unseen::Now);
    assert!(!seen.is_empty(NOW + 2 * WINDOW + 3));
    assert!(seen.is_empty(NOW + 10 * WINDOW));
}
