//! Sign-in with a passkey alone: nobody types a name.
//!
//! Spec: WebAuthn Level 3 §7.2, NIST SP 800-63B §5.2.2
//!
//! 1. Reserve a guess of the network's. Signatures are not guessed; but who tries shall not do so without end.
//! 2. Verify the answer: the passkey is enrolled, counts, and its owner is enabled. What is unknown and what is wrong look
//!    the same.
//! 3. Commit at once, as after a password: the challenge is used, the owner still enabled, the session begins.

use std::net::IpAddr;

use model::AuditKind;
use realm::{RealmContext, audit};
use storage::{Change, guess};

use super::{Browser, SignedIn, without_password};
use crate::{
    factors::passkey::{self, PasskeyRefusal},
    lane, user_code,
};

/// Signs in the owner of the passkey whose answer a form brought: the challenge that the page carried, and what the
/// browser made of it.
pub async fn sign_in_by_passkey(
    realm: &RealmContext,
    browser: &Browser<'_>,
    form: (&str, &str),
) -> Result<SignedIn, PasskeyRefusal> {
    // Step 1
    let address: Option<IpAddr> = browser.address.parse().ok();
    let lane = format!("passkey/?{}", address.map(user_code::network).unwrap_or_default());
    if !lane::reserve(realm, &lane).await? {
        refused(realm, "too many guesses");
        let retry_after = lane::retry_after(realm, &lane).await?;
        return Err(PasskeyRefusal::TooManyGuesses { retry_after });
    }

    // Step 2
    let (user, verified) = match passkey::verify(realm, browser.flow_id, form).await {
        Ok(verified) => verified,
        Err(refusal) => {
            if refusal.is_suspicious() {
                refused(realm, &refusal.to_string());
            } else {
                let _ = realm
                    .store
                    .commit(Change::new().then(guess::give_back(realm.issuer(), &lane)))
                    .await?;
            }
            return Err(refusal);
        }
    };

    // Step 3
    let give_back = guess::give_back(realm.issuer(), &lane);
    let signed_in = without_password::begin(realm, (browser, user), verified, Some(give_back)).await?;
    signed_in.ok_or_else(|| {
        refused(realm, "answered before, or changed meanwhile");
        PasskeyRefusal::Used
    })
}

fn refused(realm: &RealmContext, reason: &str) {
    tracing::info!(realm = realm.issuer(), reason, "sign-in by a passkey refused");
    audit::refused_anonymously(realm, AuditKind::SignInFailed, reason);
}
