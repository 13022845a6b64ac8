//! Things that live longer than is good for them. `docs/manual/defaults.md` has the reasons.
//!
//! Spec: RFC 9700 §2.2.1, FAPI 2.0 Security Profile §5.3.2.1

use protocol::profile::SenderConstraint;

use super::{Finding, Kind, Patient};
use crate::config::format_duration;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

pub(super) fn examine(patient: &Patient) -> Vec<Finding> {
    let lifetimes = &patient.realm.lifetimes;
    // What is bound to a key is worth nothing to whoever else has it.
    let has_bearers = patient.realm.profile.0.sender_constraint == SenderConstraint::IfAsked;
    let rules = [
        (
            Kind::LongCode,
            "authorization_code",
            lifetimes.authorization_code,
            MINUTE,
            true,
        ),
        (
            Kind::LongAccessToken,
            "access_token",
            lifetimes.access_token,
            HOUR,
            has_bearers,
        ),
        (Kind::LongSession, "session", lifetimes.session, 30 * DAY, true),
    ];
    let too_long = rules
        .iter()
        .filter(|(_, _, seconds, most, applies)| *applies && seconds > most);
    let finding = |(kind, key, seconds, most, _): &(Kind, &str, i64, i64, bool)| {
        let problem = format!("lifetimes.{key} is {}", format_duration(*seconds));
        let remedy = format!("set it to {} or less", format_duration(*most));
        patient.finding(*kind, problem, remedy)
    };
    too_long.map(finding).collect()
}
