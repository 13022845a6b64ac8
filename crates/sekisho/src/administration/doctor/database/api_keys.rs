//! API keys that are good for very long, or that nobody uses.

use model::ApiKey;

use super::{Finding, Kind, Patient};

const DAY: i64 = 24 * 3600;

pub(super) fn examine(patient: &Patient) -> Vec<Finding> {
    let good = patient.api_keys.iter().filter(|key| key.is_good(patient.now));
    good.filter_map(|key| of_key(patient, key)).collect()
}

fn of_key(patient: &Patient, key: &ApiKey) -> Option<Finding> {
    let which = format!("the API key {} of the client {} for {}", key.id, key.client_id, key.api);
    if patient.now - key.last_used_at.unwrap_or(key.created_at) > 90 * DAY {
        let remedy = "revoke it if nobody needs it: sekisho api key revoke ID";
        return Some(patient.finding(Kind::UnusedApiKey, format!("{which} was not used for 90 days"), remedy));
    }
    let days = (key.expires_at - key.created_at) / DAY;
    let remedy = "give it a successor that ends sooner: sekisho api key rotate ID --for 365d";
    (days > 400).then(|| patient.finding(Kind::LongApiKey, format!("{which} is good for {days} days"), remedy))
}
