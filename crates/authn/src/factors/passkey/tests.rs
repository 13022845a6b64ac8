use model::User;
use protocol::Acr;
use serde_json::Value;
use storage::{Change, Outcome};
use testkit::{
    Authenticator,
    pki::{Authority, Subject},
};

use super::*;
use crate::test_realm::TestRealm;

const ORIGIN: &str = "https://id.example.com";
const FLOW: &str = "a-flow";

struct Place {
    test: TestRealm,
    alice: User,
}

impl Place {
    async fn new() -> Self {
        let test = TestRealm::new().await;
        let alice = test.user("alice").await;
        Self { test, alice }
    }

    fn begin_enrolment(&self) -> Begun {
        registration::begin(self.test.realm(), FLOW, &self.alice, &[]).unwrap()
    }

    fn finish_enrolment(&self, begun: &Begun, made: &Value) -> Result<NewPasskey, PasskeyRefusal> {
        let form = (begun.carried.as_str(), made.to_string());
        registration::finish(self.test.realm(), (FLOW, &self.alice), (form.0, &form.1))
    }

    fn enrol(&self, authenticator: &mut Authenticator) -> Credential {
        let begun = self.begin_enrolment();
        let made = authenticator.create(&begun.options);
        self.finish_enrolment(&begun, &made).unwrap().credential
    }

    fn ask(&self, verification: Verification) -> Begun {
        authentication::begin(self.test.realm(), FLOW, None, verification).unwrap()
    }

    fn ask_alice(&self, credential: &Credential, verification: Verification) -> Begun {
        let whose = Some((&self.alice, std::slice::from_ref(credential)));
        authentication::begin(self.test.realm(), FLOW, whose, verification).unwrap()
    }

    fn finish(&self, begun: &Begun, shown: &Value, credential: &Credential) -> Result<Proof, PasskeyRefusal> {
        self.finish_for(&self.alice, begun, shown, credential)
    }

    fn finish_for(&self, owner: &User, begun: &Begun, shown: &Value, of: &Credential) -> Result<Proof, PasskeyRefusal> {
        let realm = self.test.realm();
        let answered = authentication::answered(realm, FLOW, (&begun.carried, &shown.to_string()))?;
        authentication::finish(realm, &answered, (of, owner))
    }

    /// A sign-in without a name.
    fn show(&self, authenticator: &mut Authenticator, credential: &Credential) -> Result<Proof, PasskeyRefusal> {
        let begun = self.ask(Verification::Required);
        let shown = authenticator.get(&begun.options);
        self.finish(&begun, &shown, credential)
    }
}

fn key() -> Authenticator {
    Authenticator::at(ORIGIN)
}

#[tokio::test]
async fn a_passkey_is_enrolled_and_signs_its_owner_in_without_a_name() {
    let place = Place::new().await;
    let mut key = key();
    let credential = place.enrol(&mut key);
    assert_eq!(credential.id(), key.credential_id);
    assert!(credential.verifies_user() && !credential.is_syncable());

    let begun = place.ask(Verification::Required);
    assert_eq!(begun.options["rpId"], "id.example.com");
    assert_eq!(begun.options["userVerification"], "required");
    assert_eq!(begun.options["allowCredentials"], serde_json::json!([]));
    let shown = key.get(&begun.options);
    let proof = place.finish(&begun, &shown, &credential).unwrap();
    assert!(proof.is_verified);
    assert_eq!((credential.counter(), proof.credential.counter()), (0, 1));
}

#[tokio::test]
async fn what_is_asked_for_at_enrolment() {
    let place = Place::new().await;
    let credential = place.enrol(&mut key());
    let begun = registration::begin(
        place.test.realm(),
        FLOW,
        &place.alice,
        std::slice::from_ref(&credential),
    )
    .unwrap();
    let options = begun.options;
    assert_eq!(options["rp"]["id"], "id.example.com");
    assert_eq!(options["attestation"], "none");
    assert_eq!(options["authenticatorSelection"]["residentKey"], "preferred");
    assert_eq!(options["authenticatorSelection"]["userVerification"], "preferred");
    assert_eq!(
        options["excludeCredentials"][0]["id"],
        jose::b64::encode(credential.id())
    );
    assert!(
        options.get("extensions").is_none() && options.get("hints").is_none(),
        "{options}"
    );
    assert!(!options["user"]["id"].as_str().unwrap().contains("alice"));
}

