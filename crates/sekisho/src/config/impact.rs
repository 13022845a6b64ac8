//! The level of assurance that an API needs, derived from what could go wrong.
//!
//! Spec: ITU-T X.1254 (2012) table 6-2
//!
//! A level of assurance tolerates an impact up to what its column says; the API needs the lowest level that tolerates
//! every category's impact. `personal_safety` is never tolerated below level 3.

use std::collections::BTreeMap;

use protocol::Acr;

use super::reader::Table;

/// How bad the impact can be. Where the table says N/A, no impact is tolerated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Impact {
    None,
    Minimum,
    Moderate,
    Substantial,
    High,
}

const IMPACTS: &[(&str, Impact)] = &[
    ("none", Impact::None),
    ("minimum", Impact::Minimum),
    ("moderate", Impact::Moderate),
    ("substantial", Impact::Substantial),
    ("high", Impact::High),
];

/// Category → the worst impact that levels 1, 2 and 3 tolerate; level 4 tolerates all.
const TABLE: &[(&str, [Impact; 3])] = &[
    (
        "inconvenience",
        [Impact::Minimum, Impact::Moderate, Impact::Substantial],
    ),
    (
        "financial_loss",
        [Impact::Minimum, Impact::Moderate, Impact::Substantial],
    ),
    (
        "harm_to_organization",
        [Impact::None, Impact::Minimum, Impact::Moderate],
    ),
    (
        "sensitive_information",
        [Impact::None, Impact::Moderate, Impact::Substantial],
    ),
    ("personal_safety", [Impact::None, Impact::None, Impact::Moderate]),
    ("legal_violation", [Impact::None, Impact::Minimum, Impact::Substantial]),
];

/// The lowest level that tolerates this impact in this category.
fn level(tolerated: [Impact; 3], impact: Impact) -> Acr {
    tolerated
        .iter()
        .zip([Acr::Loa1, Acr::Loa2, Acr::Loa3])
        .find(|(most, _)| impact <= **most)
        .map_or(Acr::Loa4, |(_, level)| level)
}

/// Reads `impact = { category = "level" }`: the table as it was written, and the highest level that a category needs.
pub(super) fn read(api: &mut Table<'_, '_>) -> (BTreeMap<String, String>, Option<Acr>) {
    let mut written = BTreeMap::new();
    let mut needed = None;
    let Some(mut table) = api.table("impact", "impact") else {
        return (written, needed);
    };
    for (category, tolerated) in TABLE {
        if let Some(impact) = table.one_of(category, IMPACTS, &[]) {
            let word = IMPACTS
                .iter()
                .find(|(_, known)| *known == impact.value)
                .map_or("", |(word, _)| word);
            written.insert((*category).to_owned(), word.to_owned());
            needed = needed.max(Some(level(*tolerated, impact.value)));
        }
    }
    table.finish();
    (written, needed)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{
        super::{document::Document, reader::Report},
        *,
    };

    fn derive(impact: &str) -> (Option<Acr>, usize) {
        let document = Document::parse(Path::new("f.toml"), &format!("impact = {{ {impact} }}"));
        let report = Report::new(&document, false);
        let mut root = Table::root(&report);
        let (_, acr) = read(&mut root);
        root.finish();
        (acr, report.finish().len())
    }

    #[test]
    fn x1254_table_6_2() {
        for (category, expected) in [
            ("inconvenience", "1234"),
            ("financial_loss", "1234"),
            ("harm_to_organization", "2344"),
            ("sensitive_information", "2234"),
            ("personal_safety", "3344"),
            ("legal_violation", "2334"),
        ] {
            for (impact, digit) in ["minimum", "moderate", "substantial", "high"]
                .iter()
                .zip(expected.chars())
            {
                let (acr, problems) = derive(&format!("{category} = \"{impact}\""));
                assert_eq!(acr.unwrap().short(), format!("loa{digit}"), "{category} {impact}");
                assert_eq!(problems, 0);
            }
            assert_eq!(derive(&format!("{category} = \"none\"")).0, Some(Acr::Loa1));
        }
    }

    #[test]
    fn the_worst_category_decides() {
        let both = "financial_loss = \"moderate\", sensitive_information = \"substantial\"";
        assert_eq!(derive(both), (Some(Acr::Loa3), 0));
        assert_eq!(derive(""), (None, 0));
        assert_eq!(derive("finance_loss = \"moderate\", personal_safety = \"awful\"").1, 2);
    }
}
