//! A code that is sent to the verified address of a user who is signed in, where a rule of the realm wants that proved.
//!
//! Spec: NIST SP 800-63B §5.1.3.1 (mail shows no device, so it is no factor), §5.2.2
//!
//! Nobody enrols it: whoever has a verified address has it. A code hangs on the secret of its session, which changes when it
//! is taken: so it counts once, and in that session alone. Nothing of it is stored.

use jose::b64;
use model::{Session, User};
use protocol::{Method, Proof};
use realm::{RealmContext, RealmError};

use super::FactorVerified;
use crate::{
    by_mail,
    email_code::{self, MINUTES},
    notice::{self, Content},
};

/// Sends a code; otherwise says in how many seconds another one may be asked for. It is counted apart from what anybody
/// has sent to the address who knows it, so that no stranger keeps its owner out.
pub(crate) async fn send(
    realm: &RealmContext,
    (session, user): (&Session, &User),
) -> Result<Result<(), i64>, RealmError> {
    let code = notice::verified_email(user).and_then(|email| email_code::now(realm, &what_for(session, user, email)));
    let code = code.ok_or_else(|| RealmError::Key("there is no key for codes yet".to_owned()))?;
    let content = Content::Code { code, minutes: MINUTES };
    let mail = notice::tell_until(realm, user, content, realm.now() + MINUTES * 60);
    Ok(by_mail::send_to_user(realm, &[format!("factor-mail/{}", user.id)], mail).await?)
}

/// Verifies what was typed. `None`: it is not the code of this session as it is now.
pub(crate) fn verify(realm: &RealmContext, (session, user): (&Session, &User), typed: &str) -> Option<FactorVerified> {
    let email = notice::verified_email(user)?;
    email_code::is_right(realm, &what_for(session, user, email), typed).then(|| FactorVerified {
        proof: Proof::of(Method::EmailCode, realm.now()),
        guards: Vec::new(),
    })
}

fn what_for(session: &Session, user: &User, email: &str) -> String {
    format!("factor {} {} {email}", user.id, b64::encode(&session.secret_hash))
}
