//! Bar charts as SVG: readable on light and on dark pages, with a title and a description for who does not see them.

use std::fmt::Write as _;

use super::{
    Row, number,
    published::{FIGURES, Work},
};
use crate::peer::Peer;

const WIDTH: f64 = 760.0;
const LABELS: f64 = 270.0;
const BARS: f64 = 380.0;
const LINE: f64 = 24.0;
const HEADING: f64 = 34.0;

const STYLE: &str = "text{font:13px system-ui,sans-serif;fill:#1f2328}.title{font-weight:600;font-size:16px}\
    .heading{font-weight:600}.ours{fill:#0b6e99}.theirs{fill:#8c959f}.target{stroke:#bc4c00;stroke-width:2}\
    .ground{fill:#fff}@media(prefers-color-scheme:dark){text{fill:#e6edf3}.ours{fill:#4cb8e6}.theirs{fill:#6e7681}\
    .target{stroke:#f0883e}.ground{fill:#0d1117}}";

/// A picture.
pub struct Chart {
    title: &'static str,
    description: String,
    groups: Vec<Group>,
}

/// Bars with a scale of their own.
struct Group {
    heading: &'static str,
    /// What the whole width stands for.
    whole: f64,
    bars: Vec<Bar>,
}

struct Bar {
    label: String,
    value: f64,
    text: String,
    /// What was to be reached.
    target: Option<f64>,
    is_ours: bool,
}

