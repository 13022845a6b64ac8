//! What pages show, taken from the realm's and the client's own words.

use ::oauth::{
    authorize::{ConsentNeeded, ValidRequest},
    scope_policy,
};
use model::{Client, Grant, localized};
use protocol::{AuthorizationDetail, AuthorizationDetails, DisplayMode, claims::standard, form::Form, scope::Scope};

use crate::{
    extract::Call,
    flow::OpenFlow,
    locale::Locale,
    pages::{ClaimView, ClientView, DetailView, Label, RealmView, ScopeView},
};

/// The language of a page: what its own link says, then what the authorization request asked for, then what the
/// browser prefers.
pub fn locale(call: &Call, ui_locales: &[String]) -> Locale {
    let own = Form::parse(call.query().as_bytes()).ok();
    let own = own.as_ref().and_then(|form| form.first("ui_locales")).unwrap_or("");
    let asked = format!("{own} {}", ui_locales.join(" "));
    Locale::negotiate(Some(&asked), call.header("accept-language"), &call.realm.realm.locales)
}

/// The realm on a page whose address has this query.
pub fn realm(call: &Call, locale: Locale, query: &str) -> RealmView {
    let realm = &call.realm.realm;
    RealmView::new(&realm.display_name, &realm.issuer, realm.base_path(), &realm.locales).with_languages(locale, query)
}

/// The realm on a page of a flow, shown as its request would like.
pub fn realm_of_flow(call: &Call, locale: Locale, open: &OpenFlow, display: Option<DisplayMode>) -> RealmView {
    RealmView {
        popup: display == Some(DisplayMode::Popup),
        ..realm(call, locale, &format!("flow={}", open.flow.id))
    }
}

/// The app that a request comes from.
pub fn client(client: &Client, locale: Locale) -> ClientView {
    let link = |member| client.metadata.localized(member, locale.tag());
    ClientView::new(client.name(locale.tag()), client.id()).with_links(
        link("logo_uri"),
        link("client_uri"),
        link("policy_uri"),
        link("tos_uri"),
    )
}

/// The name of a client, or its id when it is gone.
pub fn client_name(client: Option<&Client>, client_id: &str, locale: Locale) -> String {
    client.map_or(client_id, |client| client.name(locale.tag())).to_owned()
}

/// Scopes in the user's words, those of OpenID Connect first.
pub fn scopes(call: &Call, locale: Locale, scope: &Scope, already: &Scope) -> Vec<ScopeView> {
    let is_standard = |name: &str| scope_policy::OPENID_SCOPES.contains(&name);
    let mut names: Vec<&str> = scope.iter().collect();
    names.sort_by_key(|name| {
        let standard = scope_policy::OPENID_SCOPES.iter().position(|known| known == name);
        (standard.unwrap_or(usize::MAX), *name)
    });
    names
        .into_iter()
        .map(|name| {
            let owner = call
                .realm
                .apis
                .iter()
                .find_map(|api| api.find_scope(name).map(|scope| (api, scope)));
            let view = match owner {
                Some((api, scope)) if !is_standard(name) => {
                    ScopeView::of_api(name, localized(&scope.description, locale.tag()), &api.name)
                }
                _ => ScopeView::standard(locale, name),
            };
            view.already(already.contains(name))
        })
        .collect()
}

/// Claims that are asked for one by one, in the user's words, in the order of the specification.
pub fn claims(locale: Locale, valid: &ValidRequest, needed: &ConsentNeeded) -> Vec<ClaimView> {
    standard()
        .filter(|name| needed.asked.claims.contains(*name))
        .map(|name| {
            let already = needed.already.claims.contains(name);
            ClaimView::new(locale, name, already, valid.request.claims.is_essential(name))
        })
        .collect()
}

/// What is asked for in detail, in the user's words.
pub fn details(
    call: &Call,
    locale: Locale,
    asked: &AuthorizationDetails,
    already: &AuthorizationDetails,
) -> Vec<DetailView> {
    let view = |(index, detail): (usize, &AuthorizationDetail)| {
        let known = call.realm.details_types.find(detail.type_name())?;
        let api = call.realm.apis.iter().find(|api| api.identifier == known.api);
        let view = DetailView::new(locale, index, detail, &known.settings, api.map_or("", |api| &api.name));
        Some(view.already(already.iter().any(|before| before == detail)))
    };
    asked.iter().enumerate().filter_map(view).collect()
}

/// What a grant permits, as a list of texts.
pub fn permissions(call: &Call, locale: Locale, grant: &Grant) -> Vec<Label> {
    let scopes = scopes(call, locale, &grant.scope, &Scope::default());
    let claims = standard().filter(|name| grant.claims.contains(*name));
    let details = details(
        call,
        locale,
        &grant.authorization_details,
        &AuthorizationDetails::default(),
    );
    scopes
        .into_iter()
        .map(|view| view.title)
        .chain(details.iter().map(DetailView::text))
        .chain(claims.map(|name| ClaimView::new(locale, name, false, false).title))
        .collect()
}
