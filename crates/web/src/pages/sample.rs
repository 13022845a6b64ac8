//! One of every page with made-up data, in all its forms: what templates are tried out with.

use model::DetailsType;
use protocol::AuthorizationDetails;
use serde_json::json;

use super::{
    Account, ApiView, AskByMail, AuthenticatorPage, ChangePassword, ClaimView, ClientView, ConfirmEnrolment, Consent,
    DetailView, Device, DeviceView, EmailView, EnrolCertificate, EnrolFirst, EnrolPasskey, EnrolTotp, EnterMailCode,
    ErrorKind, ErrorPage, Factor, FactorCertificate, FactorPasskey, FactorState, FactorView, FieldError, FormPost,
    FrameView, GrantView, Href, Invited, Label, Link, MailKind, Message, NextView, NotLetIn, NotMePage, PasskeyForm,
    RealmView, RecoveryCodes, Requests, ScopeView, SelectAccount, SessionView, SetPassword, Sheet, SignIn, SignOut,
    SignUp, SignedOut, Text, WaitingView,
};
use crate::locale::Locale;

const NOW: i64 = 1_795_440_605;
const DAY: i64 = 24 * 3600;

/// Every page: with all that it can show, and with the least.
pub(super) fn all(locale: Locale) -> Vec<Sheet> {
    let mut sheets = of_flows(locale);
    sheets.extend(of_questions(locale));
    sheets.extend(by_mail(locale));
    sheets.extend(of_the_user(locale));
    sheets.extend(of_factors(locale));
    sheets.extend(ErrorKind::ALL.map(|kind| Sheet::of(&error(locale, kind))));
    sheets.push(Sheet::of(&ErrorPage::new(
        None,
        ErrorKind::NotFound,
        "invalid_request",
        "01K9ZQ",
    )));
    sheets
}

/// Those on the way to an app.
fn of_flows(locale: Locale) -> Vec<Sheet> {
    vec![
        Sheet::of(&sign_in(locale)),
        Sheet::of(&SignIn {
            client: None,
            error: Some(Text::key("sign_in.error.too_many").with("count", "15")),
            notice: Some(Text::key("sign_in.notice.restarted")),
            username: "alice".into(),
            remember: false,
            passkey: None,
            certificate: None,
            sign_up: None,
            email_code: None,
            forgotten: None,
            ..sign_in(locale)
        }),
        Sheet::of(&factor(locale)),
        Sheet::of(&Factor {
            client: None,
            method: "recovery_code",
            lead: "factor.lead.recovery_code",
            hint: "factor.hint.recovery_code",
            is_number: false,
            others: Vec::new(),
            account: Some(Href::local("/bank/account")),
            error: Some(Text::key("factor.error.too_many").with("count", "15")),
            ..factor(locale)
        }),
        Sheet::of(&factor_passkey(locale)),
        Sheet::of(&FactorPasskey {
            client: None,
            others: Vec::new(),
            error: Some(Text::key("passkey.error.wrong")),
            ..factor_passkey(locale)
        }),
        Sheet::of(&enrol_passkey(locale)),
        Sheet::of(&EnrolPasskey {
            error: Some(Text::key("passkey.error.enrolled")),
            ..enrol_passkey(locale)
        }),
        Sheet::of(&enrol_certificate(locale)),
        Sheet::of(&EnrolCertificate {
            voucher: String::new(),
            error: Some(Text::key("certificate.error.missing")),
            ..enrol_certificate(locale)
        }),
        Sheet::of(&EnrolCertificate {
            voucher: String::new(),
            show: None,
            ..enrol_certificate(locale)
        }),
        Sheet::of(&factor_certificate(locale)),
        Sheet::of(&FactorCertificate {
            client: None,
            show: None,
            error: Some(Text::key("certificate.error.missing")),
            ..factor_certificate(locale)
        }),
        Sheet::of(&enrol_first(locale)),
        Sheet::of(&not_let_in(locale)),
        Sheet::of(&EnrolFirst {
            client: None,
            is_waiting: true,
            can_go_back: false,
            ..enrol_first(locale)
        }),
    ]
}

