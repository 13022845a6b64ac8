//! `/flows/openapi.json` says what there is.

use serde_json::{Map, Value, json};

use super::{App, answer, bank, document, posted};

/// Every `$ref` in a document.
fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

/// The least that a schema takes.
fn least(schema: &Value) -> Value {
    match schema["type"].as_str() {
        Some("object") => {
            let required = schema["required"].as_array();
            let members = required.into_iter().flatten().map(|name| {
                let name = name.as_str().unwrap();
                (name.to_owned(), least(&schema["properties"][name]))
            });
            Value::Object(members.collect::<Map<_, _>>())
        }
        _ if !schema["const"].is_null() => schema["const"].clone(),
        _ if !schema["enum"].is_null() => schema["enum"][0].clone(),
        Some("string") => "x".into(),
        Some("integer") => 0.into(),
        Some("boolean") => true.into(),
        _ => json!([]),
    }
}

#[tokio::test]
async fn the_document_is_whole() {
    let bank = bank().await;
    let response = bank.http.get(bank.url("/flows/openapi.json")).send().await.unwrap();
    assert!(response.headers().get("access-control-allow-origin").is_none());
    let document: Value = response.json().await.unwrap();
    assert_eq!(
        (&document["openapi"], &document["servers"][0]["url"]),
        (&json!("3.1.0"), &json!(bank.issuer))
    );
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 40);
    for reference in found {
        let place = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(place).is_some(), "{reference}");
    }
    for kinds in ["Step", "Answer"] {
        let kinds = &document["components"]["schemas"][kinds]["discriminator"]["mapping"];
        for (kind, place) in kinds.as_object().unwrap() {
            let schema = document
                .pointer(place.as_str().unwrap().strip_prefix('#').unwrap())
                .unwrap();
            assert_eq!(schema["properties"]["type"]["const"], kind.as_str());
        }
    }
}

#[tokio::test]
async fn every_answer_that_is_described_is_read_and_nothing_else() {
    let bank = bank().await;
    let document = document(&bank).await;
    let mut app = App::own(&bank);
    let request = app.request("openid");
    app.authorize(request).await;
    let kinds = document["components"]["schemas"]["Answer"]["oneOf"].as_array().unwrap();
    for reference in kinds {
        let schema = document
            .pointer(reference["$ref"].as_str().unwrap().strip_prefix('#').unwrap())
            .unwrap();
        let send = async |answered: &Value| {
            let body = json!({ "flow": app.flow, "answer": answered });
            let (_, told) = answer(
                &bank,
                posted(&bank, "/flows/step", "own-app", &body).send().await.unwrap(),
            )
            .await;
            told["reason"].clone()
        };
        let least = least(schema);
        assert_ne!(send(&least).await, "flows.malformed", "{least}");
        let mut more = least.clone();
        more["unknown"] = 1.into();
        assert_eq!(send(&more).await, "flows.malformed", "{more}");
        for name in schema["required"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|name| *name != "type")
        {
            let mut less = least.clone();
            less.as_object_mut().unwrap().remove(name.as_str().unwrap());
            assert_eq!(send(&less).await, "flows.malformed", "{less}");
        }
        // What is optional has the described type.
        let optional = schema["properties"].as_object().unwrap();
        for (name, described) in optional.iter().filter(|(_, described)| described["type"] == "boolean") {
            let mut with = least.clone();
            with[name] = self::least(described);
            assert_ne!(send(&with).await, "flows.malformed", "{with}");
        }
    }
}
