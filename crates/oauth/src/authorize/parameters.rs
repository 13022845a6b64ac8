//! Which parameters of a request count: those in its query, those that its client has signed, or those that it pushed.
//!
//! Spec: RFC 9101 §6.3 and §10.5, RFC 9126 §2.1, §3, §4 and §6, FAPI 1.0 Advanced §5.2.2-1 and §5.2.2-10, FAPI 2.0 Security
//! Profile §5.3.2.2-3
//!
//! A pushed request is looked up again at each step. For how long its `request_uri` is good bounds the visit: whoever
//! came in time has as long as any flow to sign in. The credentials of the client are no part of it.

use explanation::{
    Reason,
    catalogue::{pushed_request as catalogue, request_object as objects},
};
use jose::sha256;
use model::{Client, Flow};
use protocol::{
    Confirmation, authorization_request::RequestError, form::Form, profile::SecurityProfile,
    pushed_authorization::is_reference,
};
use realm::{RealmContext, trail};

use super::{
    AuthorizeRefusal,
    request_object::{self, ObjectRefusal},
    validate::refuse_beside,
};
use crate::{
    client_auth::{AuthenticatedClient, CREDENTIALS},
    sender_constraint,
};

/// The parameters that count, and how they came.
pub(super) struct Parameters {
    pub form: Form,
    /// Whether the client has signed them.
    pub is_signed: bool,
    /// Whether the client has pushed them.
    pub is_pushed: bool,
    /// The id of the pushed request that a browser brings.
    pub pushed_id: Option<Vec<u8>>,
    /// The keys that were proved when they were pushed.
    pub proven: Confirmation,
}

impl Parameters {
    /// Those of a request that is being pushed: of a signed one only what is signed (RFC 9126 §3).
    pub(super) async fn of_push(
        realm: &RealmContext,
        client: &AuthenticatedClient,
        profile: &SecurityProfile,
        sent: &Form,
    ) -> Result<Self, AuthorizeRefusal> {
        let (proven, client) = (client.proven(), client.client());
        let object = request_object::assemble(realm, &client.metadata, profile, sent, true)
            .await
            .map_err(|refusal| match refusal {
                ObjectRefusal::Request(error) => AuthorizeRefusal::Parameters(error),
                ObjectRefusal::Fault(fault) => fault.into(),
            })?;
        let own = || sent.iter().filter(|(name, _)| !CREDENTIALS.contains(name));
        Ok(Self {
            is_signed: object.is_some(),
            form: object.unwrap_or_else(|| Form::from_pairs(own())),
            is_pushed: true,
            pushed_id: None,
            proven: sender_constraint::of_code(&client.metadata, profile, proven),
        })
    }

    /// Those of a request that a browser brings, or brought when `flow` began.
    pub(super) async fn find(
        realm: &RealmContext,
        client: &Client,
        profile: &SecurityProfile,
        sent: &Form,
        flow: Option<&Flow>,
    ) -> Result<Self, AuthorizeRefusal> {
        if let Some(uri) = sent.first("request_uri").filter(|uri| is_reference(uri)) {
            let visited_at = flow.map_or(realm.now(), |flow| flow.created_at);
            return pushed(realm, client, profile, (sent, uri), visited_at).await;
        }
        let refuse = |error| refuse_beside(realm, sent, client, profile, error);
        // RFC 9126 §6: with this policy the server "MUST" refuse requests that were not pushed.
        if profile.pushed_requests || client.metadata.require_pushed_authorization_requests {
            let text = "this client's requests must be pushed first, to the pushed_authorization_request_endpoint";
            return Err(refuse(RequestError::new(&catalogue::MISSING, text)));
        }
        let known = flow.and_then(|flow| flow.object.as_deref());
        let known = known.and_then(|object| Form::parse(object.as_bytes()).ok());
        let object = if known.is_some() {
            known
        } else {
            let must_be_signed = request_object::is_required(&client.metadata, profile);
            request_object::assemble(realm, &client.metadata, profile, sent, must_be_signed)
                .await
                .map_err(|refusal| match refusal {
                    ObjectRefusal::Request(error) => refuse(error),
                    ObjectRefusal::Fault(fault) => fault.into(),
                })?
        };
        Ok(Self {
            is_signed: object.is_some(),
            form: object.unwrap_or_else(|| sent.clone()),
            is_pushed: false,
            pushed_id: None,
            proven: Confirmation::default(),
        })
    }
}

/// RFC 9126 §4: the client "uses the `request_uri` value returned by the authorization server"; what else the browser
/// brings does not count. A stranger's reference is as good as none.
async fn pushed(
    realm: &RealmContext,
    client: &Client,
    profile: &SecurityProfile,
    (sent, uri): (&Form, &str),
    visited_at: i64,
) -> Result<Parameters, AuthorizeRefusal> {
    let refuse =
        |reason: &'static Reason, text: &str| Err(AuthorizeRefusal::Parameters(RequestError::new(reason, text)));
    // RFC 9101 §5: request_uri "MUST NOT be present if the request parameter is present".
    if sent.first("request").is_some() || sent.all("request_uri").count() > 1 {
        let text = "beside a pushed request_uri there can be no other, and no request";
        return refuse(&catalogue::BESIDE, text);
    }
    let found = realm
        .store
        .find_pushed_request(realm.issuer(), &sha256(uri.as_bytes()))
        .await?;
    let Some(found) = found.filter(|found| found.client_id == client.id()) else {
        return refuse(
            &catalogue::UNKNOWN,
            "this client has pushed no request of this request_uri",
        );
    };
    if found.answered_at.is_some() {
        return refuse(
            &catalogue::ANSWERED,
            "this request was answered before: the app must push a new one",
        );
    }
    if visited_at >= found.visit_until {
        let late = format!("{} seconds later", visited_at - found.visit_until);
        trail::compared(&catalogue::EXPIRED, "a visit in time", &late);
        return refuse(
            &catalogue::EXPIRED,
            "this request_uri has expired: the app must push a new request",
        );
    }
    // RFC 9126 §7.4: a client's policy can have changed since.
    if request_object::is_required(&client.metadata, profile) && !found.details.is_signed {
        return refuse(&objects::MISSING, request_object::REQUIRED);
    }
    Ok(Parameters {
        form: found.details.form(),
        is_signed: found.details.is_signed,
        is_pushed: true,
        pushed_id: Some(found.id),
        proven: found.details.bound_to,
    })
}