/// Those that send mail before anybody has signed in, and where it leads.
fn by_mail(locale: Locale) -> Vec<Sheet> {
    let SignUp {
        realm,
        client,
        flow,
        csrf,
        sign_in: back,
        ..
    } = sign_up(locale);
    let ask = AskByMail {
        realm: realm.clone(),
        client: client.clone(),
        kind: MailKind::Code,
        action: "/bank/sign-in/email".into(),
        flow: flow.clone(),
        csrf: csrf.clone(),
        username: String::new(),
        error: None,
        back: back.clone(),
    };
    let enter = EnterMailCode {
        realm: realm.clone(),
        client,
        action: "/bank/sign-in/email".into(),
        flow: flow.clone(),
        csrf: csrf.clone(),
        sent: "c2VhbGVk".into(),
        username: "alice".into(),
        minutes: 10,
        error: None,
        back,
    };
    let set = SetPassword {
        realm,
        username: Label::new("alice"),
        action: "/bank/sign-in/reset".into(),
        csrf,
        flow,
        least: 8,
        wants_code: true,
        error: None,
    };
    vec![
        Sheet::of(&Invited {
            realm: set.realm.clone(),
            user: Label::new("Alice Example"),
            action: "/bank/sign-in/invitation".into(),
            csrf: "c2VjcmV0".into(),
        }),
        Sheet::of(&ask),
        Sheet::of(&AskByMail {
            client: None,
            kind: MailKind::Link,
            username: "alice".into(),
            error: Some(Text::key("by_mail.error.too_many").with("count", "15")),
            ..ask
        }),
        Sheet::of(&enter),
        Sheet::of(&EnterMailCode {
            client: None,
            error: Some(Text::key("by_mail.error.wrong")),
            ..enter
        }),
        Sheet::of(&set),
        Sheet::of(&SetPassword {
            wants_code: false,
            error: Some(FieldError {
                field: "password",
                text: Text::key("sign_up.error.breached").with("count", "8"),
            }),
            ..set
        }),
    ]
}

/// What a user is asked before an app gets an answer.
fn of_questions(locale: Locale) -> Vec<Sheet> {
    vec![
        Sheet::of(&sign_up(locale)),
        Sheet::of(&SignUp {
            client: None,
            username: "alice".into(),
            error: Some(FieldError {
                field: "password",
                text: Text::key("sign_up.error.short").with("count", "8"),
            }),
            ..sign_up(locale)
        }),
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
        Sheet::of(&select_account(locale)),
        Sheet::of(&SelectAccount {
            realm: RealmView {
                popup: true,
                ..realm(locale)
            },
            client: ClientView::new("", "cli"),
            error: Some(Text::key("select_account.error.form")),
            ..select_account(locale)
        }),
        Sheet::of(&form_post(locale)),
    ]
}

/// The user's own, and those at the end of a way.
fn of_the_user(locale: Locale) -> Vec<Sheet> {
    vec![
        Sheet::of(&account(locale)),
        Sheet::of(&Account {
            grants: Vec::new(),
            sessions: Vec::new(),
            email: None,
            devices: Vec::new(),
            has_password: false,
            failed: 1,
            factors: Vec::new(),
            offers_recovery_codes: false,
            enrol_passkey: None,
            enrol_certificate: None,
            requests: 0,
            user_code: None,
            notice: Some(Text::key("account.notice.revoked").with("client", "Budget")),
            ..account(locale)
        }),
        Sheet::of(&Account {
            email: Some(EmailView {
                address: Label::new("alice@example.com"),
                error: Some(Text::key("account.email.wrong")),
            }),
            ..account(locale)
        }),
        Sheet::of(&Account {
            requests: 2,
            user_code: Some(false),
            error: Some(Text::key("account.error.code_length")),
            ..account(locale)
        }),
        Sheet::of(&not_me(locale)),
        Sheet::of(&change_password(locale)),
        Sheet::of(&ChangePassword {
            ends_others: false,
            error: Some(FieldError {
                field: "new",
                text: Text::key("sign_up.error.breached").with("count", "8"),
            }),
            ..change_password(locale)
        }),
        Sheet::of(&requests(locale)),
        Sheet::of(&Requests {
            notice: Some(Text::key("requests.notice.approved")),
            waiting: 2,
            refreshes: false,
            ..requests(locale)
        }),
        Sheet::of(&sign_out(locale)),
        Sheet::of(&SignOut {
            client_name: None,
            fields: Vec::new(),
            ..sign_out(locale)
        }),
        Sheet::of(&signed_out(locale)),
        Sheet::of(&SignedOut {
            next: None,
            ..signed_out(locale)
        }),
        Sheet::of(&message(locale)),
        Sheet::of(&Message {
            link: None,
            text: Text::plain("…"),
            ..message(locale)
        }),
    ]
}

