//! Links that users were sent: an app that the system opens with one takes it up by a flow.
//!
//! The goal of such a flow is the page that the link leads to in a browser.

use model::Goal;
use protocol::form::Form;
use realm::RealmContext;

use crate::account::{invitation, reset};

/// A link, with what it carries.
#[derive(Clone, Copy)]
pub enum Link<'a> {
    /// From a mail, to a new password.
    Reset(&'a str),
    /// From the operator.
    Invitation(&'a str),
}

impl<'a> Link<'a> {
    /// The link of a flow that is for this page, where the realm has such links.
    pub fn of(realm: &RealmContext, page: &'a str) -> Option<Self> {
        match page.split_once("?t=")? {
            (reset::SET, token) if realm.realm.password_reset => Some(Self::Reset(token)),
            (invitation::PATH, token) => Some(Self::Invitation(token)),
            _ => None,
        }
    }
}

/// What a flow is for that takes up the link of this address; `None`: it is no link of this realm.
pub fn goal(realm: &RealmContext, address: &str) -> Option<Goal> {
    let (page, query) = address.split_once('?')?;
    let query = Form::parse(query.as_bytes()).ok()?;
    let token = query.get("t").ok()??;
    let mut paths = [reset::SET, invitation::PATH].into_iter();
    let path = paths.find(|path| realm.url(path) == page)?;
    let goal = format!("{path}?t={token}");
    Link::of(realm, &goal)?;
    Some(Goal::Page(goal))
}
