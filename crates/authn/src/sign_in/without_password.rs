//! What sign-ins without a password have in common: the session begins as after one.

use model::User;
use realm::{RealmContext, RealmError, trail};
use storage::{Change, Statement};

use super::{Browser, SignedIn, establish, is_told_of_new_browser};
use crate::{device::Device, factors::FactorVerified};

/// Begins the session of a user whose factor was verified, in one change with its guards and with what is to happen too.
/// `None`: a guard missed, or the user was disabled meanwhile.
pub(crate) async fn begin(
    realm: &RealmContext,
    (browser, user): (&Browser<'_>, User),
    FactorVerified { proof, guards }: FactorVerified,
    also: Option<Statement>,
) -> Result<Option<SignedIn>, RealmError> {
    let before = match browser.device {
        Some(cookie) => Device::recognise(realm, cookie, &user.id).await?,
        None => None,
    };
    let is_told = is_told_of_new_browser(realm, &user, before.as_ref(), browser).await?;
    let is_new = before.is_none();
    let device = Device::signing_in(realm, before, &user.id);
    trail::device_is(&device.id);
    let always = Change::new()
        .then_all(guards)
        .then(storage::user::still_enabled(realm.issuer(), &user.id))
        .then_all(also)
        .then_all(device.seen(realm, browser, is_new));
    let method = proof.method.as_str();
    let established = establish(realm, always, &user, (browser, proof), is_told.then_some(&device)).await?;
    let Some((session, cookie)) = established else {
        return Ok(None);
    };
    tracing::info!(
        realm = realm.issuer(),
        user = user.id,
        session = session.id,
        method,
        "signed in"
    );
    Ok(Some(SignedIn {
        session,
        cookie,
        device: device.cookie(realm)?,
        user,
    }))
}
