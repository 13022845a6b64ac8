//! Which realm is at which URL. What a request costs does not depend on how many there are.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use model::Realm;

/// All realms, and where they are.
#[derive(Default)]
pub(crate) struct Places {
    /// By issuer.
    realms: BTreeMap<String, Arc<Realm>>,
    /// By authority: host and port, in small letters.
    hosts: HashMap<String, Host>,
}

/// What is at one authority.
#[derive(Default)]
struct Host {
    by_base: HashMap<String, Place>,
    /// No base is longer, in bytes: longer beginnings of a path need not be looked for.
    longest: usize,
}

/// A realm, at one of the URLs that it has.
pub(crate) struct Place {
    pub(crate) realm: Arc<Realm>,
    /// The path of that URL: `""` or `"/path"`.
    pub(crate) base: String,
    /// Whether this is where the realm asks for mutual TLS, and not the issuer's own URL.
    pub(crate) is_alias: bool,
}

impl Places {
    /// The issuers' own URLs, and where mutual TLS is asked for if that is elsewhere.
    pub(crate) fn of(realms: Vec<Realm>) -> Self {
        let mut places = Self::default();
        for realm in realms {
            let realm = Arc::new(realm);
            places.add(&realm, (realm.authority(), realm.base_path()), false);
            if let Some(alias) = realm.mtls_place() {
                places.add(&realm, alias, true);
            }
            places.realms.insert(realm.issuer.clone(), realm);
        }
        places
    }

    fn add(&mut self, realm: &Arc<Realm>, (authority, base): (&str, &str), is_alias: bool) {
        let host = self.hosts.entry(authority.to_lowercase()).or_default();
        host.longest = host.longest.max(base.len());
        host.by_base.entry(base.to_owned()).or_insert_with(|| Place {
            realm: Arc::clone(realm),
            base: base.to_owned(),
            is_alias,
        });
    }

    /// What is at this host with the longest path that the given one begins with, by whole segments.
    pub(crate) fn find(&self, authority: &str, path: &str) -> Option<&Place> {
        let host = self.hosts.get(&authority.to_lowercase())?;
        let mut beginning = path;
        loop {
            if beginning.len() <= host.longest
                && let Some(place) = host.by_base.get(beginning)
            {
                return Some(place);
            }
            (beginning, _) = beginning.rsplit_once('/')?;
        }
    }

    /// The realm of this issuer.
    pub(crate) fn realm(&self, issuer: &str) -> Option<&Arc<Realm>> {
        self.realms.get(issuer)
    }

    /// Each realm once, in the order of their issuers.
    pub(crate) fn realms(&self) -> impl Iterator<Item = &Arc<Realm>> {
        self.realms.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn realm(issuer: &str, mtls: Option<&str>) -> Realm {
        let settings = serde_json::json!({
            "issuer": issuer, "display_name": "A", "locales": ["en"],
            "profile": "baseline", "profiles": ["baseline"], "mtls": mtls,
        });
        serde_json::from_value(settings).unwrap()
    }

    fn found(places: &Places, authority: &str, path: &str) -> Option<String> {
        let place = places.find(authority, path)?;
        Some(format!("{} {}", place.realm.issuer, place.is_alias))
    }

    #[test]
    fn the_longest_base_wins_and_segments_are_whole() {
        let places = Places::of(vec![
            realm("https://id.example", None),
            realm("https://id.example/bank", None),
            realm("https://id.example/bank/staff", None),
        ]);
        for (path, issuer) in [
            ("/token", "https://id.example"),
            ("", "https://id.example"),
            ("/banker", "https://id.example"),
            ("/bank", "https://id.example/bank"),
            ("/bank/", "https://id.example/bank"),
            ("/bank/token", "https://id.example/bank"),
            ("/bank/staff/token", "https://id.example/bank/staff"),
            ("/bank/staffing", "https://id.example/bank"),
            ("//bank", "https://id.example"),
        ] {
            assert_eq!(
                found(&places, "ID.example", path),
                Some(format!("{issuer} false")),
                "{path}"
            );
        }
        assert_eq!(found(&places, "id.example", "*"), None, "it is no path");
        assert_eq!(found(&places, "other.example", "/token"), None);
    }

    #[test]
    fn a_host_without_a_realm_at_its_root_has_nothing_there() {
        let places = Places::of(vec![realm("https://id.example/bank", None)]);
        assert_eq!(found(&places, "id.example", "/token"), None);
        let long = "/bank".repeat(2000);
        assert_eq!(
            found(&places, "id.example", &long).as_deref(),
            Some("https://id.example/bank false")
        );
    }

    #[test]
    fn a_realm_is_found_where_it_asks_for_mutual_tls_and_counted_once() {
        let places = Places::of(vec![
            realm("https://id.example/bank", Some("https://mtls.example")),
            realm("https://a.example", None),
        ]);
        let alias = found(&places, "mtls.example", "/token");
        assert_eq!(alias.as_deref(), Some("https://id.example/bank true"));
        let issuers: Vec<_> = places.realms().map(|realm| realm.issuer.as_str()).collect();
        assert_eq!(issuers, ["https://a.example", "https://id.example/bank"]);
        assert!(places.realm("https://a.example").is_some() && places.realm("https://b.example").is_none());
    }
}
