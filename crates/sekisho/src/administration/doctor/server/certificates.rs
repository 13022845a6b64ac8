//! Certificates of listeners: whether browsers will take them, today and in a month.

use std::path::Path;

use rustls::pki_types::CertificateDer;
use url::Url;
use x509::is_for_host;

use crate::{
    administration::doctor::{Deployment, Finding, Kind, database::is_loopback},
    config::{Certificate, Listener, Tls},
    serving::tls::{self, Identity, UnfitCertificate},
};

const DAY: i64 = 24 * 3600;
/// Time enough to get another one.
const SOON: i64 = 30 * DAY;

pub(super) fn examine(deployment: &Deployment<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut shown = Vec::new();
    let with_tls = deployment.config.listeners.iter();
    for (listener, tls) in with_tls.filter_map(|listener| Some((listener, listener.tls.as_ref()?))) {
        match &tls.certificate {
            Certificate::Dev => findings.extend(development(deployment, listener)),
            Certificate::Files { cert, key } => match tls::identity(cert, key) {
                Ok(identity) => {
                    findings.extend(of_certificate(deployment, tls, cert, &identity));
                    shown.extend(identity.chain.into_iter().next());
                }
                Err(error) => findings.push(unfit(cert, &error)),
            },
        }
    }
    findings.extend(other_hosts(deployment, &shown));
    findings
}

fn development(deployment: &Deployment<'_>, listener: &Listener) -> Option<Finding> {
    let elsewhere = deployment.realms.iter().find(|realm| !is_loopback(&realm.issuer))?;
    let problem = format!(
        "{} shows a certificate for tests, and {} is for others",
        listener.bind, elsewhere.issuer
    );
    let remedy = "write tls = { cert = \"…\", key = \"…\" }, with a certificate that browsers trust";
    Some(Finding::new(
        Kind::DevelopmentCertificate,
        deployment.place(),
        problem,
        remedy,
    ))
}

fn unfit(cert: &Path, error: &UnfitCertificate) -> Finding {
    let (kind, remedy) = match error {
        UnfitCertificate::Unreadable(_) => (
            Kind::CertificateUnreadable,
            "write PEM files, the server's certificate first, and let the server's user read them",
        ),
        UnfitCertificate::AnotherKey(_) => (
            Kind::CertificateOfAnotherKey,
            "name the key with which the certificate was asked for",
        ),
    };
    Finding::new(kind, cert.display().to_string(), error.to_string(), remedy)
}

fn of_certificate(deployment: &Deployment<'_>, tls: &Tls, cert: &Path, identity: &Identity) -> Vec<Finding> {
    let place = || cert.display().to_string();
    let mut findings = Vec::new();
    let first = identity.chain.first();
    if let Some(Ok(certificate)) = first.map(|der| x509::Certificate::parse(der)) {
        let (validity, now) = (certificate.validity(), deployment.now);
        if !validity.contains(now) {
            let problem = if now > validity.until {
                format!("it expired {} days ago", (now - validity.until) / DAY)
            } else {
                "it is not good yet".to_owned()
            };
            let remedy = "get another one, and restart the server";
            findings.push(Finding::new(Kind::CertificateExpired, place(), problem, remedy));
        } else if validity.until - now < SOON {
            let problem = format!("it expires in {} days", (validity.until - now) / DAY);
            let remedy = "renew it, and restart the server: files are read at its start";
            findings.push(Finding::new(Kind::CertificateExpiresSoon, place(), problem, remedy));
        }
    }
    if !tls.only_tls13 && !identity.is_rsa {
        let problem = "TLS 1.2 is offered, but its suites need an RSA certificate: who has no TLS 1.3 fails";
        let remedy = "set min_version = \"1.3\", or use an RSA certificate";
        findings.push(Finding::new(Kind::Tls12WithoutRsa, place(), problem, remedy));
    }
    findings
}

/// Hosts of issuers, and of where they ask for mutual TLS, that no certificate names. A proxy has its own certificates.
fn other_hosts(deployment: &Deployment<'_>, shown: &[CertificateDer<'static>]) -> Vec<Finding> {
    if shown.is_empty() || !deployment.config.proxy.trusted.is_empty() {
        return Vec::new();
    }
    let urls = deployment
        .realms
        .iter()
        .flat_map(|realm| std::iter::once(&realm.issuer).chain(&realm.mtls));
    let hosts = urls.filter_map(|url| {
        let parsed = Url::parse(url).ok().filter(|parsed| parsed.scheme() == "https")?;
        Some((url, parsed.host_str()?.to_owned()))
    });
    let unnamed = hosts.filter(|(_, host)| !shown.iter().any(|der| is_for_host(der, host)));
    let finding = |(url, host): (&String, String)| {
        let problem = format!("no listener has a certificate that names {host}");
        let remedy = "get one that names it: browsers refuse any other";
        Finding::new(Kind::CertificateForAnotherHost, url, problem, remedy)
    };
    unnamed.map(finding).collect()
}