#[tokio::test]
async fn a_key_that_is_only_touched_is_a_second_factor_and_no_more() {
    let place = Place::new().await;
    let mut key = key();
    (key.verifies_user, key.user_handle) = (false, None);
    let credential = place.enrol(&mut key);
    assert!(!credential.verifies_user());
    key.user_handle = None;

    let begun = place.ask_alice(&credential, Verification::Preferred);
    assert_eq!(
        begun.options["allowCredentials"][0]["id"],
        jose::b64::encode(credential.id())
    );
    let shown = key.get(&begun.options);
    assert!(!place.finish(&begun, &shown, &credential).unwrap().is_verified);

    // Where it stands alone it must verify; and a PIN that it got later, perhaps from a thief, makes it no more than it was.
    for verifies_user in [false, true] {
        key.verifies_user = verifies_user;
        let begun = place.ask_alice(&credential, Verification::Required);
        let shown = key.get(&begun.options);
        let refused = place.finish(&begun, &shown, &credential);
        assert!(matches!(refused, Err(PasskeyRefusal::NotVerified)), "{verifies_user}");
    }
    let begun = place.ask_alice(&credential, Verification::Preferred);
    let shown = key.get(&begun.options);
    assert!(!place.finish(&begun, &shown, &credential).unwrap().is_verified);
}

#[tokio::test]
async fn who_was_verified_at_enrolment_is_verified_each_time() {
    let place = Place::new().await;
    let mut key = key();
    let credential = place.enrol(&mut key);
    key.verifies_user = false;
    for verification in [Verification::Required, Verification::Preferred] {
        let begun = place.ask_alice(&credential, verification);
        let shown = key.get(&begun.options);
        let refused = place.finish(&begun, &shown, &credential);
        assert!(matches!(refused, Err(PasskeyRefusal::NotVerified)), "{verification:?}");
    }
}

#[tokio::test]
async fn a_synced_passkey_does_not_count_and_is_no_hardware() {
    let place = Place::new().await;
    let mut key = key();
    key.is_synced = true;
    let credential = place.enrol(&mut key);
    assert!(credential.is_syncable());
    for _ in 0..2 {
        assert!(place.show(&mut key, &credential).unwrap().is_verified);
    }
    // One that could not be copied and suddenly can be is another.
    let mut bound = Authenticator::at(ORIGIN);
    let credential = place.enrol(&mut bound);
    bound.is_synced = true;
    assert!(matches!(
        place.show(&mut bound, &credential),
        Err(PasskeyRefusal::Wrong(_))
    ));
}

#[tokio::test]
async fn another_origin_relying_party_or_challenge_is_refused() {
    let place = Place::new().await;
    let mut key = key();
    let credential = place.enrol(&mut key);
    for origin in [
        "https://id.example.com.evil.example",
        "https://evil.id.example.com",
        "https://id.example.com:8443",
        "http://id.example.com",
        "https://example.com",
    ] {
        let mut elsewhere = key.clone();
        elsewhere.origin = origin.to_owned();
        let refused = place.show(&mut elsewhere, &credential);
        assert!(matches!(refused, Err(PasskeyRefusal::Wrong(_))), "{origin}");
        let begun = place.begin_enrolment();
        let mut elsewhere = Authenticator::at(origin);
        let made = elsewhere.create(&begun.options);
        let refused = place.finish_enrolment(&begun, &made);
        assert!(matches!(refused, Err(PasskeyRefusal::Wrong(_))), "{origin}");
    }

    let mut other = key.clone();
    other.rp_id = Some("example.com".to_owned());
    assert!(matches!(
        place.show(&mut other, &credential),
        Err(PasskeyRefusal::Wrong(_))
    ));

    let (begun, earlier) = (place.ask(Verification::Required), place.ask(Verification::Required));
    let shown = key.get(&earlier.options);
    assert!(matches!(
        place.finish(&begun, &shown, &credential),
        Err(PasskeyRefusal::Wrong(_))
    ));

    // Another key under the same id.
    let mut forger = Authenticator::at(ORIGIN);
    (forger.credential_id, forger.user_handle) = (key.credential_id.clone(), key.user_handle.clone());
    forger.counter = 100;
    assert!(matches!(
        place.show(&mut forger, &credential),
        Err(PasskeyRefusal::Wrong(_))
    ));

    // Nobody touched it.
    key.is_touched = false;
    assert!(matches!(
        place.show(&mut key, &credential),
        Err(PasskeyRefusal::Wrong(_))
    ));
}

