//! What a client asks for in detail: a list of objects, each of a type that an API describes.
//!
//! Spec: RFC 9396 §2, §5, §6.1 and §12
//!
//! Accepted: any list of objects with a `type`, within bounds; what each type means is for [`JsonSchema`] to check.
//! [`AuthorizationDetails::narrowed`] compares as §6.1 shows: an object asks for less when it says the same as a granted
//! one, leaves members out (they stay as they were granted), or names some of the items of a list that only adds rights.
//! Deliberately not: values that subsume others ("write" implies "read"), which are the API's own matter.
//!
//! [`JsonSchema`]: crate::json_schema::JsonSchema

use explanation::{Explain, Explanation, catalogue};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The longest text, in bytes: it is sealed, stored, shown and told to APIs.
pub const MOST_BYTES: usize = 16 * 1024;
/// The most objects: a page that lists more is not read.
pub const MOST_OBJECTS: usize = 20;
/// How deep objects and lists may stand in each other.
pub const MOST_DEPTH: usize = 8;

/// The lists of §2.2 of which each item adds a right: "the permissions the client requests are the product of all the
/// values".
const ADDING: &[&str] = &["locations", "actions", "datatypes", "privileges"];

/// Whether the items of this list add rights, whatever the type.
pub fn is_adding(member: &str) -> bool {
    ADDING.contains(&member)
}

/// What is wrong with a list of details.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthorizationDetailsError {
    /// Too long.
    #[error("$: is longer than {MOST_BYTES} bytes")]
    TooLong,
    /// Not JSON.
    #[error("$: is no JSON, at line {0}, column {1}")]
    Json(usize, usize),
    /// Something else than a list of objects.
    #[error("{0}: must be {1}")]
    Shape(String, &'static str),
    /// Too many.
    #[error("$: must have at most {MOST_OBJECTS} objects")]
    TooMany,
    /// Too deep.
    #[error("$[{0}]: objects and lists stand in each other more than {MOST_DEPTH} deep")]
    TooDeep(usize),
}

impl Explain for AuthorizationDetailsError {
    fn explanation(&self) -> Explanation {
        let reason = match self {
            Self::TooLong | Self::TooMany | Self::TooDeep(_) => &catalogue::authorization_details::TOO_LARGE,
            Self::Json(..) => &catalogue::authorization_details::MALFORMED,
            Self::Shape(at, wanted) => {
                return Explanation::from(&catalogue::authorization_details::MALFORMED)
                    .expected(format!("{at} to be {wanted}"));
            }
        };
        reason.into()
    }
}

/// A list of details, perhaps empty. Each has a type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AuthorizationDetails(Vec<AuthorizationDetail>);

/// One object: what is asked of one kind of resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AuthorizationDetail(Map<String, Value>);

impl AuthorizationDetail {
    /// Its type.
    pub fn type_name(&self) -> &str {
        self.0.get("type").and_then(Value::as_str).unwrap_or_default()
    }

    /// All its members, the type too.
    pub fn members(&self) -> &Map<String, Value> {
        &self.0
    }

    /// The same with other items in a list; `None`: there is no such list, or nothing would be in it.
    #[must_use]
    pub fn with_items(&self, member: &str, keep: impl Fn(usize) -> bool) -> Option<Self> {
        let items = self.0.get(member)?.as_array()?;
        let kept: Vec<Value> = items
            .iter()
            .enumerate()
            .filter(|(index, _)| keep(*index))
            .map(|(_, item)| item.clone())
            .collect();
        let mut members = self.0.clone();
        let is_something = !kept.is_empty();
        members.insert(member.to_owned(), Value::Array(kept));
        is_something.then_some(Self(members))
    }

    /// This object with what `asked` leaves of it; `None` when that asks for something else, or more.
    fn narrowed(&self, asked: &Self, may_shrink: &dyn Fn(&str, &str) -> bool) -> Option<Self> {
        let mut members = self.0.clone();
        for (name, wanted) in &asked.0 {
            let granted = self.0.get(name)?;
            if granted == wanted {
                continue;
            }
            let (granted, items) = (granted.as_array()?, wanted.as_array()?);
            let is_part = !items.is_empty() && items.iter().all(|item| granted.contains(item));
            if !is_part || !may_shrink(self.type_name(), name) {
                return None;
            }
            members.insert(name.clone(), wanted.clone());
        }
        Some(Self(members))
    }

