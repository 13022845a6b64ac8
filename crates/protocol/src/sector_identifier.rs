//! Which sector a client is of: clients of one sector know a user by the same pairwise `sub`.
//!
//! Spec: OpenID Connect Core §8.1, OpenID Connect Registration §5, CIBA §4
//!
//! Accepted: the host of `sector_identifier_uri`, else the one host of all redirect URIs. Hosts count without their
//! port. A client without redirect URIs that asks users in the background is of the host of its `jwks_uri`, or of its
//! notification endpoint when tokens are pushed there. Deliberately not accepted: a private-use scheme, which nobody owns as one owns a host.
//! Deliberately accepted: a loopback host, as the specification has it; all apps on users' devices share that sector,
//! unless they register a `sector_identifier_uri`.

use url::Url;

use crate::{ClientMetadata, GrantType, TokenDeliveryMode};

/// Why it cannot be said which sector a client is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SectorError {
    /// Neither `sector_identifier_uri` nor a redirect URI has a host.
    #[error("no redirect URI has a host that says which sector the client is of")]
    NoHost,
    /// "If there are multiple hostnames in the registered `redirect_uris`, the Client MUST register a
    /// `sector_identifier_uri`" (§8.1).
    #[error("the redirect URIs do not all have the same host, so they do not say which sector the client is of")]
    SeveralHosts,
}

/// The sector of a client: a host name in lower case, in its ASCII form.
pub fn of(client: &ClientMetadata) -> Result<String, SectorError> {
    if let Some(uri) = &client.sector_identifier_uri {
        return host(uri).ok_or(SectorError::NoHost);
    }
    let in_place = background(client).filter(|_| client.redirect_uris.is_empty());
    let redirect_uris = client.redirect_uris.iter().map(String::as_str);
    let mut hosts = redirect_uris.chain(in_place).map(host);
    let first = hosts.next().ok_or(SectorError::NoHost)?;
    if hosts.any(|other| other != first) {
        return Err(SectorError::SeveralHosts);
    }
    first.ok_or(SectorError::NoHost)
}

/// The URIs that the document at `sector_identifier_uri` must list.
pub fn listed(client: &ClientMetadata) -> impl Iterator<Item = &str> {
    let redirect_uris = client.redirect_uris.iter().map(String::as_str);
    redirect_uris.chain(background(client))
}

/// CIBA §4: "In CIBA Poll and Ping modes the `jwks_uri` is used in place of the `redirect_uri`. In CIBA Push mode the
/// `backchannel_client_notification_endpoint` is used in place of the `redirect_uri`."
fn background(client: &ClientMetadata) -> Option<&str> {
    let uri = match client.backchannel_token_delivery_mode? {
        TokenDeliveryMode::Poll | TokenDeliveryMode::Ping => &client.jwks_uri,
        TokenDeliveryMode::Push => &client.backchannel_client_notification_endpoint,
    };
    uri.as_deref().filter(|_| client.allows_grant_type(GrantType::Ciba))
}

fn host(uri: &str) -> Option<String> {
    let url = Url::parse(uri)
        .ok()
        .filter(|url| matches!(url.scheme(), "https" | "http"))?;
    url.host_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sector(sector_identifier_uri: Option<&str>, redirect_uris: &[&str]) -> Result<String, SectorError> {
        of(&ClientMetadata {
            sector_identifier_uri: sector_identifier_uri.map(str::to_owned),
            redirect_uris: redirect_uris.iter().map(|&uri| uri.to_owned()).collect(),
            ..ClientMetadata::default()
        })
    }

    #[test]
    fn the_one_host_of_all_redirect_uris_is_the_sector() {
        for uris in [
            &["https://app.example.com/cb"][..],
            &["https://app.example.com/cb", "https://APP.example.com:8443/other?x=y"],
        ] {
            assert_eq!(sector(None, uris).as_deref(), Ok("app.example.com"));
        }
        assert_eq!(sector(None, &["http://127.0.0.1/cb"]).as_deref(), Ok("127.0.0.1"));
    }

    #[test]
    fn several_hosts_need_a_sector_identifier_uri() {
        for other in ["https://b.example/cb", "https://x.a.example/cb", "com.example.app:/cb"] {
            assert_eq!(
                sector(None, &["https://a.example/cb", other]),
                Err(SectorError::SeveralHosts),
                "{other}"
            );
            let shared = sector(
                Some("https://Sector.example:444/uris.json"),
                &["https://a.example/cb", other],
            );
            assert_eq!(shared.as_deref(), Ok("sector.example"));
        }
    }

    #[test]
    fn what_has_no_host_has_no_sector() {
        for uris in [&[][..], &["com.example.app:/cb"], &["com.example.app://auth/cb"]] {
            assert_eq!(sector(None, uris), Err(SectorError::NoHost), "{uris:?}");
        }
        assert_eq!(
            sector(Some("no uri"), &["https://a.example/cb"]),
            Err(SectorError::NoHost)
        );
    }

    #[test]
    fn who_asks_in_the_background_is_of_the_host_of_its_keys_or_its_endpoint() {
        let client = |mode| ClientMetadata {
            grant_types: vec![GrantType::Ciba],
            backchannel_token_delivery_mode: Some(mode),
            backchannel_client_notification_endpoint: Some("https://called.example/cb".into()),
            jwks_uri: Some("https://keys.example/jwks".into()),
            ..ClientMetadata::default()
        };
        for (mode, sector, uri) in [
            (TokenDeliveryMode::Poll, "keys.example", "https://keys.example/jwks"),
            (TokenDeliveryMode::Ping, "keys.example", "https://keys.example/jwks"),
            (TokenDeliveryMode::Push, "called.example", "https://called.example/cb"),
        ] {
            assert_eq!(of(&client(mode)).as_deref(), Ok(sector));
            assert_eq!(listed(&client(mode)).collect::<Vec<_>>(), [uri]);
        }
        let with_redirects = ClientMetadata {
            redirect_uris: vec!["https://app.example/cb".into()],
            ..client(TokenDeliveryMode::Poll)
        };
        assert_eq!(of(&with_redirects).as_deref(), Ok("app.example"));
        assert_eq!(listed(&with_redirects).count(), 2);
        let without_the_grant = ClientMetadata {
            grant_types: vec![GrantType::ClientCredentials],
            ..client(TokenDeliveryMode::Poll)
        };
        assert_eq!(of(&without_the_grant), Err(SectorError::NoHost));
    }
}