pub(super) fn realm(locale: Locale) -> RealmView {
    let locales = Locale::ALL.map(|locale| locale.tag().to_owned());
    RealmView::new("Sekisho Bank", "https://id.example.com/bank", "/bank", &locales)
        .with_languages(locale, "flow=Zmxvdw")
}

pub(super) fn client() -> ClientView {
    ClientView::new("Budget", "budget-app")
        .returning_to("https://app.example.com/callback")
        .with_links(
            Some("https://app.example.com/logo.png"),
            Some("https://app.example.com/"),
            Some("https://app.example.com/privacy"),
            Some("https://app.example.com/terms"),
        )
}

pub(super) fn sign_in(locale: Locale) -> SignIn {
    SignIn {
        realm: realm(locale),
        client: Some(client()),
        action: "/bank/sign-in".into(),
        flow: "Zmxvdw".into(),
        csrf: "Y3NyZg".into(),
        username: String::new(),
        remember: true,
        error: None,
        notice: None,
        passkey: Some(passkey_form("get", true)),
        certificate: Some(Href::local(
            "https://mtls.example.com/sign-in/certificate/show?flow=Zmxvdw",
        )),
        sign_up: Some(Href::local("/bank/sign-up?flow=Zmxvdw")),
        email_code: Some(Href::local("/bank/sign-in/email?flow=Zmxvdw")),
        forgotten: Some(Href::local("/bank/sign-in/forgotten?flow=Zmxvdw")),
    }
}

pub(super) fn factor(locale: Locale) -> Factor {
    Factor {
        realm: realm(locale),
        client: Some(client()),
        user: Label::new("Alice Example"),
        action: "/bank/sign-in/factor".into(),
        flow: "Zmxvdw".into(),
        csrf: "Y3NyZg".into(),
        method: "totp",
        lead: "factor.lead.totp",
        hint: "factor.hint.code",
        is_number: true,
        others: vec![Link {
            href: Href::local("/bank/sign-in/factor?flow=Zmxvdw&method=recovery_code"),
            label: "factor.other.recovery_code".into(),
        }],
        account: None,
        error: None,
    }
}

fn passkey_form(ceremony: &'static str, is_beside_password: bool) -> PasskeyForm {
    PasskeyForm {
        action: "/bank/sign-in/passkey".into(),
        flow: "Zmxvdw".into(),
        csrf: "Y3NyZg".into(),
        ceremony,
        options: json!({ "challenge": "AAAA", "rpId": "id.example.com" }).to_string(),
        challenge: "c2VhbGVk".into(),
        button: "passkey.use",
        is_beside_password,
    }
}

fn factor_passkey(locale: Locale) -> FactorPasskey {
    let Factor {
        realm,
        client,
        user,
        others,
        ..
    } = factor(locale);
    FactorPasskey {
        realm,
        client,
        user,
        passkey: passkey_form("get", false),
        others,
        error: None,
    }
}

fn enrol_passkey(locale: Locale) -> EnrolPasskey {
    EnrolPasskey {
        realm: realm(locale),
        user: Label::new("Alice Example"),
        passkey: passkey_form("create", false),
        account: Href::local("/bank/account"),
        error: None,
    }
}