    /// Whether this says all that `whole` says, and asks for no more.
    fn is_part_of(&self, whole: &Self, may_shrink: &dyn Fn(&str, &str) -> bool) -> bool {
        self.0.len() == whole.0.len() && whole.narrowed(self, may_shrink).is_some()
    }
}

impl AuthorizationDetails {
    /// Reads the parameter.
    pub fn parse(text: &str) -> Result<Self, AuthorizationDetailsError> {
        if text.len() > MOST_BYTES {
            return Err(AuthorizationDetailsError::TooLong);
        }
        let value: Value = serde_json::from_str(text)
            .map_err(|error| AuthorizationDetailsError::Json(error.line(), error.column()))?;
        let shape = |at: &str, kind| AuthorizationDetailsError::Shape(at.to_owned(), kind);
        let Value::Array(values) = value else {
            return Err(shape("$", "a list of objects"));
        };
        if values.len() > MOST_OBJECTS {
            return Err(AuthorizationDetailsError::TooMany);
        }
        let read = |(index, value): (usize, Value)| {
            let at = format!("$[{index}]");
            if depth(&value) > MOST_DEPTH {
                return Err(AuthorizationDetailsError::TooDeep(index));
            }
            match value {
                Value::Object(members) if members.get("type").is_some_and(Value::is_string) => {
                    Ok(AuthorizationDetail(members))
                }
                Value::Object(_) => Err(shape(&format!("{at}.type"), "a string that says the type")),
                _ => Err(shape(&at, "an object")),
            }
        };
        values
            .into_iter()
            .enumerate()
            .map(read)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The objects, in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &AuthorizationDetail> {
        self.0.iter()
    }

    /// The types that are asked for, with repetitions.
    pub fn types(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(AuthorizationDetail::type_name)
    }

    /// Those that are wanted.
    #[must_use]
    pub fn filter(&self, keep: impl Fn(&AuthorizationDetail) -> bool) -> Self {
        self.iter().filter(|detail| keep(detail)).cloned().collect()
    }

    /// These, and those of another list.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.iter().chain(other.iter()).cloned().collect()
    }

    /// What `asked` leaves of these, each of which can be asked for once; `None` when it asks for more. `may_shrink` says
    /// of a type and its member whether it is a list of which some items can be left out.
    pub fn narrowed(&self, asked: &Self, may_shrink: &dyn Fn(&str, &str) -> bool) -> Option<Self> {
        let mut left: Vec<&AuthorizationDetail> = self.0.iter().collect();
        let find = |asked: &AuthorizationDetail| {
            let found = left
                .iter()
                .enumerate()
                .find_map(|(index, granted)| Some((index, granted.narrowed(asked, may_shrink)?)));
            let (index, narrowed) = found?;
            left.remove(index);
            Some(narrowed)
        };
        asked.iter().map(find).collect()
    }

    /// What of these is part of `whole`, each of which covers one.
    #[must_use]
    pub fn within(&self, whole: &Self, may_shrink: &dyn Fn(&str, &str) -> bool) -> Self {
        let mut left: Vec<&AuthorizationDetail> = whole.0.iter().collect();
        let mut found = Vec::new();
        for detail in &self.0 {
            if let Some(index) = left.iter().position(|whole| detail.is_part_of(whole, may_shrink)) {
                left.remove(index);
                found.push(detail.clone());
            }
        }
        Self(found)
    }
}

impl FromIterator<AuthorizationDetail> for AuthorizationDetails {
    fn from_iter<I: IntoIterator<Item = AuthorizationDetail>>(details: I) -> Self {
        Self(details.into_iter().collect())
    }
}

