//! Rules that nobody would pass.
//!
//! What an expression means for every sign-in cannot be decided; so sign-ins of all kinds that the rules tell apart are
//! tried: users in and outside the groups, apps, networks, devices, and every half-hour of a week. If none of them gets
//! in, the rules are refused. Rules that let only somebody in who does not exist are not found.

use std::net::{IpAddr, Ipv4Addr};

use serde_json::Map;

use crate::{Facts, Rules, Verdict, range};

/// A Monday at 00:15 UTC.
const MONDAY: i64 = 1_704_067_200 + 15 * 60;
/// Half-hours of a week.
const HALF_HOURS: i64 = 7 * 48;
/// How many sign-ins are tried at most.
const MOST: usize = 50_000;
/// The half-hours are tried in leaps, so that each time of day and each day comes early.
const LEAP: i64 = 37;

impl Rules {
    /// Whether nobody gets in, of all that are tried. `clients`: the apps of the realm.
    pub fn locks_out(&self, clients: &[String]) -> bool {
        if self.is_empty() {
            return false;
        }
        let mut tried = 0_usize;
        for at in (0..HALF_HOURS).map(|half| MONDAY + (half * LEAP) % HALF_HOURS * 1800) {
            for address in self.places() {
                for (username, groups) in self.people() {
                    for (client, apis) in self.apps(clients) {
                        for is_known in [true, false] {
                            tried += 1;
                            let facts = Facts {
                                username: username.clone(),
                                groups: groups.clone(),
                                claims: Map::new(),
                                proofing: None,
                                client: client.clone(),
                                apis: apis.clone(),
                                address,
                                is_recognised: is_known,
                                has_certificate: is_known,
                                knows_network: is_known,
                                failures: if is_known { 0 } else { 1000 },
                                at,
                            };
                            let gets_in = matches!(self.judge(&facts), Verdict::Permitted { .. });
                            if gets_in || tried >= MOST {
                                return !gets_in;
                            }
                        }
                    }
                }
            }
        }
        true
    }

    /// Outside of everything, and the first address of each network that is named.
    fn places(&self) -> Vec<IpAddr> {
        let named = self
            .policies
            .rules
            .iter()
            .flat_map(|rule| rule.networks.iter().chain(&rule.outside));
        let named: Vec<String> = named.cloned().collect();
        let ranges = range::ranges(&named, &self.policies.networks).unwrap_or_default();
        let first = ranges.iter().filter_map(|range| range.split('/').next()?.parse().ok());
        let mut places: Vec<IpAddr> = first.collect();
        places.push(IpAddr::V4(Ipv4Addr::new(198, 51, 100, 77)));
        places.dedup();
        places
    }

    /// Somebody without a group, somebody in each, and somebody of each name.
    fn people(&self) -> Vec<(String, Vec<String>)> {
        let mut people = vec![("somebody".to_owned(), Vec::new())];
        for rule in &self.policies.rules {
            people.extend(
                rule.groups
                    .iter()
                    .map(|group| ("somebody".to_owned(), vec![group.clone()])),
            );
            people.extend(rule.users.iter().map(|name| (name.clone(), rule.groups.clone())));
        }
        people.dedup();
        people
    }

    /// The user's own pages, and each app, with the APIs that are named.
    fn apps(&self, clients: &[String]) -> Vec<(String, Vec<String>)> {
        let besides = self.policies.rules.iter().flat_map(|rule| &rule.clients);
        let mut names: Vec<String> = clients.iter().chain(besides).cloned().collect();
        names.push(String::new());
        names.sort();
        names.dedup();
        let apis: Vec<String> = self.policies.rules.iter().flat_map(|rule| rule.apis.clone()).collect();
        let with = names.iter().map(|name| (name.clone(), Vec::new()));
        let all: Vec<_> = with
            .chain((!apis.is_empty()).then(|| (names.first().cloned().unwrap_or_default(), apis)))
            .collect();
        all
    }
}
