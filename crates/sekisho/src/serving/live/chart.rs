//! Pictures as shapes that the template draws: bars of calls, lines of latency. No number goes into a `style`.

use serde::Serialize;
use traffic::{BOUNDS, SLOTS, Slot};

/// The size of a picture, in its own units.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 120.0;

/// Stacked bars, one a slot.
#[derive(Debug, Serialize)]
pub(super) struct Calls {
    bars: Vec<Bar>,
    /// The most calls of a slot.
    most: u32,
}

/// A part of a bar.
#[derive(Debug, Serialize)]
struct Bar {
    kind: &'static str,
    x: String,
    y: String,
    width: String,
    height: String,
}

/// Calls, slot by slot.
pub(super) fn calls(slots: &[Slot]) -> Calls {
    let most = slots.iter().map(Slot::calls).max().unwrap_or(0).max(1);
    let width = WIDTH / slots_wide();
    let mut bars = Vec::new();
    for (at, slot) in (0_u32..).zip(slots) {
        let mut top = HEIGHT;
        for (kind, count) in [
            ("permitted", slot.permitted),
            ("refused", slot.refused),
            ("failed", slot.failed),
        ] {
            if count == 0 {
                continue;
            }
            let height = HEIGHT * f64::from(count) / f64::from(most);
            top -= height;
            bars.push(Bar {
                kind,
                x: number(f64::from(at) * width),
                y: number(top),
                width: number(width - 1.0),
                height: number(height),
            });
        }
    }
    Calls { bars, most }
}

/// Two lines over time.
#[derive(Debug, Serialize)]
pub(super) struct Lines {
    p50: String,
    p99: String,
    /// What the top of the picture means.
    most: String,
}

/// Latency, slot by slot: half of the calls, and 99 of 100. Slots without calls are left out.
pub(super) fn latency(slots: &[Slot]) -> Lines {
    let of = |share: f64| slots.iter().map(move |slot| slot.within(share)).collect::<Vec<_>>();
    let (half, most_of) = (of(0.5), of(0.99));
    let top = most_of.iter().flatten().fold(0.0_f64, |top, value| top.max(*value));
    let top = if top > 0.0 { top } else { BOUNDS[0] };
    let line = |values: &[Option<f64>]| {
        let points = (0_u32..).zip(values).filter_map(|(at, value)| {
            let x = (f64::from(at) + 0.5) * WIDTH / slots_wide();
            Some(format!("{},{}", number(x), number(HEIGHT - HEIGHT * (*value)? / top)))
        });
        points.collect::<Vec<_>>().join(" ")
    };
    Lines {
        p50: line(&half),
        p99: line(&most_of),
        most: milliseconds(Some(top)),
    }
}

/// The width of a bar of a list, of 100.
pub(super) fn share(count: u32, most: u32) -> String {
    number(100.0 * f64::from(count) / f64::from(most.max(1)))
}

/// An upper bound as people read it.
pub(super) fn milliseconds(seconds: Option<f64>) -> String {
    match seconds {
        None => "–".to_owned(),
        Some(seconds) if seconds >= 1.0 => format!("≤ {seconds} s"),
        Some(seconds) => format!("≤ {} ms", (seconds * 10_000.0).round() / 10.0),
    }
}

/// How many slots stand side by side.
fn slots_wide() -> f64 {
    u32::try_from(SLOTS).map_or(1.0, f64::from)
}

fn number(value: f64) -> String {
    format!("{value:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_bar_is_as_high_as_the_picture() {
        let mut slots = vec![Slot::default(); SLOTS];
        (slots[0].permitted, slots[0].refused) = (3, 1);
        slots[1].permitted = 2;
        let Calls { bars, most } = calls(&slots);
        assert_eq!((bars.len(), most), (3, 4));
        assert_eq!(
            (bars[0].kind, bars[0].y.as_str(), bars[0].height.as_str()),
            ("permitted", "30.0", "90.0")
        );
        assert_eq!((bars[1].kind, bars[1].y.as_str()), ("refused", "0.0"));
        assert_eq!(bars[2].x, "8.0");
    }

    #[test]
    fn latency_is_told_in_words_that_people_use() {
        for (seconds, text) in [
            (None, "–"),
            (Some(0.0005), "≤ 0.5 ms"),
            (Some(0.25), "≤ 250 ms"),
            (Some(2.5), "≤ 2.5 s"),
        ] {
            assert_eq!(milliseconds(seconds), text);
        }
        let lines = latency(&vec![Slot::default(); SLOTS]);
        assert_eq!((lines.p50.as_str(), lines.p99.as_str()), ("", ""));
    }
}
