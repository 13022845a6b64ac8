use serde_json::{Value, json};

use super::*;

fn payment() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A payment",
        "type": "object",
        "properties": {
            "amount": {"$ref": "#/$defs/amount"},
            "payee": {"type": "string", "minLength": 1, "maxLength": 5},
            "account": {"anyOf": [
                {"type": "object", "properties": {"iban": {"type": "string"}}, "required": ["iban"]},
                {"type": "object", "properties": {"number": {"type": "integer", "minimum": 1}}, "required": ["number"]}
            ]},
            "actions": {"type": "array", "items": {"enum": ["initiate", "cancel"]}, "minItems": 1, "maxItems": 2, "uniqueItems": true},
            "share": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
            "notes": {"type": "object", "additionalProperties": {"type": "string"}}
        },
        "required": ["amount", "payee"],
        "$defs": {"amount": {"type": "string", "pattern": "^[0-9]{1,6}\\.[0-9]{2}$"}}
    })
}

fn check(value: &Value) -> Result<(), String> {
    let schema = JsonSchema::compile(&payment()).unwrap();
    schema
        .check(value.as_object().unwrap(), "$[0]")
        .map_err(|violation| violation.to_string())
}

#[test]
fn what_is_described_is_accepted() {
    assert_eq!(check(&json!({"amount": "1.00", "payee": "Bob"})), Ok(()));
    let all = json!({
        "amount": "999999.99", "payee": "12345", "account": {"number": 2.0}, "actions": ["cancel", "initiate"],
        "share": 1, "notes": {"a": "b", "c": ""}
    });
    assert_eq!(check(&all), Ok(()));
    assert_eq!(
        check(&json!({"type": "payment", "amount": "1.00", "payee": "Bob"})),
        Ok(())
    );
}

#[test]
fn what_is_not_described_is_refused_and_its_place_is_said() {
    let with = |name: &str, value: Value| {
        let mut object = json!({"amount": "1.00", "payee": "Bob"});
        object[name] = value;
        check(&object).unwrap_err()
    };
    assert_eq!(check(&json!({"amount": "1.00"})).unwrap_err(), "$[0]: payee is missing");
    for (name, value, expected) in [
        ("amount", json!(1), "$[0].amount: must be a string"),
        ("amount", json!("1"), "$[0].amount: must match ^[0-9]{1,6}\\.[0-9]{2}$"),
        ("payee", json!(""), "$[0].payee: must have at least 1 characters"),
        ("payee", json!("äöüäöü"), "$[0].payee: must have at most 5 characters"),
        ("payee", Value::Null, "$[0].payee: must be a string"),
        (
            "account",
            json!({"iban": 1}),
            "$[0].account: has none of the 2 forms that it may have",
        ),
        (
            "account",
            json!({"iban": "x", "number": 1}),
            "$[0].account: has none of the 2 forms that it may have",
        ),
        ("actions", json!([]), "$[0].actions: must have at least 1 items"),
        (
            "actions",
            json!(["cancel", "cancel"]),
            "$[0].actions: must not have the same item twice",
        ),
        (
            "actions",
            json!(["cancel", "steal"]),
            "$[0].actions[1]: must be \"initiate\" or \"cancel\"",
        ),
        ("share", json!(0), "$[0].share: must be more than 0"),
        ("share", json!(1.01), "$[0].share: must be at most 1"),
        ("notes", json!({"a": 1}), "$[0].notes.a: must be a string"),
        ("other", json!(1), "$[0].other: is unknown to this type"),
    ] {
        assert_eq!(with(name, value), expected);
    }
    assert!(with(&"x".repeat(10_000), json!(1)).len() < 100);
}

#[test]
fn a_schema_that_says_something_else_is_refused() {
    let object = |property: Value| json!({"type": "object", "properties": {"a": property}});
    for (schema, expected) in [
        (json!([]), "the schema is no schema"),
        (json!({"type": "string"}), "the schema does not describe objects"),
        (
            json!({"type": "object", "required": ["a"]}),
            "the schema requires a, which properties do not describe",
        ),
        (object(json!({})), "properties.a says neither type nor enum nor const"),
        (object(json!({"type": "null"})), "properties.a.type is no type"),
        (object(json!({"const": null})), "properties.a.const is null"),
        (
            object(json!({"type": "string", "minimum": 1})),
            "properties.a.minimum has no effect on values of this type",
        ),
        (
            object(json!({"type": "string", "format": "date"})),
            "properties.a.format is no keyword that is understood here",
        ),
        (
            object(json!({"type": "string", "pattern": "("})),
            "properties.a.pattern is not understood",
        ),
        (
            object(json!({"type": "array", "minItems": -1})),
            "properties.a.minItems is no count",
        ),
        (
            object(json!({"$ref": "https://example.com/s.json"})),
            "properties.a.$ref names nothing that is here",
        ),
        (
            object(json!({"$ref": "#/$defs/a", "type": "string"})),
            "properties.a has other keywords beside $ref",
        ),
        (object(json!({"anyOf": []})), "properties.a.anyOf is no list of schemas"),
    ] {
        let error = JsonSchema::compile(&schema).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn a_schema_that_never_ends_or_grows_without_end_is_refused() {
    let itself = json!({
        "type": "object", "properties": {"a": {"$ref": "#/$defs/a"}},
        "$defs": {"a": {"type": "array", "items": {"$ref": "#/$defs/a"}}}
    });
    let error = JsonSchema::compile(&itself).unwrap_err();
    assert_eq!(error.problem, "contains itself by #/$defs/a");
    let doubled = |next: &str| {
        let same = json!({"$ref": format!("#/$defs/{next}")});
        json!({"type": "object", "properties": {"a": same, "b": same}})
    };
    let mut schema = doubled("l0");
    for level in 0..20 {
        schema["$defs"][format!("l{level}")] = doubled(&format!("l{}", level + 1));
    }
    schema["$defs"]["l20"] = json!({"type": "string"});
    assert_eq!(JsonSchema::compile(&schema).unwrap_err().problem, "has too many parts");
}

#[test]
fn it_is_known_which_members_there_can_be() {
    let schema = JsonSchema::compile(&payment()).unwrap();
    assert!(schema.describes(&["payee"]) && schema.describes(&["account", "iban"]));
    assert!(!schema.describes(&["account", "bic"]) && !schema.describes(&["payee", "x"]) && !schema.describes(&["x"]));
    assert!(schema.is_list("actions") && !schema.is_list("payee") && !schema.is_list("x"));
}
