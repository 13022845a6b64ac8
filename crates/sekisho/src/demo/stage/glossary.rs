//! What each name on the wire means, and which section of which specification says so: `parameters.toml`.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::super::frame::Lang;

/// Where a name stands: a table of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Place {
    Request,
    Introspect,
    Page,
    Redirect,
    Answer,
    Introspection,
    Claim,
    Api,
    Header,
    Metadata,
    /// Not a parameter: what a request to a path is for.
    Endpoint,
}

impl Place {
    const ALL: [Self; 11] = [
        Self::Request,
        Self::Introspect,
        Self::Page,
        Self::Redirect,
        Self::Answer,
        Self::Introspection,
        Self::Claim,
        Self::Api,
        Self::Header,
        Self::Metadata,
        Self::Endpoint,
    ];

    fn table(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Introspect => "introspect",
            Self::Page => "page",
            Self::Redirect => "redirect",
            Self::Answer => "answer",
            Self::Introspection => "introspection",
            Self::Claim => "claim",
            Self::Api => "api",
            Self::Header => "header",
            Self::Metadata => "metadata",
            Self::Endpoint => "endpoint",
        }
    }
}

/// What a name means.
#[derive(Debug)]
pub(super) struct Meaning {
    /// The specification and its section; for what no specification says, whose own word it is.
    pub section: String,
    en: String,
    ja: String,
}

impl Meaning {
    pub(super) fn text(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.en,
            Lang::Ja => &self.ja,
        }
    }
}

static MEANINGS: LazyLock<HashMap<(Place, String), Meaning>> = LazyLock::new(|| {
    let file: toml::Table = include_str!("parameters.toml").parse().unwrap_or_default();
    let tables = Place::ALL
        .into_iter()
        .filter_map(|place| Some((place, file.get(place.table())?.as_table()?)));
    let entries = tables.flat_map(|(place, table)| table.iter().map(move |(name, entry)| (place, name, entry)));
    entries
        .filter_map(|(place, name, entry)| Some(((place, name.clone()), meaning(entry)?)))
        .collect()
});

fn meaning(entry: &toml::Value) -> Option<Meaning> {
    let mut texts = entry
        .as_array()?
        .iter()
        .filter_map(toml::Value::as_str)
        .map(str::to_owned);
    Some(Meaning {
        section: texts.next()?,
        en: texts.next()?,
        ja: texts.next()?,
    })
}

/// What a name means in the first of these places that has it. A language tag behind it (`name#ja`) changes nothing.
pub(super) fn find(places: &[Place], name: &str) -> Option<&'static Meaning> {
    let name = name.split('#').next().unwrap_or(name);
    places.iter().find_map(|place| MEANINGS.get(&(*place, name.to_owned())))
}

/// What a request to this path is for. What stands behind a collection (`/grants/1`) is of its kind.
pub(super) fn endpoint(path: &str) -> Option<&'static Meaning> {
    let collection = || {
        path.rsplit_once('/')
            .map(|(collection, _)| collection)
            .filter(|path| !path.is_empty())
    };
    find(&[Place::Endpoint], path).or_else(|| find(&[Place::Endpoint], collection()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_of_the_server_is_told() {
        for path in web::CLAIMED.iter().filter(|path| **path != "/assets") {
            assert!(endpoint(path).is_some(), "{path}");
        }
        assert!(endpoint("/grants/1").is_some());
        assert!(endpoint("/made-up").is_none());
    }

    #[test]
    fn every_entry_has_a_section_and_a_sentence_in_both_languages() {
        let file: toml::Table = include_str!("parameters.toml").parse().unwrap();
        let count: usize = file.values().map(|table| table.as_table().unwrap().len()).sum();
        assert_eq!(MEANINGS.len(), count, "an entry is malformed, or its table unknown");
        for ((_, name), meaning) in MEANINGS.iter() {
            let is_own = ["Sekisho", "Sekisho Bank"].contains(&meaning.section.as_str());
            assert!(is_own || meaning.section.contains('§'), "{name}: {}", meaning.section);
            assert!(meaning.en.ends_with('.') && meaning.ja.ends_with('。'), "{name}");
            assert!(!meaning.ja.is_ascii(), "{name}");
        }
    }

    #[test]
    fn a_name_means_what_it_means_in_its_place() {
        let section = |place, name| find(&[place], name).map(|meaning| meaning.section.as_str());
        assert_eq!(section(Place::Request, "code"), Some("RFC 6749 §4.1.3"));
        assert_eq!(section(Place::Redirect, "code"), Some("RFC 6749 §4.1.2"));
        assert_eq!(section(Place::Claim, "name#ja"), Some("OpenID Connect Core §5.1"));
        assert!(find(&[Place::Request], "made_up").is_none());
        assert!(find(&[Place::Request, Place::Answer], "interval").is_some());
    }

    #[test]
    fn every_member_of_the_servers_metadata_is_there() {
        let source = include_str!("../../../../protocol/src/server_metadata.rs");
        let members = source
            .lines()
            .filter_map(|line| line.trim().strip_prefix("pub ")?.split_once(": "));
        let members = members
            .map(|(name, _)| name)
            .filter(|name| *name != "backchannel" && !name.contains('('));
        let mut count = 0;
        for name in members {
            assert!(find(&[Place::Metadata], name).is_some(), "{name}");
            count += 1;
        }
        assert!(count > 50, "{count}");
    }
}