fn enrol_certificate(locale: Locale) -> EnrolCertificate {
    EnrolCertificate {
        realm: realm(locale),
        subject: Label::new("CN=Alice Example,O=Example,C=JP"),
        voucher: "c2VhbGVk".into(),
        show: Some(Href::local(
            "https://mtls.example.com/sign-in/certificate/show?flow=x&step=enrol",
        )),
        action: "/bank/account/factors/certificate".into(),
        account: Href::local("/bank/account"),
        csrf: "Y3NyZg".into(),
        error: None,
    }
}

fn factor_certificate(locale: Locale) -> FactorCertificate {
    let FactorPasskey {
        realm,
        client,
        user,
        others,
        ..
    } = factor_passkey(locale);
    FactorCertificate {
        realm,
        client,
        user,
        show: Some(Href::local(
            "https://mtls.example.com/sign-in/certificate/show?flow=Zmxvdw&step=factor",
        )),
        others,
        error: None,
    }
}

pub(super) fn enrol_first(locale: Locale) -> EnrolFirst {
    EnrolFirst {
        realm: realm(locale),
        client: Some(client()),
        user: Label::new("Alice Example"),
        is_waiting: false,
        account: Href::local("/bank/account"),
        action: "/bank/sign-in/factor".into(),
        flow: "Zmxvdw".into(),
        csrf: "Y3NyZg".into(),
        can_go_back: true,
    }
}

pub(super) fn not_let_in(locale: Locale) -> NotLetIn {
    NotLetIn {
        realm: realm(locale),
        client: Some(client()),
        user: Label::new("Alice Example"),
        is_failure: false,
        message: Some(Label::paragraph(
            "From outside the office only on a device of the bank. Call 1234.",
        )),
        action: "/bank/sign-in/factor".into(),
        flow: "Zmxvdw".into(),
        csrf: "Y3NyZg".into(),
        can_go_back: true,
        sign_out: Href::local("/bank/logout"),
        code: "access_denied".into(),
        explain_id: "abc123def456".into(),
    }
}

pub(super) fn sign_up(locale: Locale) -> SignUp {
    SignUp {
        realm: realm(locale),
        client: Some(client()),
        action: "/bank/sign-up".into(),
        flow: "Zmxvdw".into(),
        csrf: "Y3NyZg".into(),
        username: String::new(),
        email: String::new(),
        name: String::new(),
        least: 8,
        error: None,
        sign_in: Href::local("/bank/sign-in?flow=Zmxvdw"),
    }
}

pub(super) fn select_account(locale: Locale) -> SelectAccount {
    SelectAccount {
        realm: realm(locale),
        client: client(),
        user: Label::new("Alice Example"),
        username: Label::new("alice"),
        action: "/bank/select-account".into(),
        flow: "Zmxvdw".into(),
        csrf: "Y3NyZg".into(),
        error: None,
    }
}