/// Which share of its limit each scenario reaches.
pub fn of_limits(rows: &[(&'static str, Row)]) -> Chart {
    let whole = rows.iter().filter_map(|(_, row)| row.ratio()).fold(1.0, f64::max);
    let mut groups: Vec<Group> = Vec::new();
    for (database, row) in rows {
        let Some(ratio) = row.ratio() else { continue };
        let bar = Bar {
            target: row.target,
            text: format!("{ratio:.2}"),
            ..bar(row.name.clone(), ratio, true)
        };
        match groups.last_mut().filter(|group| group.heading == *database) {
            Some(group) => group.bars.push(bar),
            None => groups.push(Group {
                heading: database,
                whole,
                bars: vec![bar],
            }),
        }
    }
    Chart {
        title: "What is reached of what this machine could do",
        description: described(&groups),
        groups,
    }
}

/// This server beside one that was measured in the same run.
pub fn of_peer(peer: &Peer, ours: &[(&str, Row)]) -> Chart {
    let pairs = peer.rows.iter().filter(|row| row.theirs.has_cpu());
    let groups = pairs.filter_map(|row| {
        let ours = row.of(ours)?.ours.per_cpu_second();
        Some(group(
            row.name,
            ours,
            vec![bar(peer.name.clone(), row.theirs.per_cpu_second(), false)],
        ))
    });
    let groups: Vec<Group> = groups.collect();
    Chart {
        title: "Beside another server in the same run, per second of CPU time",
        description: described(&groups),
        groups,
    }
}

/// This server beside what others published.
pub fn of_published(ours: &[(&str, Row)]) -> Chart {
    let groups = Work::ALL.into_iter().filter_map(|work| {
        let (_, row) = ours.iter().find(|(_, row)| row.name.starts_with(work.scenario()))?;
        let theirs = FIGURES.iter().filter(|figure| figure.what == work);
        let theirs = theirs.map(|figure| bar(figure.server.to_owned(), figure.rate, false));
        Some(group(work.name(), row.ours.per_cpu_second(), theirs.collect()))
    });
    let groups: Vec<Group> = groups.collect();
    Chart {
        title: "Beside published figures of others, per second of CPU time",
        description: described(&groups),
        groups,
    }
}

fn group(heading: &'static str, ours: f64, theirs: Vec<Bar>) -> Group {
    let mut bars = vec![bar("Sekisho".to_owned(), ours, true)];
    bars.extend(theirs);
    Group {
        heading,
        whole: bars.iter().map(|bar| bar.value).fold(0.0, f64::max),
        bars,
    }
}

fn bar(label: String, value: f64, is_ours: bool) -> Bar {
    Bar {
        label,
        value,
        text: number(value),
        target: None,
        is_ours,
    }
}

/// All bars in words.
fn described(groups: &[Group]) -> String {
    let of_group = |group: &Group| {
        let bars = group.bars.iter().map(|bar| {
            let target = bar
                .target
                .map(|target| format!(", target {target:.2}"))
                .unwrap_or_default();
            format!("{} {}{target}", bar.label, bar.text)
        });
        let bars = bars.collect::<Vec<_>>().join("; ");
        format!("{}: {bars}.", group.heading)
    };
    groups.iter().map(of_group).collect::<Vec<_>>().join(" ")
}

impl Chart {
    /// The picture.
    pub fn svg(&self) -> String {
        let (mut body, mut y) = (String::new(), 44.0);
        for group in &self.groups {
            let (heading, at) = (escaped(group.heading), y + 18.0);
            let _ = writeln!(body, r#"<text class="heading" x="16" y="{at:.0}">{heading}</text>"#);
            y += HEADING;
            for bar in &group.bars {
                draw(&mut body, bar, y, group.whole);
                y += LINE;
            }
        }
        let height = y + 16.0;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\" \
             aria-labelledby=\"title description\">\n<title id=\"title\">{title}</title>\n\
             <desc id=\"description\">{description}</desc>\n<style>{STYLE}</style>\n\
             <rect class=\"ground\" width=\"100%\" height=\"100%\" rx=\"8\"/>\n\
             <text class=\"title\" x=\"16\" y=\"30\">{title}</text>\n{body}</svg>\n",
            title = escaped(self.title),
            description = escaped(&self.description),
        )
    }
}

fn draw(body: &mut String, bar: &Bar, y: f64, whole: f64) {
    let scaled = |value: f64| if whole > 0.0 { value / whole * BARS } else { 0.0 };
    let (class, width) = (if bar.is_ours { "ours" } else { "theirs" }, scaled(bar.value).max(1.0));
    let _ = writeln!(
        body,
        r#"<text x="{:.0}" y="{:.0}" text-anchor="end">{}</text>"#,
        LABELS - 8.0,
        y + 16.0,
        escaped(&bar.label)
    );
    let _ = writeln!(
        body,
        r#"<rect class="{class}" x="{LABELS}" y="{:.0}" width="{width:.1}" height="16" rx="2"/>"#,
        y + 4.0
    );
    // The number stands beyond the bar and beyond the mark of the target.
    let beyond = bar.target.map_or(width, |target| scaled(target).max(width));
    let _ = writeln!(
        body,
        r#"<text x="{:.1}" y="{:.0}">{}</text>"#,
        LABELS + beyond + 8.0,
        y + 16.0,
        escaped(&bar.text)
    );
    if let Some(target) = bar.target {
        let x = LABELS + scaled(target);
        let _ = writeln!(
            body,
            r#"<line class="target" x1="{x:.1}" x2="{x:.1}" y1="{:.0}" y2="{:.0}"/>"#,
            y + 2.0,
            y + 22.0
        );
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Limit, row::tests::row};

    fn rows() -> Vec<(&'static str, Row)> {
        let limit = Limit::per_cpu_second(4000.0, "an empty server");
        vec![
            ("SQLite", row("client_credentials, opaque", limit.clone(), Some(0.7))),
            ("PostgreSQL", row("client_credentials, opaque", limit, Some(0.7))),
        ]
    }

    #[test]
    fn a_picture_has_a_title_and_says_in_words_what_it_shows() {
        let svg = of_limits(&rows()).svg();
        assert!(svg.contains("<title id=\"title\">What is reached of what this machine could do</title>"));
        let words = "SQLite: client_credentials, opaque 0.50, target 0.70. \
                     PostgreSQL: client_credentials, opaque 0.50, target 0.70.";
        assert!(svg.contains(words), "{svg}");
        assert!(svg.contains("prefers-color-scheme:dark"));
        assert_eq!(svg.matches("<line class=\"target\"").count(), 2);
    }

    #[test]
    fn bars_are_as_long_as_what_they_stand_for() {
        let svg = of_limits(&rows()).svg();
        assert_eq!(svg.matches("width=\"190.0\"").count(), 2, "half of the width: {svg}");
        let svg = of_published(&rows()).svg();
        assert!(svg.contains("width=\"380.0\""), "the largest has all of it: {svg}");
        assert!(svg.contains(">9,500<"), "{svg}");
    }

    #[test]
    fn names_from_outside_are_escaped() {
        let peer = Peer {
            name: "<script>&".into(),
            rows: vec![crate::peer::PeerRow {
                name: "tokens",
                ours: "client_credentials, opaque",
                theirs: crate::report::row::tests::measured(),
                target: None,
            }],
        };
        let svg = of_peer(&peer, &rows()).svg();
        assert!(svg.contains("&lt;script&gt;&amp;") && !svg.contains("<script>"));
    }
}
