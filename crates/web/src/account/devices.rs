//! The browsers in which a user is recognised: listed on the account page, and forgotten there.

use ::oauth::authorize::Person;
use authn::{device, session::device_cookie_name};
use axum::response::Response;
use model::AuditKind;
use realm::audit;
use storage::{Change, Outcome, StorageError};

use super::overview::act;
use crate::{
    extract::{Call, PageForm},
    locale::Locale,
    pages::{DeviceView, Label, SessionView},
};

/// A user's devices, the last seen first.
pub async fn views(call: &Call, locale: Locale, person: &Person) -> Result<Vec<DeviceView>, StorageError> {
    let (store, issuer, now) = (&call.realm.store, call.realm.issuer(), call.realm.now());
    let cookie = call.cookies.get(&device_cookie_name(&call.realm.realm));
    let this = cookie.and_then(|cookie| device::id_of(&call.realm, cookie, &person.user.id));
    let devices = store.devices_of_user(issuer, &person.user.id, now).await?;
    let view = |device: model::RecognisedDevice| DeviceView {
        this: this.as_ref() == Some(&device.id),
        browser: SessionView::browser_name(locale, &device.user_agent),
        network: Label::new(&device.network),
        since: device.created_at,
        last: device.seen_at,
        id: device.id,
    };
    Ok(devices.into_iter().map(view).collect())
}

/// `POST /account/devices/forget`.
pub async fn forget_device(PageForm { call, form }: PageForm) -> Response {
    let id = form.first("device").unwrap_or("").to_owned();
    act(&call, &form, |person| async {
        let Person { user, .. } = person;
        let change = Change::new()
            .then(storage::device::forget(call.realm.issuer(), &user.id, &id))
            .then(audit::event(&call.realm, AuditKind::BrowserForgotten).user(&user.id));
        Ok(match call.realm.store.commit(change).await? {
            Outcome::Applied => "/account?done=device-forgotten",
            Outcome::Missed => "/account?done=nothing",
        }
        .to_owned())
    })
    .await
}
