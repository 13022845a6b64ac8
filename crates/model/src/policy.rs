//! Rules of a realm about who may sign in, from where, on which device, and with which factors.

use std::collections::BTreeMap;

use protocol::acr::Acr;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// What a realm says about sign-ins.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policies {
    /// The rules.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Policy>,
    /// The networks that they name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<Network>,
    /// Whether nobody gets in for whom no rule says so.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub denies_by_default: bool,
    /// What is stored in their place.
    #[serde(skip)]
    pub unreadable: Option<Unreadable>,
}

/// Rules that this version cannot read: another one wrote them, or somebody by hand. A condition that is passed over would let
/// more people in than were meant, so nobody gets in; and what is stored stays as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Unreadable {
    /// As it is stored.
    stored: Value,
    /// What is wrong with it.
    pub problem: String,
}

/// Rules as a realm stores them.
pub(crate) mod stored {
    use super::{Deserialize, Deserializer, Policies, Serialize, Serializer, Unreadable, Value};

    pub(crate) fn serialize<S: Serializer>(policies: &Policies, serializer: S) -> Result<S::Ok, S::Error> {
        match &policies.unreadable {
            Some(unreadable) => unreadable.stored.serialize(serializer),
            None => policies.serialize(serializer),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Policies, D::Error> {
        let stored = Value::deserialize(deserializer)?;
        Ok(Policies::deserialize(&stored).unwrap_or_else(|error| Policies {
            unreadable: Some(Unreadable {
                problem: error.to_string(),
                stored,
            }),
            ..Policies::default()
        }))
    }
}

impl Policies {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self == &Self::default()
    }
}

/// A network, or several, by a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// The name.
    pub name: String,
    /// Its addresses and ranges: `192.0.2.0/24`.
    pub addresses: Vec<String>,
}

/// A rule: conditions, all of which must hold, and what follows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// The user is in one of these groups.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// The user is in none of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_groups: Vec<String>,
    /// The user is one of these, by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<String>,
    /// The user's claims have these values.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, Value>,
    /// The app is one of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub clients: Vec<String>,
    /// One of these APIs is asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub apis: Vec<String>,
    /// The browser is in one of these networks, by name or range.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<String>,
    /// The browser is in none of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outside: Vec<String>,
    /// What is known of the device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceState>,
    /// One of these is unusual.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unusual: Vec<Unusual>,
    /// At least so many attempts of this user failed within a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failures: Option<u32>,
    /// Between these times of day: `09:00-18:00`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<String>,
    /// On these days, on which the hours begin.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub weekdays: Vec<Weekday>,
    /// Where hours and days are those of a clock that is so far from UTC: `+09:00`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utc_offset: Option<String>,
    /// What else must hold, as an expression in Cedar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// Nobody gets in, and is told this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deny: Option<Message>,
    /// Each of these is proved; one of several that are joined by ` or `.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub require: Vec<String>,
    /// This level is reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr: Option<Acr>,
    /// It is permitted, where nothing is that no rule permits.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub allow: bool,
}

impl Policy {
    /// Whether it says of nobody that it is not for them.
    pub fn is_for_all(&self) -> bool {
        let Self {
            name,
            deny,
            require,
            acr,
            allow,
            ..
        } = self.clone();
        let effect = Self {
            name,
            deny,
            require,
            acr,
            allow,
            ..Self::default()
        };
        *self == effect
    }
}

/// What is known of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceState {
    /// Its user used an app there before.
    Recognised,
    /// That is not so.
    New,
    /// It has a certificate of the realm's authorities.
    Certificate,
    /// It has none.
    NoCertificate,
}

/// What is unusual of a sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unusual {
    /// The device is new.
    NewDevice,
    /// The user was not seen in this network for 90 days.
    NewNetwork,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Weekday {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

impl Weekday {
    /// All, in their order.
    pub const ALL: [Self; 7] = [
        Self::Mon,
        Self::Tue,
        Self::Wed,
        Self::Thu,
        Self::Fri,
        Self::Sat,
        Self::Sun,
    ];
}

/// What somebody is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Message {
    /// In one language, or in one for all.
    Same(String),
    /// In several, by their tags.
    Each(BTreeMap<String, String>),
}

impl Message {
    /// The text in a language, or in the first that there is.
    pub fn in_language(&self, tag: &str) -> &str {
        match self {
            Self::Same(text) => text,
            Self::Each(texts) => texts
                .get(tag)
                .or_else(|| texts.values().next())
                .map_or("", String::as_str),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rule_without_a_condition_is_for_all() {
        let denies = Policy {
            name: "closed".into(),
            deny: Some(Message::Same("Closed.".into())),
            ..Policy::default()
        };
        assert!(denies.is_for_all());
        let on_mondays = Policy {
            weekdays: vec![Weekday::Mon],
            ..denies
        };
        assert!(!on_mondays.is_for_all());
    }

    #[test]
    fn what_is_not_understood_whole_is_not_read_at_all_and_kept_as_it_is() {
        let mut settings = serde_json::to_value(crate::Realm::new("https://id.example")).unwrap();
        assert!(settings.get("policies").is_none());
        for unknown in [
            json!({ "rules": [{ "name": "a", "allow": true, "moon": "full" }] }),
            json!({ "rules": [{ "name": "a", "allow": true, "device": "of-glass" }] }),
            json!({ "networks": [{ "name": "office", "addresses": [], "vlan": 7 }] }),
            json!({ "quorum": 2 }),
            json!("closed"),
        ] {
            settings["policies"] = unknown;
            let realm: crate::Realm = serde_json::from_value(settings.clone()).unwrap();
            assert!(realm.policies.unreadable.is_some() && !realm.policies.is_empty());
            assert_eq!(serde_json::to_value(&realm).unwrap(), settings);
        }
        settings["policies"] = json!({ "rules": [{ "name": "a", "allow": true }] });
        let realm: crate::Realm = serde_json::from_value(settings.clone()).unwrap();
        assert_eq!((realm.policies.rules.len(), &realm.policies.unreadable), (1, &None));
        assert_eq!(serde_json::to_value(&realm).unwrap(), settings);
    }

    #[test]
    fn a_message_is_told_in_the_language_of_its_reader() {
        let texts = [
            ("en".to_owned(), "No.".to_owned()),
            ("ja".to_owned(), "不可".to_owned()),
        ];
        let message = Message::Each(texts.into());
        assert_eq!((message.in_language("ja"), message.in_language("fr")), ("不可", "No."));
        assert_eq!(Message::Same("No.".into()).in_language("ja"), "No.");
    }
}
