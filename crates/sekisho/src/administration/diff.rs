//! What differs between what is stored and what a file asks for, field by field.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One field that changes. Secrets are never in it: their values are told as changed or not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldChange {
    /// Its name, with dots for what is inside a table.
    pub field: String,
    /// What is stored; none when there is nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<Value>,
    /// What will be stored; none when there will be nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<Value>,
}

/// The fields in which two values differ.
pub(super) fn fields<T: Serialize>(old: Option<&T>, new: Option<&T>) -> Vec<FieldChange> {
    let old = old.map(flat).unwrap_or_default();
    let new = new.map(flat).unwrap_or_default();
    let names: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    names
        .into_iter()
        .filter(|name| old.get(*name) != new.get(*name))
        .map(|name| FieldChange {
            field: name.clone(),
            old: old.get(name).cloned(),
            new: new.get(name).cloned(),
        })
        .collect()
}

fn flat<T: Serialize>(value: &T) -> BTreeMap<String, Value> {
    let mut fields = BTreeMap::new();
    // A value that cannot be written as JSON could not have been stored either.
    flatten("", serde_json::to_value(value).unwrap_or_default(), &mut fields);
    fields
}

fn flatten(name: &str, value: Value, fields: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(members) => {
            for (member, value) in members {
                let inner = if name.is_empty() {
                    member
                } else {
                    format!("{name}.{member}")
                };
                flatten(&inner, value, fields);
            }
        }
        Value::Null => {}
        other => {
            fields.insert(name.to_owned(), other);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_differs_is_told() {
        let old = json!({"a": 1, "b": {"c": 2, "d": 3}, "e": [1], "gone": true, "none": null});
        let new = json!({"a": 1, "b": {"c": 2, "d": 4}, "e": [1, 2], "come": "x"});
        let changes = fields(Some(&old), Some(&new));
        let told: Vec<_> = changes.iter().map(|change| change.field.as_str()).collect();
        assert_eq!(told, ["b.d", "come", "e", "gone"]);
        assert_eq!(
            (changes[0].old.clone(), changes[0].new.clone()),
            (Some(json!(3)), Some(json!(4)))
        );
        assert_eq!((changes[1].old.clone(), changes[3].new.clone()), (None, None));
        assert!(fields(Some(&old), Some(&old)).is_empty());
    }
}