pub(super) fn consent(locale: Locale) -> Consent {
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

pub(super) fn device_consent(locale: Locale) -> Consent {
    Consent {
        client: ClientView::new("Budget on TV", "budget-tv"),
        user_code: Some(Label::new("BCDF-GHJK")),
        redirect_host: None,
        ..consent(locale)
    }
}

pub(super) fn waiting_consent(locale: Locale) -> Consent {
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

pub(super) fn requests(locale: Locale) -> Requests {
    Requests {
        realm: realm(locale),
        user: Label::new("alice"),
        notice: None,
        waiting: 0,
        refreshes: true,
    }
}

pub(super) fn device(locale: Locale) -> Device {
    Device {
        realm: realm(locale),
        action: "/bank/device".into(),
        flow: "Zmxvdw".into(),
        csrf: "Y3NyZg".into(),
        user_code: String::new(),
        error: None,
    }
}

pub(super) fn account(locale: Locale) -> Account {
    let grant = |id: &str, name: &str, scopes: &[&str]| {
        let scopes = scopes
            .iter()
            .map(|scope| ScopeView::standard(locale, scope).title)
            .collect();
        GrantView {
            since: NOW - 40 * DAY,
            expires: NOW + 325 * DAY,
            ..GrantView::new(id, name, scopes)
        }
    };
    let session = |id: &str, agent: &str, ip: &str| SessionView {
        id: id.into(),
        this: false,
        browser: SessionView::browser_name(locale, agent),
        ip: Label::new(ip),
        since: NOW - 2 * DAY,
        last: NOW - DAY,
    };
    let device = |id: &str, this: bool, network: &str| DeviceView {
        id: id.into(),
        this,
        browser: SessionView::browser_name(locale, "Mozilla/5.0 (X11; Linux x86_64) Firefox/143.0"),
        network: Label::new(network),
        since: NOW - 40 * DAY,
        last: NOW - DAY,
    };
    Account {
        realm: realm(locale),
        user: Label::new("alice"),
        grants: vec![
            GrantView {
                last_used: Some(NOW - DAY),
                long_lived: true,
                ..grant(
                    "budget-app",
                    "Budget",
                    &["openid", "email", "accounts:read", "offline_access"],
                )
            },
            grant("cli", "Sekisho Bank CLI", &["openid", "profile"]),
        ],
        sessions: vec![
            SessionView {
                this: true,
                ..session(
                    "01K9ZQ2",
                    "Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Safari/537.36",
                    "192.0.2.7",
                )
            },
            session(
                "01K9ZQ3",
                "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Safari/604.1",
                "2001:db8::7",
            ),
        ],
        email: Some(EmailView {
            address: Label::new("alice@example.com"),
            error: None,
        }),
        devices: vec![device("ZGV2aWNl", true, "192.0.2.0/24"), device("b3RoZXI", false, "")],
        has_password: true,
        failed: 0,
        factors: factor_views(),
        offers_recovery_codes: true,
        enrol_passkey: Some(Href::local("/bank/account/factors/passkey")),
        enrol_certificate: Some(Href::local("/bank/account/factors/certificate")),
        requests: 1,
        user_code: Some(true),
        csrf: "Y3NyZg".into(),
        notice: None,
        error: None,
    }
}

/// One in each state.
fn factor_views() -> Vec<FactorView> {
    vec![
        FactorView {
            name: Label::new("Pixel 9"),
            last_used: Some(NOW - DAY),
            ..factor_view("01K9ZQ5", "totp", "account.factor.totp")
        },
        FactorView {
            state: FactorState::Delayed,
            counts_from: Some(NOW + DAY),
            ..factor_view("01K9ZQ6", "totp", "account.factor.totp")
        },
        FactorView {
            state: FactorState::Unconfirmed,
            counts_from: None,
            ..factor_view("01K9ZQ7", "hotp", "account.factor.hotp")
        },
        FactorView {
            state: FactorState::Unapproved,
            counts_from: None,
            ..factor_view("01K9ZQ8", "hotp", "account.factor.hotp")
        },
        FactorView {
            left: Some(9),
            ..factor_view("01K9ZQ9", "recovery_code", "account.factor.recovery_code")
        },
    ]
}

pub(super) fn change_password(locale: Locale) -> ChangePassword {
    ChangePassword {
        realm: realm(locale),
        username: Label::new("alice"),
        action: "/bank/account/password".into(),
        csrf: "Y3NyZg".into(),
        least: 8,
        ends_others: true,
        error: None,
        back: Href::local("/bank/account"),
    }
}

pub(super) fn not_me(locale: Locale) -> NotMePage {
    NotMePage {
        realm: realm(locale),
        action: "/bank/not-me".into(),
        link: "c2VhbGVk".into(),
    }
}

fn factor_view(id: &str, method: &'static str, title: &'static str) -> FactorView {
    FactorView {
        id: id.into(),
        method,
        title: title.into(),
        name: Label::default(),
        since: NOW - 40 * DAY,
        last_used: None,
        state: FactorState::Active,
        counts_from: Some(NOW - 39 * DAY),
        left: None,
    }
}

/// How factors are enrolled, named, confirmed and given up.
fn of_factors(locale: Locale) -> Vec<Sheet> {
    let enrol = EnrolTotp {
        realm: realm(locale),
        user: Label::new("Alice Example"),
        secret: "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ".into(),
        picture: Some("data:image/svg+xml;base64,PHN2Zy8+".into()),
        app: Href::local("otpauth://totp/Bank:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"),
        action: "/bank/account/factors/totp".into(),
        account: Href::local("/bank/account"),
        csrf: "Y3NyZg".into(),
        enrolment: "c2VhbGVk".into(),
        error: None,
    };
    let authenticator = AuthenticatorPage {
        realm: realm(locale),
        factor: FactorView {
            name: Label::new("Pixel 9"),
            last_used: Some(NOW - DAY),
            ..factor_view("01K9ZQ5", "totp", "account.factor.totp")
        },
        is_last: true,
        can_be_named: true,
        rename: "/bank/account/factors/rename".into(),
        remove: "/bank/account/factors/remove".into(),
        account: Href::local("/bank/account"),
        csrf: "Y3NyZg".into(),
    };
    vec![
        Sheet::of(&EnrolTotp {
            picture: None,
            error: Some(Text::key("enrol.error.code")),
            ..enrol.clone()
        }),
        Sheet::of(&enrol),
        Sheet::of(&RecoveryCodes {
            realm: realm(locale),
            user: Label::new("Alice Example"),
            codes: vec!["ABCD-EFGH-IJKL-MNOP".into(), "QRST-UVWX-YZ23-4567".into()],
            action: "/bank/account/factors/recovery-codes".into(),
            account: Href::local("/bank/account"),
            csrf: "Y3NyZg".into(),
            enrolment: "c2VhbGVk".into(),
        }),
        Sheet::of(&AuthenticatorPage {
            factor: factor_view("01K9ZQ9", "recovery_code", "account.factor.recovery_code"),
            is_last: false,
            can_be_named: false,
            ..authenticator.clone()
        }),
        Sheet::of(&authenticator),
        Sheet::of(&ConfirmEnrolment {
            realm: realm(locale),
            user: Label::new("Alice Example"),
            title: "account.factor.totp".into(),
            since: NOW,
            counts_from: NOW + DAY,
            action: "/bank/account/factors/confirm".into(),
            csrf: "Y3NyZg".into(),
        }),
    ]
}

pub(super) fn sign_out(locale: Locale) -> SignOut {
    SignOut {
        realm: realm(locale),
        user: Label::new("alice"),
        client_name: Some(Label::new("Budget")),
        action: "/bank/logout".into(),
        csrf: "Y3NyZg".into(),
        fields: vec![("state".into(), "xyz".into())],
    }
}

pub(super) fn signed_out(locale: Locale) -> SignedOut {
    let frame = |client_id: &str, name: &str, uri: &str| FrameView {
        client_id: client_id.into(),
        name: Label::new(name),
        uri: uri.into(),
    };
    SignedOut {
        realm: realm(locale),
        frames: vec![
            frame("budget-app", "Budget", "https://app.example.com/bye?iss=x&sid=y"),
            frame("reports", "Reports", "https://reports.example.com/bye?iss=x&sid=y"),
        ],
        next: Some(NextView {
            uri: "https://app.example.com/signed-out?state=xyz".into(),
            name: Label::new("Budget"),
        }),
        account: Href::local("/bank/account"),
    }
}

pub(super) fn message(locale: Locale) -> Message {
    Message {
        realm: realm(locale),
        title: "message.signed_out_title".into(),
        text: "message.signed_out_text".into(),
        link: Some(Link {
            href: Href::local("/bank/account"),
            label: "message.sign_in_again".into(),
        }),
    }
}

pub(super) fn form_post(locale: Locale) -> FormPost {
    let fields = vec![
        ("code".into(), "SplxlOBeZQQYbYS6WxSbIA".into()),
        ("state".into(), "xyz".into()),
    ];
    FormPost::new(realm(locale), "https://app.example.com/callback", fields)
}

pub(super) fn error(locale: Locale, kind: ErrorKind) -> ErrorPage {
    let link = Link {
        href: Href::local("/bank/account"),
        label: "message.to_account".into(),
    };
    ErrorPage::new(Some(realm(locale)), kind, "invalid_request", "01K9ZQ4T7M3B")
        .with_detail("redirect_uri https://app.example.com/cb is not one of the registered ones")
        .with_link(link)
}
