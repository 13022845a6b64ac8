//! Hours and days: as minutes of a week that begins on Monday at 00:00 UTC.

use model::policy::Weekday;

const DAY: i64 = 24 * 60;
const WEEK: i64 = 7 * DAY;

/// The times of a rule, as ranges of minutes. Hours that end before they begin end on the next day.
pub(crate) fn ranges(
    hours: Option<&str>,
    weekdays: &[Weekday],
    utc_offset: Option<&str>,
) -> Result<Vec<(i64, i64)>, (&'static str, String)> {
    let (from, until) = match hours {
        Some(text) => {
            self::hours(text).ok_or_else(|| ("hours", format!("{text:?} is no time from when until when")))?
        }
        None => (0, DAY),
    };
    let offset = match utc_offset {
        Some(text) => offset(text).ok_or_else(|| ("utc_offset", format!("{text:?} is no offset from UTC")))?,
        None => 0,
    };
    let length = if until > from { until - from } else { until + DAY - from };
    let mut ranges = Vec::new();
    for (day, weekday) in (0_i64..).zip(Weekday::ALL) {
        if !weekdays.is_empty() && !weekdays.contains(&weekday) {
            continue;
        }
        let start = (day * DAY + from - offset).rem_euclid(WEEK);
        let end = start + length;
        ranges.push((start, end.min(WEEK)));
        ranges.extend((end > WEEK).then_some((0, end - WEEK)));
    }
    Ok(ranges)
}

/// `09:00-18:00`, in minutes.
fn hours(text: &str) -> Option<(i64, i64)> {
    let (from, until) = text.split_once('-')?;
    let (from, until) = (time(from)?, time(until)?);
    (from != until && from < DAY).then_some((from, until))
}

/// `+09:00`, in minutes.
fn offset(text: &str) -> Option<i64> {
    let (sign, rest) = match text.as_bytes().first()? {
        b'+' => (1, text.get(1..)?),
        b'-' => (-1, text.get(1..)?),
        _ => return (text == "Z").then_some(0),
    };
    let minutes = time(rest)?;
    (minutes <= 14 * 60).then_some(sign * minutes)
}

fn time(text: &str) -> Option<i64> {
    let (hour, minute) = text.split_once(':')?;
    let is_written_out =
        hour.len() == 2 && minute.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
    let (hour, minute): (i64, i64) = (hour.parse().ok()?, minute.parse().ok()?);
    let total = hour * 60 + minute;
    (is_written_out && minute < 60 && total <= DAY).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORK: &[Weekday] = &[Weekday::Mon, Weekday::Sun];

    #[test]
    fn hours_begin_on_the_days_that_are_named() {
        let of = |hours, offset| ranges(Some(hours), WORK, offset).unwrap();
        assert_eq!(of("09:00-18:00", None), [(540, 1080), (9180, 9720)]);
        // Nine in the morning in Tokyo is midnight in UTC; two in the morning is the day before.
        assert_eq!(of("09:00-18:00", Some("+09:00")), [(0, 540), (8640, 9180)]);
        assert_eq!(of("02:00-03:00", Some("+09:00")), [(9660, 9720), (8220, 8280)]);
        assert_eq!(of("22:00-06:00", None), [(1320, 1800), (9960, 10080), (0, 360)]);
        assert_eq!(ranges(None, &[Weekday::Tue], None).unwrap(), [(1440, 2880)]);
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for hours in [
            "9-18",
            "09:00",
            "09:00-09:00",
            "24:00-25:00",
            "09:60-10:00",
            "+9:00-10:00",
            "",
        ] {
            assert_eq!(ranges(Some(hours), &[], None).unwrap_err().0, "hours", "{hours}");
        }
        for offset in ["9", "+9:00", "Tokyo", "+15:00", "09:00", ""] {
            assert_eq!(ranges(None, &[], Some(offset)).unwrap_err().0, "utc_offset", "{offset}");
        }
        assert!(ranges(Some("00:00-24:00"), &[], Some("Z")).is_ok());
    }
}
