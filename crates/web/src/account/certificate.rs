//! `/sign-in/certificate`: signing in, or proving more, by a certificate of the user's.
//!
//! Spec: RFC 8705 §5 (another host for mutual TLS), RFC 9110 §9.2.1
//!
//! The page links to `/sign-in/certificate/show` of the host where certificates are asked for. There is no cookie of ours:
//! the flow's id alone comes along, and a voucher for that flow goes back. Who has not the flow's cookie cannot redeem it.

use ::oauth::{Fault, authorize::Person};
use authn::{
    factors::client_certificate::{self, CertificateRefusal},
    sign_in::sign_in_by_certificate,
};
use axum::{http::StatusCode, response::Response};
use explanation::Explain;
use protocol::form::Form;

use super::{
    factor,
    sign_in::{self, Visitor},
};
use crate::{
    extract::Call,
    flow::{self, OpenFlow},
    oauth::{Requester, flow_error, refuse},
    pages::{FactorCertificate, Href, Label, Link, Text},
    respond, views,
};

/// Longer ids are none of a flow's.
const LONGEST_ID: usize = 64;

/// Where the user's browser is asked for a certificate; `None` where it is not.
pub(super) fn link(call: &Call, open: &OpenFlow, is_further: bool) -> Option<Href> {
    if !client_certificate::is_offered(&call.realm) {
        return None;
    }
    let step = if is_further { "&step=factor" } else { "" };
    Some(place(call, &format!("{}{step}", open.flow.id)))
}

/// The same for a certificate that is to be enrolled in this session.
pub(super) fn to_enrol(call: &Call, session_id: &str) -> Option<Href> {
    client_certificate::is_offered(&call.realm).then(|| place(call, &format!("{session_id}&step=enrol")))
}

fn place(call: &Call, flow: &str) -> Href {
    let path = format!("/sign-in/certificate/show?flow={flow}");
    Href::local(match &call.realm.realm.mtls {
        Some(base) => format!("{base}{path}"),
        None => call.path(&path),
    })
}

/// Asks for a certificate as a further factor.
pub(super) fn prove(
    call: &Call,
    (open, requester): (&OpenFlow, &Requester),
    person: &Person,
    others: Vec<Link>,
    (status, error): (StatusCode, Option<Text>),
) -> Response {
    let locale = views::locale(call, requester.ui_locales());
    let view = FactorCertificate {
        realm: views::realm_of_flow(call, locale, open, requester.display()),
        client: requester.client(locale),
        user: Label::new(person.user.display()),
        show: link(call, open, true),
        others,
        error,
    };
    respond::page(call, locale, status, &view, &requester.policy())
}

/// `GET /sign-in/certificate/show?flow=ID`, where mutual TLS is asked for.
pub async fn show_certificate(call: Call) -> Response {
    let query = Form::parse(call.query().as_bytes()).unwrap_or_default();
    let is_id = |id: &&str| {
        id.len() <= LONGEST_ID
            && id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    let flow_id = query.first("flow").filter(is_id).unwrap_or("");
    match client_certificate::show(&call.realm, flow_id, call.certificate.as_deref()).await {
        Ok(voucher) => {
            let back = match query.first("step") {
                Some("factor") => format!("/sign-in/certificate?flow={flow_id}&voucher={voucher}&step=factor"),
                Some("enrol") => format!("/account/factors/certificate?voucher={voucher}"),
                _ => format!("/sign-in/certificate?flow={flow_id}&voucher={voucher}"),
            };
            let url = call.realm.url(&back);
            respond::redirect(&call, &url)
        }
        Err(error) => respond::fault_page(&call, &Fault::from(error)),
    }
}

/// `GET /sign-in/certificate?flow=ID&voucher=…`, back at the issuer.
pub async fn redeem_certificate(call: Call) -> Response {
    let query = Form::parse(call.query().as_bytes()).unwrap_or_default();
    let open = match flow::resume(&call, query.first("flow").unwrap_or("")).await {
        Ok(open) => open,
        Err(error) => return flow_error(&call, error),
    };
    let voucher = query.first("voucher").unwrap_or("");
    let person = match call.person().await {
        Ok(person) => person,
        Err(error) => return respond::fault_page(&call, &Fault::from(error)),
    };
    match person.filter(|_| query.first("step") == Some("factor")) {
        Some(person) => prove_more(&call, &open, &person, voucher).await,
        None => sign_in(&call, &open, voucher).await,
    }
}

async fn sign_in(call: &Call, open: &OpenFlow, voucher: &str) -> Response {
    let requester = match Requester::of(call, open).await {
        Ok(requester) => requester,
        Err(refusal) => return refuse(call, &refusal).await,
    };
    let visitor = match Visitor::of(call, false).await {
        Ok(visitor) => visitor,
        Err(error) => return respond::fault_page(call, &Fault::from(error)),
    };
    match sign_in_by_certificate(&call.realm, &visitor.browser(call, open), voucher).await {
        Ok(signed_in) => sign_in::go_on(call, open, &signed_in),
        Err(refusal) => {
            let (status, text) = said(&refusal);
            respond::shown_again(call, status, "the sign-in form is shown again", refusal.explanation());
            sign_in::show(call, open, &requester, status, requester.login_hint(), Some(text))
        }
    }
}

async fn prove_more(call: &Call, open: &OpenFlow, person: &Person, voucher: &str) -> Response {
    match authn::prove::by_certificate(&call.realm, (&person.session, &person.user), (&open.flow.id, voucher)).await {
        Ok(proved) => factor::go_on(call, &sign_in::next(open), &proved),
        Err(refusal) => factor::again(call, open, refusal).await,
    }
}

/// How a refusal is said: softly, since what exactly is wrong helps nobody but the operator.
pub fn said(refusal: &CertificateRefusal) -> (StatusCode, Text) {
    let (status, key) = match refusal {
        CertificateRefusal::Missing => (StatusCode::UNAUTHORIZED, "certificate.error.missing"),
        CertificateRefusal::Expired | CertificateRefusal::NotYetValid => {
            (StatusCode::UNAUTHORIZED, "certificate.error.expired")
        }
        CertificateRefusal::Over => (StatusCode::UNAUTHORIZED, "certificate.error.over"),
        CertificateRefusal::Fault(_) => (StatusCode::SERVICE_UNAVAILABLE, "certificate.error.fault"),
        CertificateRefusal::Unreadable
        | CertificateRefusal::Revoked
        | CertificateRefusal::WrongUsage
        | CertificateRefusal::NotVouched(_)
        | CertificateRefusal::NoUser => (StatusCode::UNAUTHORIZED, "certificate.error.not_taken"),
    };
    (status, Text::key(key))
}