/// How deep objects and lists stand in each other. What parses is no deeper than the parser allows.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn details(value: &Value) -> AuthorizationDetails {
        AuthorizationDetails::parse(&value.to_string()).unwrap()
    }

    fn narrowed(granted: &Value, asked: &Value) -> Option<Value> {
        let may_shrink = |kind: &str, member: &str| is_adding(member) || (kind == "accounts" && member == "accounts");
        let narrowed = details(granted).narrowed(&details(asked), &may_shrink)?;
        Some(serde_json::to_value(narrowed).unwrap())
    }

    #[test]
    fn a_list_of_objects_with_types_is_read_and_written_back() {
        let value = json!([{"type": "payment", "amount": {"value": "1.00"}}, {"type": "payment"}]);
        let read = details(&value);
        assert_eq!(read.types().collect::<Vec<_>>(), ["payment", "payment"]);
        assert_eq!(serde_json::to_value(&read).unwrap(), value);
        assert!(details(&json!([])).is_empty());
    }

    #[test]
    fn everything_else_is_refused_and_its_place_is_said() {
        let error = |text: &str| AuthorizationDetails::parse(text).unwrap_err().to_string();
        assert_eq!(error("[{]"), "$: is no JSON, at line 1, column 3");
        assert_eq!(error(r#"{"type":"a"}"#), "$: must be a list of objects");
        assert_eq!(error(r#"[{"type":"a"},1]"#), "$[1]: must be an object");
        assert_eq!(
            error(r#"[{"type":1}]"#),
            "$[0].type: must be a string that says the type"
        );
        assert_eq!(error("[{}]"), "$[0].type: must be a string that says the type");
        let many = vec![json!({"type": "a"}); MOST_OBJECTS + 1];
        assert_eq!(error(&json!(many).to_string()), "$: must have at most 20 objects");
        assert_eq!(error(&" ".repeat(MOST_BYTES + 1)), "$: is longer than 16384 bytes");
        let nested = |depth: usize| format!("[{{\"type\":\"a\",\"x\":{}{}}}]", "[".repeat(depth), "]".repeat(depth));
        assert!(AuthorizationDetails::parse(&nested(MOST_DEPTH - 1)).is_ok());
        assert!(error(&nested(MOST_DEPTH)).contains("more than 8 deep"));
        assert!(error(&nested(5000)).starts_with("$: is no JSON"));
    }

    /// RFC 9396 §6.1: the examples of fewer actions, and of a type with its location alone.
    #[test]
    fn less_can_be_asked_for() {
        let granted = json!([
            {"type": "account_information", "actions": ["list_accounts", "read_balances"], "locations": ["https://a"]},
            {"type": "payment_initiation", "actions": ["initiate", "status"], "locations": ["https://p"], "amount": "1"}
        ]);
        let asked = json!([{"type": "account_information", "actions": ["list_accounts"], "locations": ["https://a"]}]);
        assert_eq!(narrowed(&granted, &asked), Some(asked));
        let asked = json!([{"type": "payment_initiation", "locations": ["https://p"]}]);
        assert_eq!(narrowed(&granted, &asked), Some(json!([granted[1]])));
        assert_eq!(narrowed(&granted, &json!([])), Some(json!([])));
        let granted = json!([{"type": "accounts", "accounts": ["1", "2"]}]);
        let asked = json!([{"type": "accounts", "accounts": ["2"]}]);
        assert_eq!(narrowed(&granted, &asked), Some(asked));
    }

    #[test]
    fn more_cannot() {
        let granted = json!([{"type": "payment", "actions": ["initiate"], "amount": "1", "except": ["a", "b"]}]);
        for more in [
            json!([{"type": "other"}]),
            json!([{"type": "payment", "amount": "2"}]),
            json!([{"type": "payment", "actions": ["initiate", "cancel"]}]),
            json!([{"type": "payment", "actions": []}]),
            json!([{"type": "payment", "currency": "EUR"}]),
            // What takes rights away is not shortened.
            json!([{"type": "payment", "except": ["a"]}]),
            // One payment is not two.
            json!([{"type": "payment"}, {"type": "payment"}]),
        ] {
            assert_eq!(narrowed(&granted, &more), None, "{more}");
        }
    }

    #[test]
    fn a_part_says_everything_that_the_whole_says() {
        let whole = details(&json!([{"type": "accounts", "actions": ["a", "b"], "until": "2027"}]));
        let within = |part: Value| details(&part).within(&whole, &|_, member| is_adding(member));
        let part = json!([{"type": "accounts", "actions": ["a"], "until": "2027"}]);
        assert_eq!(within(part.clone()), details(&part));
        assert!(within(json!([{"type": "accounts", "actions": ["a"]}])).is_empty());
        assert!(within(json!([{"type": "accounts", "actions": ["c"], "until": "2027"}])).is_empty());
        assert_eq!(within(json!([part[0], part[0]])), details(&part));
    }

    #[test]
    fn items_are_taken_away() {
        let all = details(&json!([{"type": "accounts", "accounts": ["1", "2"]}]));
        let one = all.iter().next().unwrap();
        let kept = one.with_items("accounts", |index| index == 1).unwrap();
        assert_eq!(kept.members()["accounts"], json!(["2"]));
        assert_eq!(one.with_items("accounts", |_| false), None);
        assert_eq!(one.with_items("type", |_| true), None);
    }
}
