//! What others' servers reach, by figures that were published or measured elsewhere: other machines, other days. They say
//! what to expect, and no more.

use std::fmt::Write as _;

use super::number;

/// One figure of another server.
pub struct Figure {
    /// What it does.
    pub what: Work,
    /// Whose it is.
    pub server: &'static str,
    /// How often per second of CPU time, or per second and virtual core.
    pub rate: f64,
    /// How it came about.
    pub source: &'static str,
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// `client_credentials`.
    ClientCredentials,
    /// Introspection.
    Introspection,
    /// Refreshing.
    Refresh,
    /// Sign-in with a password.
    SignIn,
}

impl Work {
    /// All, in the order of the picture.
    pub const ALL: [Self; 4] = [
        Self::ClientCredentials,
        Self::Introspection,
        Self::Refresh,
        Self::SignIn,
    ];

    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::ClientCredentials => "Client credentials",
            Self::Introspection => "Introspection",
            Self::Refresh => "Refresh",
            Self::SignIn => "Sign-in with a password",
        }
    }

    /// The name of the scenario here begins like this.
    pub fn scenario(self) -> &'static str {
        match self {
            Self::ClientCredentials => "client_credentials, opaque",
            Self::Introspection => "introspection",
            Self::Refresh => "refresh",
            Self::SignIn => "sign-in",
        }
    }
}

const NODE: &str = "measured on two virtual cores, 2026-11-23, server pinned to one; everything in memory";
const RAUTHY: &str = "measured on two virtual cores, 2026-11-23, server pinned to one; its own store on disk";
const KEYCLOAK: &str = "Keycloak, “Concepts for sizing CPU and memory resources”: a virtual core for so many per second; \
    over TLS, new connections";
const CLOUDENTITY: &str = "Cloudentity ACP, “Performance Testing Results”: 8 nodes of 8 virtual cores, divided by 64";
const ZITADEL: &str = "ZITADEL, “Benchmarks”: iterations per second divided by the virtual cores of its containers";
const HYDRA: &str = "Ory Hydra, “Performance”: in memory on two cores, divided by two";

/// All of them.
pub const FIGURES: &[Figure] = &[
    figure(Work::ClientCredentials, "node-oidc-provider 9.13", 9_500.0, NODE),
    figure(Work::ClientCredentials, "Rauthy 0.36 (JWT)", 2_500.0, RAUTHY),
    figure(Work::ClientCredentials, "Cloudentity", 1_234.0, CLOUDENTITY),
    figure(Work::ClientCredentials, "Keycloak", 120.0, KEYCLOAK),
    figure(Work::Introspection, "Ory Hydra", 11_000.0, HYDRA),
    figure(Work::Introspection, "node-oidc-provider 9.13", 8_500.0, NODE),
    figure(Work::Introspection, "Rauthy 0.36 (JWT)", 6_600.0, RAUTHY),
    figure(Work::Introspection, "ZITADEL", 55.0, ZITADEL),
    figure(Work::Refresh, "node-oidc-provider 9.13", 3_200.0, NODE),
    figure(Work::Refresh, "Cloudentity", 875.0, CLOUDENTITY),
    figure(Work::Refresh, "Rauthy 0.36", 820.0, RAUTHY),
    figure(Work::Refresh, "Keycloak", 120.0, KEYCLOAK),
    figure(Work::SignIn, "node-oidc-provider 9.13", 62.0, NODE),
    figure(Work::SignIn, "Rauthy 0.36 (argon2id 32 MiB)", 30.0, RAUTHY),
    figure(Work::SignIn, "Keycloak", 15.0, KEYCLOAK),
    figure(Work::SignIn, "ZITADEL (with its pages)", 1.2, ZITADEL),
];

const fn figure(what: Work, server: &'static str, rate: f64, source: &'static str) -> Figure {
    Figure {
        what,
        server,
        rate,
        source,
    }
}

/// The figures with their sources.
pub fn table() -> String {
    let mut text = String::from("| what | server | per CPU-second | source |\n|---|---|---:|---|\n");
    for figure in FIGURES {
        let (what, rate) = (figure.what.name(), number(figure.rate));
        let _ = writeln!(text, "| {what} | {} | {rate} | {} |", figure.server, figure.source);
    }
    text
}
