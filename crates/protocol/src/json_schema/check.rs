//! Checking values by a schema. It goes no deeper than the value does.

use serde_json::{Map, Value};

use super::{Bound, BoundKeyword, Others, Rules, Schema, Type, Violation};

/// How much of a name that somebody sent is said back.
const SHOWN: usize = 40;

type Checked = Result<(), Violation>;

fn violation(at: &str, problem: impl Into<String>) -> Checked {
    Err(Violation {
        at: at.to_owned(),
        problem: problem.into(),
    })
}

pub(super) fn check_object_of(schema: &Schema, object: &Map<String, Value>, at: &str) -> Checked {
    match schema {
        Schema::AnyOf(schemas) => any_of(schemas, at, |schema| check_object_of(schema, object, at)),
        Schema::Rules(rules) => check_object(rules, object, at),
    }
}

fn check(schema: &Schema, value: &Value, at: &str) -> Checked {
    match schema {
        Schema::AnyOf(schemas) => any_of(schemas, at, |schema| check(schema, value, at)),
        Schema::Rules(rules) => check_value(rules, value, at),
    }
}

/// What is wrong by the one form that was probably meant cannot be said, unless there is only one.
fn any_of(schemas: &[Schema], at: &str, check: impl Fn(&Schema) -> Checked) -> Checked {
    match schemas {
        [one] => check(one),
        _ if schemas.iter().any(|schema| check(schema).is_ok()) => Ok(()),
        _ => violation(at, format!("has none of the {} forms that it may have", schemas.len())),
    }
}

fn check_value(rules: &Rules, value: &Value, at: &str) -> Checked {
    if !rules.types.is_empty() && !rules.types.iter().any(|kind| kind.is_of(value)) {
        let kinds: Vec<&str> = rules.types.iter().map(|kind| kind.name()).collect();
        return violation(at, format!("must be {}", kinds.join(" or ")));
    }
    if let Some(values) = rules.values.as_ref().filter(|values| !values.contains(value)) {
        let values: Vec<String> = values.iter().map(Value::to_string).collect();
        return violation(at, format!("must be {}", values.join(" or ")));
    }
    match value {
        Value::Object(object) => check_object(rules, object, at),
        Value::Array(items) => check_array(rules, items, at),
        Value::String(text) => check_text(rules, text, at),
        Value::Number(number) => check_number(&rules.bounds, number.as_f64().unwrap_or(f64::NAN), at),
        Value::Bool(_) | Value::Null => Ok(()),
    }
}

fn check_object(rules: &Rules, object: &Map<String, Value>, at: &str) -> Checked {
    if let Some(name) = rules.required.iter().find(|name| !object.contains_key(*name)) {
        return violation(at, format!("{name} is missing"));
    }
    for (name, value) in object {
        let shown: String = name.chars().take(SHOWN).collect();
        let at_member = format!("{at}.{shown}");
        let known = rules.properties.iter().find(|(known, _)| known == name);
        match (known, &rules.others) {
            (Some((_, schema)), _) | (None, Others::Like(schema)) => check(schema, value, &at_member)?,
            (None, Others::Any) => {}
            (None, Others::None) => return violation(&at_member, "is unknown to this type"),
        }
    }
    Ok(())
}

fn check_array(rules: &Rules, items: &[Value], at: &str) -> Checked {
    if items.len() < rules.least_items {
        return violation(at, format!("must have at least {} items", rules.least_items));
    }
    if let Some(most) = rules.most_items.filter(|most| items.len() > *most) {
        return violation(at, format!("must have at most {most} items"));
    }
    let is_repeated = |(index, item): (usize, &Value)| items.iter().take(index).any(|before| before == item);
    if rules.unique_items && items.iter().enumerate().any(is_repeated) {
        return violation(at, "must not have the same item twice");
    }
    let Some(schema) = &rules.items else {
        return Ok(());
    };
    items
        .iter()
        .enumerate()
        .try_for_each(|(index, item)| check(schema, item, &format!("{at}[{index}]")))
}

fn check_text(rules: &Rules, text: &str, at: &str) -> Checked {
    let length = text.chars().count();
    if length < rules.least_length {
        return violation(at, format!("must have at least {} characters", rules.least_length));
    }
    if let Some(most) = rules.most_length.filter(|most| length > *most) {
        return violation(at, format!("must have at most {most} characters"));
    }
    match &rules.pattern {
        Some(pattern) if !pattern.is_match(text) => violation(at, format!("must match {pattern}")),
        _ => Ok(()),
    }
}

fn check_number(bounds: &[Bound], number: f64, at: &str) -> Checked {
    for Bound { keyword, limit } in bounds {
        let (is_kept, words) = match keyword {
            BoundKeyword::Minimum => (number >= *limit, "at least"),
            BoundKeyword::Maximum => (number <= *limit, "at most"),
            BoundKeyword::ExclusiveMinimum => (number > *limit, "more than"),
            BoundKeyword::ExclusiveMaximum => (number < *limit, "less than"),
        };
        if !is_kept {
            return violation(at, format!("must be {words} {limit}"));
        }
    }
    Ok(())
}

impl Type {
    fn is_of(self, value: &Value) -> bool {
        match self {
            Self::Object => value.is_object(),
            Self::Array => value.is_array(),
            Self::String => value.is_string(),
            Self::Number => value.is_number(),
            // "A number with a zero fractional part" is an integer too (JSON Schema Core §4.2.3).
            Self::Integer => {
                value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0)
            }
            Self::Boolean => value.is_boolean(),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Object => "an object",
            Self::Array => "a list",
            Self::String => "a string",
            Self::Number => "a number",
            Self::Integer => "a whole number",
            Self::Boolean => "true or false",
        }
    }
}
