//! What a user is asked before an app gets an answer.

use model::DetailsType;
use protocol::AuthorizationDetails;
use serde_json::json;

use super::{NOW, client, realm};
use crate::{
    locale::Locale,
    pages::{
        ApiView, ClaimView, ClientView, Consent, DetailView, Device, FormPost, Label, Requests, ScopeView, Sheet, Text,
        WaitingView,
    },
};

pub(super) fn all(locale: Locale) -> Vec<Sheet> {
    vec![
        Sheet::of(&consent(locale)),
        Sheet::of(&Consent {
            client: ClientView::new("", "cli"),
            scopes: vec![ScopeView::standard(locale, "openid")],
            details: Vec::new(),
            claims: Vec::new(),
            apis: Vec::new(),
            long_lived: None,
            error: Some(Text::key("consent.error.nothing")),
            ..consent(locale)
        }),
        Sheet::of(&device_consent(locale)),
        Sheet::of(&waiting_consent(locale)),
        Sheet::of(&Consent {
            waiting: Some(WaitingView {
                binding_message: None,
                expires: NOW + 10,
                others: 0,
            }),
            error: Some(Text::key("requests.error.assurance")),
            ..waiting_consent(locale)
        }),
        Sheet::of(&device(locale)),
        Sheet::of(&Device {
            user_code: "BCDF-GHJK".into(),
            ..device(locale)
        }),
        Sheet::of(&Device {
            user_code: "<b>".into(),
            error: Some(Text::key("device.error.too_many").with("count", "1")),
            ..device(locale)
        }),
        Sheet::of(&form_post(locale)),
        Sheet::of(&requests(locale)),
        Sheet::of(&Requests {
            notice: Some(Text::key("requests.notice.approved")),
            waiting: 2,
            refreshes: false,
            ..requests(locale)
        }),
    ]
}

pub fn consent(locale: Locale) -> Consent {
    let (accounts, payments) = match locale {
        Locale::En => ("See your accounts and their balance", "Pay from your accounts"),
        Locale::Ja => ("口座と残高を参照する", "口座から支払う"),
    };
    let api = "Sekisho Bank API";
    Consent {
        realm: realm(locale),
        client: client(),
        user_code: None,
        waiting: None,
        user: Label::new("alice"),
        scopes: vec![
            ScopeView::standard(locale, "openid"),
            ScopeView::standard(locale, "email").already(true),
            ScopeView::of_api("accounts:read", Some(accounts), api),
            ScopeView::of_api("payments:write", Some(payments), api),
            ScopeView::standard(locale, "offline_access"),
        ],
        details: details(locale),
        claims: vec![
            ClaimView::new(locale, "birthdate", false, true),
            ClaimView::new(locale, "phone_number", true, false),
        ],
        apis: vec![ApiView {
            name: Label::new(api),
            identifier: "https://api.example.com".into(),
        }],
        long_lived: Some(365),
        redirect_host: Some(Consent::host_of("https://app.example.com/callback")),
        action: "/bank/consent".into(),
        flow: "Zmxvdw".into(),
        csrf: "Y3NyZg".into(),
        error: None,
    }
}

/// A payment, and accounts of which the user may leave out some.
fn details(locale: Locale) -> Vec<DetailView> {
    let kind = |name: &str, en: &str, ja: &str, choose: Option<&str>| DetailsType {
        name: name.into(),
        schema: json!({}),
        consent: [("en".to_owned(), en.to_owned()), ("ja".to_owned(), ja.to_owned())].into(),
        choose: choose.map(str::to_owned),
        remember: choose.is_some(),
    };
    let payment = kind(
        "payment",
        "Pay {amount.value} {amount.currency} to {payee}",
        "{payee} に {amount.value} {amount.currency} を支払う",
        None,
    );
    let accounts = kind(
        "accounts",
        "See the movements of some accounts",
        "口座の入出金を参照する",
        Some("accounts"),
    );
    let asked = json!([
        {"type": "payment", "amount": {"value": "45.00", "currency": "EUR"}, "payee": "Merchant A", "iban": "DE02100100109307118603"},
        {"type": "accounts", "accounts": ["DE40100100103307118608", "DE02100100109307118603"], "actions": ["read_balances", "read_movements"]}
    ]);
    let asked = AuthorizationDetails::parse(&asked.to_string()).unwrap_or_default();
    asked
        .iter()
        .zip([&payment, &accounts])
        .enumerate()
        .map(|(index, (detail, kind))| {
            DetailView::new(locale, index, detail, kind, "Sekisho Bank API").already(index == 1)
        })
        .collect()
}

pub fn device_consent(locale: Locale) -> Consent {
    Consent {
        client: ClientView::new("Budget on TV", "budget-tv"),
        user_code: Some(Label::new("BCDF-GHJK")),
        redirect_host: None,
        ..consent(locale)
    }
}

fn waiting_consent(locale: Locale) -> Consent {
    Consent {
        client: ClientView::new("Point of sale", "terminal"),
        waiting: Some(WaitingView {
            binding_message: Some(Label::sentence("W4SCT")),
            expires: NOW + 300,
            others: 2,
        }),
        redirect_host: None,
        ..consent(locale)
    }
}

fn requests(locale: Locale) -> Requests {
    Requests {
        realm: realm(locale),
        user: Label::new("alice"),
        notice: None,
        waiting: 0,
        refreshes: true,
    }
}

fn device(locale: Locale) -> Device {
    Device {
        realm: realm(locale),
        action: "/bank/device".into(),
        flow: "Zmxvdw".into(),
        csrf: "Y3NyZg".into(),
        user_code: String::new(),
        error: None,
    }
}

pub fn form_post(locale: Locale) -> FormPost {
    let fields = vec![
        ("code".into(), "SplxlOBeZQQYbYS6WxSbIA".into()),
        ("state".into(), "xyz".into()),
    ];
    FormPost::new(realm(locale), "https://app.example.com/callback", fields)
}