#[tokio::test]
async fn a_counter_that_went_back_tells_of_a_copy() {
    let place = Place::new().await;
    let mut key = key();
    let enrolled = place.enrol(&mut key);
    let mut copy = key.clone();
    for _ in 0..3 {
        key.counter += 1;
    }
    let credential = place.show(&mut key, &enrolled).unwrap().credential;
    assert_eq!(credential.counter(), 4);
    for _ in 0..4 {
        assert!(matches!(
            place.show(&mut copy, &credential),
            Err(PasskeyRefusal::Cloned)
        ));
    }
    assert!(place.show(&mut key, &credential).is_ok());
}

#[tokio::test]
async fn a_passkey_is_its_owners_alone() {
    let place = Place::new().await;
    let bob = place.test.user("bob").await;
    let mut key = key();
    let credential = place.enrol(&mut key);

    // Shown where Bob is asked.
    let whose = Some((&bob, std::slice::from_ref(&credential)));
    let begun = authentication::begin(place.test.realm(), FLOW, whose, Verification::Preferred).unwrap();
    let shown = key.get(&begun.options);
    assert!(matches!(
        place.finish(&begun, &shown, &credential),
        Err(PasskeyRefusal::Unknown)
    ));
    // It names Alice, and is looked up as Bob's; or names nobody where nobody is known.
    let begun = place.ask(Verification::Required);
    let shown = key.get(&begun.options);
    let as_bobs = place.finish_for(&bob, &begun, &shown, &credential);
    assert!(matches!(as_bobs, Err(PasskeyRefusal::Unknown)));
    key.user_handle = None;
    assert!(matches!(
        place.show(&mut key, &credential),
        Err(PasskeyRefusal::Unknown)
    ));
    // Another credential than the one that was looked up.
    let mut other = Authenticator::at(ORIGIN);
    place.enrol(&mut other);
    assert!(matches!(
        place.show(&mut other, &credential),
        Err(PasskeyRefusal::Unknown)
    ));

    // A ceremony that Alice began does not enrol for Bob.
    let begun = place.begin_enrolment();
    let made = Authenticator::at(ORIGIN).create(&begun.options).to_string();
    let for_bob = registration::finish(place.test.realm(), (FLOW, &bob), (&begun.carried, &made));
    assert!(matches!(for_bob, Err(PasskeyRefusal::Over)));
}

#[tokio::test]
async fn a_challenge_counts_in_its_flow_for_half_an_hour_and_for_its_purpose() {
    let place = Place::new().await;
    let realm = place.test.realm();
    let mut key = key();
    let credential = place.enrol(&mut key);
    let begun = place.ask(Verification::Required);
    let shown = key.get(&begun.options).to_string();

    let elsewhere = authentication::answered(realm, "another-flow", (&begun.carried, &shown));
    assert!(matches!(elsewhere, Err(PasskeyRefusal::Over)));
    let purpose = registration::finish(realm, (FLOW, &place.alice), (&begun.carried, &shown));
    assert!(matches!(purpose, Err(PasskeyRefusal::Over)));
    let flow = model::Flow::new(model::Goal::Account, realm.now());
    let flow = jose::b64::encode(realm.seal(realm::Purpose::Flow, &flow).unwrap());
    for carried in ["", "%", "AAAA", &flow, &begun.carried[1..]] {
        let answered = authentication::answered(realm, FLOW, (carried, &shown));
        assert!(matches!(answered, Err(PasskeyRefusal::Over)), "{carried}");
    }
    for text in ["", "{}", "null", &"[".repeat(40_000)] {
        let answered = authentication::answered(realm, FLOW, (&begun.carried, text));
        assert!(matches!(answered, Err(PasskeyRefusal::Unreadable)));
    }
    realm.clock.advance(model::flow::LIFETIME - 1);
    assert!(place.show(&mut key, &credential).is_ok());
    assert!(authentication::answered(realm, FLOW, (&begun.carried, &shown)).is_ok());
    realm.clock.advance(1);
    let late = authentication::answered(realm, FLOW, (&begun.carried, &shown));
    assert!(matches!(late, Err(PasskeyRefusal::Over)));
}

