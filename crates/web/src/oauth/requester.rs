//! For whom a flow asks a user to sign in.

use ::oauth::{
    authorize::{AuthorizeRefusal, Person, ValidRequest},
    ciba, device,
    elsewhere::WaitingRequest,
};
use authn::{enrolment, policy::Circumstances};
use model::Goal;
use protocol::{Demand, DisplayMode, device_authorization::UserCode};
use realm::trail;
use storage::StorageError;

use super::request_of;
use crate::{
    extract::Call,
    flow::OpenFlow,
    locale::Locale,
    pages::{ClientView, csp},
    views,
};

/// Who wants the user to sign in.
pub enum Requester {
    /// An app, by a request that brought the browser here.
    App(Box<ValidRequest>),
    /// An app on another device.
    Device(Box<WaitingRequest>),
    /// Nobody: the user wants to see their own pages.
    User,
}

impl Requester {
    /// For whom this flow is. The request is validated again, see [`request_of`].
    pub async fn of(call: &Call, open: &OpenFlow) -> Result<Self, AuthorizeRefusal> {
        if let Some(valid) = request_of(call, open).await? {
            trail::is_for(&valid.audience(&call.realm));
            return Ok(Self::App(Box::new(valid)));
        }
        let waiting = device_request_of(call, open).await?;
        if let Some(waiting) = &waiting {
            trail::is_for(&waiting.audience);
        }
        Ok(waiting.map_or(Self::User, |waiting| Self::Device(Box::new(waiting))))
    }

    /// The app, as pages show it.
    pub fn client(&self, locale: Locale) -> Option<ClientView> {
        match self {
            Self::App(valid) => Some(views::client(&valid.client, locale).returning_to(valid.redirect_uri.as_str())),
            Self::Device(waiting) => Some(views::client(&waiting.client, locale)),
            Self::User => None,
        }
    }

    /// The languages that the request asks for.
    pub fn ui_locales(&self) -> &[String] {
        match self {
            Self::App(valid) => &valid.request.ui_locales,
            Self::Device(_) | Self::User => &[],
        }
    }

    /// How the request would like pages to be shown.
    pub fn display(&self) -> Option<DisplayMode> {
        match self {
            Self::App(valid) => valid.request.display,
            Self::Device(_) | Self::User => None,
        }
    }

    /// Who may want to sign in.
    pub fn login_hint(&self) -> &str {
        match self {
            Self::App(valid) => valid.request.login_hint.as_deref().unwrap_or(""),
            Self::Device(_) | Self::User => "",
        }
    }

    /// What is demanded of the user's authentication.
    pub async fn demand(&self, call: &Call, open: &OpenFlow, person: &Person) -> Result<Demand, StorageError> {
        Ok(match (self, &open.flow.goal) {
            (Self::App(valid), _) => valid.demand(&call.realm),
            (Self::Device(waiting), _) => waiting.demand(&call.realm),
            (Self::User, Goal::Requests) => {
                let waiting = ciba::waiting(&call.realm, &person.user).await?;
                let demands = waiting.iter().map(|waiting| waiting.request.demand(&call.realm));
                Demand {
                    least: demands.filter_map(|demand| demand.least).max(),
                    ..Demand::default()
                }
            }
            (Self::User, Goal::Page(_)) => enrolment::demand(&call.realm, (&person.session, &person.user)).await?,
            (Self::User, _) => Demand::default(),
        })
    }

    /// What the rules of the realm are told. Of several requests that wait, the oldest is shown.
    pub async fn circumstances(
        &self,
        call: &Call,
        open: &OpenFlow,
        person: &Person,
    ) -> Result<Circumstances, StorageError> {
        Ok(match (self, &open.flow.goal) {
            (Self::App(valid), _) => call.circumstances(valid.client.id(), valid.audience(&call.realm)),
            (Self::Device(waiting), _) => call.circumstances(waiting.client.id(), waiting.audience.clone()),
            (Self::User, Goal::Requests) => match ciba::waiting(&call.realm, &person.user).await?.first() {
                Some(oldest) => {
                    let request = &oldest.request;
                    call.circumstances(request.client.id(), request.audience.clone())
                }
                None => call.circumstances("", Vec::new()),
            },
            (Self::User, _) => call.circumstances("", Vec::new()),
        })
    }

    /// The Content-Security-Policy of the flow's pages.
    pub fn policy(&self) -> String {
        match self {
            Self::App(valid) => csp::flow(valid.redirect_uri.as_str()),
            Self::Device(_) | Self::User => csp::plain(),
        }
    }
}

/// The request of a device that a flow is to answer, looked up again. `None`: another goal, or nothing waits any more.
pub async fn device_request_of(call: &Call, open: &OpenFlow) -> Result<Option<WaitingRequest>, StorageError> {
    let Goal::Device(code) = &open.flow.goal else {
        return Ok(None);
    };
    match UserCode::parse(code) {
        Some(code) => device::find(&call.realm, &code).await,
        None => Ok(None),
    }
}
