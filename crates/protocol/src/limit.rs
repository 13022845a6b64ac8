//! How many calls an API or a route takes, as the operator writes it: `{ per = "client", rate = "100/1m", burst = 20 }`. What
//! that means for a call is decided in `enforcement/src/limit`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The most calls that a limit can be about, and its longest time, in seconds.
const MOST: u32 = 1_000_000;
const LONGEST: u32 = 31 * 24 * 3600;

const UNITS: [(char, u32); 4] = [('d', 24 * 3600), ('h', 3600), ('m', 60), ('s', 1)];

/// A limit of calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// Whose calls are counted together.
    pub per: LimitedBy,
    /// How many, in the long run.
    pub rate: Rate,
    /// How many may come at once; otherwise as many as the rate says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub burst: Option<u32>,
}

/// Whose calls a limit counts together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitedBy {
    /// Those of each client.
    Client,
    /// Those for each user; calls without one are not counted.
    User,
    /// Those with each API key; calls without one are not counted.
    Key,
    /// All of each route, whoever makes them.
    Route,
    /// All of the API, whoever makes them.
    Api,
}

impl LimitedBy {
    /// All of them, by their names in files.
    pub const ALL: &[(&str, Self)] = &[
        ("client", Self::Client),
        ("user", Self::User),
        ("key", Self::Key),
        ("route", Self::Route),
        ("api", Self::Api),
    ];

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        let mut known = Self::ALL.iter();
        known.find(|(_, this)| *this == self).map_or("", |(name, _)| name)
    }
}

impl Limit {
    /// How many calls may come at once.
    pub fn burst(&self) -> u32 {
        self.burst.unwrap_or(self.rate.calls)
    }

    /// Whether a number of calls can be a burst.
    pub const fn is_burst(calls: i64) -> bool {
        1 <= calls && calls <= MOST as i64
    }
}

/// So many calls in so long a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rate {
    calls: u32,
    seconds: u32,
}

/// A text is no rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write a number of calls up to {MOST}, a slash, and a time from 1s to 31d: \"100/1m\"")]
pub struct NoRate;

impl Rate {
    /// How many calls.
    pub const fn calls(self) -> u32 {
        self.calls
    }

    /// In how many seconds.
    pub const fn seconds(self) -> u32 {
        self.seconds
    }
}

fn number(text: &str, most: u32) -> Result<u32, NoRate> {
    // `parse` would take a sign.
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let number: u32 = text.parse().map_err(|_| NoRate)?;
    if is_plain && (1..=most).contains(&number) {
        Ok(number)
    } else {
        Err(NoRate)
    }
}

impl FromStr for Rate {
    type Err = NoRate;

    fn from_str(text: &str) -> Result<Self, NoRate> {
        let (calls, time) = text.split_once('/').ok_or(NoRate)?;
        let of_unit = |(unit, size): &(char, u32)| Some((time.strip_suffix(*unit)?, *size));
        let (units, size) = UNITS.iter().find_map(of_unit).ok_or(NoRate)?;
        Ok(Self {
            calls: number(calls, MOST)?,
            seconds: number(units, LONGEST / size)? * size,
        })
    }
}

impl fmt::Display for Rate {
    /// In the largest unit that fits without a rest.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = |(_, size): &&(char, u32)| self.seconds.is_multiple_of(*size);
        let (unit, size) = UNITS.iter().find(fits).copied().unwrap_or(('s', 1));
        write!(f, "{}/{}{unit}", self.calls, self.seconds / size)
    }
}

impl TryFrom<String> for Rate {
    type Error = NoRate;

    fn try_from(text: String) -> Result<Self, NoRate> {
        text.parse()
    }
}

impl From<Rate> for String {
    fn from(rate: Rate) -> Self {
        rate.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_number_of_calls_in_a_time() {
        for (text, calls, seconds) in [
            ("100/1m", 100, 60),
            ("1/1s", 1, 1),
            ("5000/24h", 5000, 86400),
            ("1000000/31d", 1_000_000, 2_678_400),
        ] {
            let rate: Rate = text.parse().unwrap();
            assert_eq!((rate.calls(), rate.seconds()), (calls, seconds));
        }
        assert_eq!("5000/24h".parse::<Rate>().unwrap().to_string(), "5000/1d");
        assert_eq!("7/90s".parse::<Rate>().unwrap().to_string(), "7/90s");
        for text in [
            "",
            "100",
            "100/",
            "/1m",
            "0/1m",
            "100/0m",
            "100/m",
            "100/1",
            "-1/1m",
            "+1/1m",
            "100/+1m",
            "1 / 1m",
            "1000001/1m",
            "1/32d",
            "1/4294967296s",
            "1/1w",
            "1.5/1m",
        ] {
            assert_eq!(text.parse::<Rate>(), Err(NoRate), "{text}");
        }
    }

    #[test]
    fn a_limit_reads_back_as_it_was_written() {
        let written = serde_json::json!({ "per": "client", "rate": "100/1m", "burst": 20 });
        let limit: Limit = serde_json::from_value(written.clone()).unwrap();
        assert_eq!((limit.burst(), serde_json::to_value(&limit).unwrap()), (20, written));
        let written = serde_json::json!({ "per": "route", "rate": "5/1s" });
        let limit: Limit = serde_json::from_value(written.clone()).unwrap();
        assert_eq!((limit.burst(), serde_json::to_value(&limit).unwrap()), (5, written));
        assert_eq!(limit.per.as_str(), "route");
    }
}
