//! What was measured, as tables and pictures.

mod chart;
mod check;
mod gateway;
mod machine;
mod page;
mod published;
mod row;
mod table;

use std::{fs, path::Path};

use crate::{limits::Limits, peer::Peer};

pub use check::Check;
pub use gateway::Gateway;
pub use row::{Limit, Row};

/// The page with the tables, from the root of the repository.
const PAGE: &str = "docs/benchmarks.md";
/// Where the pictures are.
const PICTURES: &str = "docs/benchmarks";

/// All that was measured in one run. Rows and checks are of a server on the database that is named.
#[derive(Debug, Default)]
pub struct Report {
    /// How it was measured, for people.
    pub settings: String,
    /// What parts cost.
    pub limits: Limits,
    /// Scenarios.
    pub rows: Vec<(&'static str, Row)>,
    /// Single figures with a target.
    pub checks: Vec<(&'static str, Check)>,
    /// Those that take long.
    pub long: Vec<(&'static str, Check)>,
    /// The gateway beside other ways to protect an API.
    pub gateway: Option<Gateway>,
    /// Another server.
    pub peer: Option<Peer>,
}

impl Report {
    /// The tables, each with the name of its place on the page. What was not measured has none.
    fn tables(&self) -> Vec<(&'static str, String)> {
        let peer = self.peer.as_ref().map(|peer| table::beside(peer, &self.rows));
        let gateway = self.gateway.as_ref().map(Gateway::tables);
        let all = [
            ("machine", machine::line(&self.settings)),
            ("scenarios", table::scenarios(&self.rows)),
            ("parts", table::parts(&self.limits)),
            ("checks", table::checks(&self.checks)),
            ("long", table::checks(&self.long)),
            ("gateway", gateway.unwrap_or_default()),
            ("peer", peer.unwrap_or_default()),
            ("missed", table::missed(self)),
        ];
        all.into_iter().filter(|(_, table)| !table.is_empty()).collect()
    }

    /// All tables, one after the other.
    pub fn markdown(&self) -> String {
        let tables = self.tables().into_iter().map(|(_, table)| table);
        tables.collect::<Vec<_>>().join("\n")
    }

    /// Puts the tables into the page and writes the pictures.
    pub fn write(&self) -> Result<(), String> {
        let text = |error: std::io::Error| format!("{error}; --write wants to be run at the root of the repository");
        let mut page = fs::read_to_string(PAGE).map_err(text)?;
        for (place, table) in self.tables() {
            page = page::replace(&page, place, &table)?;
        }
        page = page::replace(&page, "published", &published::table())?;
        fs::write(PAGE, page).map_err(text)?;
        fs::create_dir_all(PICTURES).map_err(text)?;
        for (name, picture) in self.pictures() {
            fs::write(Path::new(PICTURES).join(name), picture).map_err(text)?;
        }
        Ok(())
    }

    fn pictures(&self) -> Vec<(&'static str, String)> {
        let mut pictures = vec![
            ("limits.svg", chart::of_limits(&self.rows).svg()),
            ("published.svg", chart::of_published(&self.rows).svg()),
        ];
        if let Some(peer) = &self.peer {
            pictures.push(("peer.svg", chart::of_peer(peer, &self.rows).svg()));
        }
        pictures
    }
}

/// A number as people read it: `12,300`; small ones with a digit or two behind the point.
pub fn number(value: f64) -> String {
    if value < 10.0 {
        return format!("{value:.2}");
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A time in milliseconds.
pub fn millis(time: std::time::Duration) -> String {
    format!("{:.2}", time.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_parted_by_thousands() {
        for (value, text) in [
            (0.5, "0.50"),
            (9.876, "9.88"),
            (10.4, "10"),
            (999.4, "999"),
            (1000.0, "1,000"),
            (1_234_567.0, "1,234,567"),
        ] {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn nothing_measured_is_no_table_but_of_the_machine_and_the_parts() {
        let places: Vec<_> = Report::default().tables().into_iter().map(|(place, _)| place).collect();
        assert_eq!(places, ["machine", "parts", "missed"]);
    }

    #[test]
    fn the_page_has_a_place_for_every_table_and_shows_every_picture() {
        let page = include_str!("../../../../docs/benchmarks.md");
        for place in [
            "machine",
            "scenarios",
            "parts",
            "checks",
            "long",
            "gateway",
            "peer",
            "published",
            "missed",
        ] {
            assert!(page::replace(page, place, "x").is_ok(), "{place}");
        }
        for picture in ["limits.svg", "peer.svg", "published.svg"] {
            assert!(page.contains(&format!("](benchmarks/{picture})")), "{picture}");
        }
    }
}