#[tokio::test]
async fn of_64_who_send_the_same_answer_one_gets_in() {
    let place = Place::new().await;
    let mut key = key();
    let credential = place.enrol(&mut key);
    let begun = place.ask(Verification::Required);
    let shown = key.get(&begun.options);
    let mut waiting = Vec::new();
    for _ in 0..64 {
        let proof = place.finish(&begun, &shown, &credential).unwrap();
        let store = place.test.realm().store.clone();
        let change = Change::new().then_all(proof.used);
        waiting.push(tokio::spawn(async move { store.commit(change).await.unwrap() }));
    }
    let mut applied = 0;
    for outcome in waiting {
        applied += usize::from(outcome.await.unwrap() == Outcome::Applied);
    }
    assert_eq!(applied, 1);
}

/// What an authenticator proves that is enrolled at a realm which believes these makers.
async fn reached_by(key: &mut Authenticator, makers: &[&Authority]) -> Acr {
    let mut place = Place::new().await;
    place.test.settings_mut().passkey_ca = makers.iter().map(|maker| maker.pem()).collect();
    let begun = place.begin_enrolment();
    let asked = if makers.is_empty() { "none" } else { "direct" };
    assert_eq!(begun.options["attestation"], asked);
    let made = key.create(&begun.options);
    let new = place.finish_enrolment(&begun, &made).unwrap();
    let row = authenticator(&place.alice, &new).unwrap();
    let now = place.test.realm().now();
    let row = model::Authenticator {
        active_at: Some(now),
        ..row
    };
    let would = would_prove(&row, now);
    let insert = storage::authenticator::insert(place.test.realm().issuer(), &row).unwrap();
    let stored = place
        .test
        .realm()
        .store
        .commit(Change::new().then(insert))
        .await
        .unwrap();
    assert_eq!(stored, Outcome::Applied);
    let begun = place.ask(Verification::Required);
    let shown = key.get(&begun.options).to_string();
    let (_, verified) = verify(place.test.realm(), FLOW, (&begun.carried, &shown))
        .await
        .unwrap();
    assert_eq!(verified.proof, would);
    protocol::assurance::reached(&[verified.proof], now).acr
}

#[tokio::test]
async fn a_key_in_hardware_for_which_a_maker_vouches_reaches_the_highest_level() {
    let (maker, other) = (Authority::new("Maker Root"), Authority::new("Another Root"));
    let model = maker.issue(&Subject::named("Model 5").authenticator_model("Maker"));
    for (is_vouched, is_synced, makers, expected) in [
        (true, false, vec![&other, &maker], Acr::Loa4),
        (true, false, vec![&other], Acr::Phr),
        (true, false, vec![], Acr::Phr),
        (false, false, vec![&maker], Acr::Phr),
        (true, true, vec![&maker], Acr::Phr),
    ] {
        let mut key = key();
        key.maker = is_vouched.then(|| model.clone());
        key.is_synced = is_synced;
        assert_eq!(reached_by(&mut key, &makers).await, expected);
    }
}

#[tokio::test]
async fn what_a_maker_did_not_sign_is_refused() {
    let maker = Authority::new("Maker Root");
    let mut place = Place::new().await;
    place.test.settings_mut().passkey_ca = vec![maker.pem()];
    let mut forged = maker.issue(&Subject::named("Model 5").authenticator_model("Maker"));
    // The certificate is the maker's, the signature somebody else's.
    let theirs = forged.der.clone();
    forged = Authority::new("Forger").issue(&Subject::named("Model 5").authenticator_model("Maker"));
    forged.der = theirs;
    let mut key = key();
    key.maker = Some(forged);
    let begun = place.begin_enrolment();
    let made = key.create(&begun.options);
    assert!(matches!(
        place.finish_enrolment(&begun, &made),
        Err(PasskeyRefusal::Wrong(_))
    ));
}
