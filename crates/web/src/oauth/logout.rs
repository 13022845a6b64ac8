//! `/logout`: ends the session of this browser, by the user's own wish or an app's.
//!
//! Spec: OpenID Connect RP-Initiated Logout §2 (GET and POST), §3, §4; OpenID Connect Front-Channel Logout §3

use ::oauth::{
    Fault,
    authorize::Person,
    logout::{Frame, LogoutRefusal, LogoutRequest, frames, validate},
};
use authn::session::{self, cookie_name};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use explanation::Explain;
use model::Client;
use protocol::{error_code::ErrorCode, form::Form};

use super::as_get;
use crate::{
    account::submitter,
    browser_state,
    extract::{Call, PageForm, cookies},
    locale::Locale,
    pages::{ErrorKind, FrameView, Href, Label, Link, Message, NextView, SignOut, SignedOut, Text, csp},
    respond, views,
};

/// `GET /logout`, an app's request or a link of ours.
pub async fn logout(call: Call) -> Response {
    let form = match Form::parse(call.query().as_bytes()) {
        Ok(form) => form,
        Err(error) => {
            let (reason, why) = (error.to_string(), error.explanation());
            return respond::error_page(&call, ErrorKind::BadRequest, ErrorCode::InvalidRequest, (&reason, why));
        }
    };
    match answer(&call, &form).await {
        Ok(response) => response,
        Err(refusal) => refuse(&call, &refusal),
    }
}

/// `POST /logout`: the user's answer, which our page's secret marks; or an app's request, which is turned into a GET
/// as that of `/authorize` is. Either way the GET says what there is to say, and can be reloaded.
pub async fn logout_post(PageForm { call, form }: PageForm) -> Response {
    if form.first("csrf").is_some() {
        match submitter(&call, &form).await {
            Ok(Some(person)) => {
                if let Err(error) = end(&call, &person).await {
                    return respond::fault_page(&call, &error);
                }
            }
            Ok(None) => {}
            Err(refusal) => return *refusal,
        }
    }
    as_get(&call, "/logout", form.iter().filter(|(name, _)| *name != "csrf"))
}

async fn answer(call: &Call, form: &Form) -> Result<Response, LogoutRefusal> {
    let request = validate(&call.realm, form).await?;
    if let Some(person) = call.person().await? {
        if !request.is_from(&call.realm, &person.session)? {
            if request.client.is_none() && form.first("post_logout_redirect_uri").is_some() {
                tracing::info!("post_logout_redirect_uri is not followed: it needs an id_token_hint");
            }
            return Ok(ask(call, form, &request, &person));
        }
        end(call, &person).await?;
    }
    signed_out(call, &request).await
}

async fn end(call: &Call, person: &Person) -> Result<(), Fault> {
    // That it was over already is what was wanted.
    let _ = session::end(&call.realm, &person.user.id, &person.session.id).await?;
    tracing::info!(user = person.user.id, session = person.session.id, "signed out");
    Ok(())
}

/// Asks, since a link alone must not sign anybody out. The form carries the request along.
fn ask(call: &Call, form: &Form, request: &LogoutRequest, person: &Person) -> Response {
    let locale = views::locale(call, &[]);
    let of_request = || form.iter().filter(|(name, _)| *name != "csrf");
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(of_request().filter(|(name, _)| *name != "ui_locales"));
    let view = SignOut {
        realm: views::realm(call, locale, &query.finish()),
        user: Label::new(person.user.display()),
        client_name: request.client.as_ref().map(|client| name(client, locale)),
        action: call.path("/logout"),
        csrf: call.session_cookie().map(session::csrf).unwrap_or_default(),
        fields: of_request()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
    };
    let policy = request.next.as_deref().map_or_else(csp::plain, csp::flow);
    respond::page(call, locale, StatusCode::OK, &view, &policy)
}

/// Nobody is signed in any more: apps are told by frames, and the browser goes on to where the app wants, or to a page
/// that says so. The cookie of the session, by which the frames are found, ends here, so that they are loaded once.
async fn signed_out(call: &Call, request: &LogoutRequest) -> Result<Response, LogoutRefusal> {
    let ended = match call.session_cookie() {
        Some(cookie) => session::find_ended(&call.realm, cookie).await?,
        None => None,
    };
    let frames = match ended {
        Some(session) => frames(&call.realm, &session.id).await?,
        None => Vec::new(),
    };
    let mut response = match &request.next {
        _ if !frames.is_empty() => tell(call, request, &frames),
        Some(next) => respond::redirect(call, next),
        None => say(call),
    };
    let realm = &call.realm.realm;
    let no_session = cookies::set(realm, &cookie_name(realm), "", Some(0));
    if let Ok(cookie) = HeaderValue::from_str(&no_session) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(browser_state::keep(call, None, response))
}

fn tell(call: &Call, request: &LogoutRequest, frames: &[Frame]) -> Response {
    let locale = views::locale(call, &[]);
    let view = SignedOut {
        realm: views::realm(call, locale, ""),
        frames: frames
            .iter()
            .map(|frame| FrameView {
                client_id: frame.client.id().to_owned(),
                name: name(&frame.client, locale),
                uri: frame.uri.clone(),
            })
            .collect(),
        next: request
            .next
            .as_ref()
            .zip(request.client.as_ref())
            .map(|(uri, client)| NextView {
                uri: uri.clone(),
                name: name(client, locale),
            }),
        account: Href::local(call.path("/account")),
    };
    let policy = csp::signed_out(frames.iter().map(|frame| frame.uri.as_str()));
    respond::page(call, locale, StatusCode::OK, &view, &policy)
}

fn name(client: &Client, locale: Locale) -> Label {
    Label::first_of(&[client.name(locale.tag()), client.id()])
}

fn say(call: &Call) -> Response {
    let locale = views::locale(call, &[]);
    let view = Message {
        realm: views::realm(call, locale, ""),
        title: Text::key("message.signed_out_title"),
        text: Text::key("message.signed_out_text"),
        link: Some(Link {
            href: Href::local(call.path("/account")),
            label: Text::key("message.sign_in_again"),
        }),
    };
    respond::page(call, locale, StatusCode::OK, &view, &csp::plain())
}

/// Says why on a page. Who wants to be signed out still can: its way on leads to the account.
fn refuse(call: &Call, refusal: &LogoutRefusal) -> Response {
    let kind = match refusal {
        LogoutRefusal::Fault(fault) => return respond::fault_page(call, fault),
        LogoutRefusal::Twice(_) | LogoutRefusal::Hint | LogoutRefusal::OtherClient => ErrorKind::BadRequest,
        LogoutRefusal::ClientUnknown(_) => ErrorKind::UnknownClient,
        LogoutRefusal::RedirectUri(..) => ErrorKind::RedirectUri,
    };
    respond::error_page(
        call,
        kind,
        refusal.code(),
        (&refusal.to_string(), refusal.explanation()),
    )
}
