//! A time as it is typed: how long ago, or a time in UTC.

use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time};

use crate::config::parse_duration;

/// A time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// So many seconds ago.
    Ago(i64),
    /// Unix seconds.
    At(i64),
}

impl Moment {
    /// Reads `1h`, `2026-11-26`, `2026-11-26T10:00` or `2026-11-26T10:00:00Z`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let ago = parse_duration(text).map(Self::Ago);
        ago.or_else(|| utc(text).map(Self::At)).ok_or_else(|| {
            "write how long ago (30m, 12h or 7d), or a time in UTC (2026-11-26 or 2026-11-26T10:00:00Z)".to_owned()
        })
    }

    /// In unix seconds.
    pub const fn unix(self, now: i64) -> i64 {
        match self {
            Self::Ago(seconds) => now.saturating_sub(seconds),
            Self::At(time) => time,
        }
    }
}

fn utc(text: &str) -> Option<i64> {
    let text = text.strip_suffix('Z').unwrap_or(text);
    let (date, time) = text.split_once(['T', ' ']).unwrap_or((text, "00:00"));
    let mut date = date.split('-');
    let (year, month, day) = (number(date.next()?)?, number(date.next()?)?, number(date.next()?)?);
    let mut time = time.split(':');
    let (hour, minute) = (number(time.next()?)?, number(time.next()?)?);
    let second = time.next().map_or(Some(0), number)?;
    if date.next().is_some() || time.next().is_some() {
        return None;
    }
    let small = |number: u16| u8::try_from(number).ok();
    let month = Month::try_from(small(month)?).ok()?;
    let date = Date::from_calendar_date(year.into(), month, small(day)?).ok()?;
    let time = Time::from_hms(small(hour)?, small(minute)?, small(second)?).ok()?;
    let at: OffsetDateTime = PrimitiveDateTime::new(date, time).assume_utc();
    Some(at.unix_timestamp())
}

fn number(text: &str) -> Option<u16> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_how_long_ago_or_utc() {
        for (text, moment) in [
            ("1h", Moment::Ago(3600)),
            ("2027-01-15", Moment::At(1_799_971_200)),
            ("2027-01-15T08:00", Moment::At(1_800_000_000)),
            ("2027-01-15 08:00:07", Moment::At(1_800_000_007)),
            ("2027-01-15T08:00:00Z", Moment::At(1_800_000_000)),
        ] {
            assert_eq!(Moment::parse(text), Ok(moment), "{text}");
        }
        assert_eq!(Moment::Ago(60).unix(1000), 940);
    }

    #[test]
    fn anything_else_is_refused_with_what_to_write() {
        for text in [
            "",
            "soon",
            "yesterday",
            "2027",
            "2027-13-01",
            "2027-02-30",
            "2027-01-15T25:00",
            "2027-01-15T08:00+09:00",
            "2027-1-1-1",
            "2027-01-15T8",
            "-1h",
            "+2027-01-15",
        ] {
            let error = Moment::parse(text).unwrap_err();
            assert!(error.contains("12h"), "{text}: {error}");
        }
    }
}
