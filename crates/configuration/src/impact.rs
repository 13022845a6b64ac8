//! `impact = { … }` of an `[[api]]`: what could go wrong, and what the API needs because of it.
//!
//! Spec: ITU-T X.1254 (2012) table 6-2
//!
//! The table itself is [`protocol::risk`].

use std::collections::BTreeMap;

use model::Api;
use protocol::{
    SecurityProfile,
    risk::{self, CATEGORIES, IMPACTS, Needed},
};

use super::{
    document::Span,
    reader::{Report, Table},
};
use crate::Kind;

/// Reads the impact: as it was written, and what it needs.
pub(super) fn read(api: &mut Table<'_, '_>) -> (BTreeMap<String, String>, Option<Needed>) {
    let mut written = BTreeMap::new();
    let Some(mut table) = api.table("impact", "impact") else {
        return (written, None);
    };
    let words: Vec<(&str, &str)> = IMPACTS.iter().map(|(word, _)| (*word, *word)).collect();
    for (category, _) in CATEGORIES {
        if let Some(word) = table.one_of(category, &words, &[]) {
            written.insert((*category).to_owned(), word.value.to_owned());
        }
    }
    table.finish();
    let needed = risk::needed(&written);
    (written, needed)
}

/// The API asks less of clients than its impact does. That nothing is asked for at all is less than anything but what
/// every client follows.
pub(super) fn check_profile(report: &Report<'_>, api: &Api, default: &SecurityProfile, span: &Span) {
    let Some(needed) = risk::needed(&api.impact) else {
        return;
    };
    let least = api.profile.as_deref().and_then(SecurityProfile::find);
    if needed.profile.admits(least.unwrap_or(default)) {
        return;
    }
    let problem = match least {
        Some(least) => format!(
            "profile is {}, but the impact asks for {}",
            least.name, needed.profile.name
        ),
        None => format!(
            "the API wants no profile of clients, but the impact asks for {}",
            needed.profile.name
        ),
    };
    let remedy = format!(
        "set profile = \"{}\" ({needed}), or look at the impact again",
        needed.profile.name
    );
    report.warning_of(Kind::BelowRisk, span, problem, remedy);
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use protocol::Acr;

    use super::{super::document::Document, *};

    fn derive(impact: &str) -> (Option<Acr>, usize) {
        let document = Document::parse(Path::new("f.toml"), &format!("impact = {{ {impact} }}"));
        let report = Report::new(&document, false);
        let mut root = Table::root(&report);
        let (_, needed) = read(&mut root);
        root.finish();
        (needed.map(|needed| needed.level), report.finish().len())
    }

    #[test]
    fn categories_and_words_of_the_table_are_read() {
        let both = "financial_loss = \"moderate\", sensitive_information = \"substantial\"";
        assert_eq!(derive(both), (Some(Acr::Loa3), 0));
        assert_eq!(derive(""), (None, 0));
        assert_eq!(derive("finance_loss = \"moderate\", personal_safety = \"awful\"").1, 2);
    }
}
