//! What the members of a JSON object must look like: the part of JSON Schema that describes data to be consented to.
//!
//! Spec: JSON Schema 2020-12, RFC 9396 §5 and §11.3
//!
//! Accepted: `type`, `enum`, `const`; `properties`, `required`, `additionalProperties`; `items`, `minItems`, `maxItems`,
//! `uniqueItems`; `minLength`, `maxLength`, `pattern`; `minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum`; `anyOf`
//! and `$ref` to `#/$defs/…`, each alone. Remarks (`title`, `description` …) are allowed. Everything else is an error when
//! the schema is read, as is a rule that has no effect on its type: nobody is to believe in a check that is not made.
//! An object has no other members than those that are described, unless `additionalProperties` says so: RFC 9396 wants
//! unknown fields refused. The member `type` need not be described. Deliberately not: `null`; addresses of other schemas; schemas that contain themselves.

mod check;
mod compile;

use explanation::{Explain, Explanation, catalogue};
use regex_lite::Regex;
use serde_json::{Map, Value};

/// A schema of objects, ready to check. Made only by [`JsonSchema::compile`].
#[derive(Clone, Debug)]
pub struct JsonSchema(Schema);

/// What is wrong with a schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} {problem}", self.place())]
pub struct SchemaProblem {
    /// Where: the keys and positions that lead there.
    pub at: Vec<String>,
    /// What, as a sentence without its subject.
    pub problem: String,
    /// What to do.
    pub remedy: &'static str,
}

impl SchemaProblem {
    fn place(&self) -> String {
        if self.at.is_empty() {
            "the schema".to_owned()
        } else {
            self.at.join(".")
        }
    }
}

/// What of a value is not as its schema says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {problem}")]
pub struct Violation {
    /// The path of the value: `$[0].amount`.
    pub at: String,
    /// What is wrong with it.
    pub problem: String,
}

impl Explain for Violation {
    fn explanation(&self) -> Explanation {
        let reason = &catalogue::authorization_details::VIOLATION;
        Explanation::from(reason).expected(format!("{} {}", self.at, self.problem))
    }
}

impl JsonSchema {
    /// Reads a schema, which must describe objects.
    pub fn compile(schema: &Value) -> Result<Self, SchemaProblem> {
        compile::compile(schema).map(Self)
    }

    /// Checks an object; `at` is its own path. The first thing that is wrong is told.
    pub fn check(&self, object: &Map<String, Value>, at: &str) -> Result<(), Violation> {
        check::check_object_of(&self.0, object, at)
    }

    /// Whether objects may have a member that this path of names leads to.
    pub fn describes(&self, path: &[&str]) -> bool {
        self.0.member(path).is_some()
    }

    /// Whether this member, if there, is a list.
    pub fn is_list(&self, member: &str) -> bool {
        self.0.member(&[member]).is_some_and(|schema| schema.is_of(Type::Array))
    }
}

#[derive(Clone, Debug)]
enum Schema {
    /// One of these.
    AnyOf(Vec<Schema>),
    /// All of this.
    Rules(Box<Rules>),
}

/// The types of JSON that data can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Object,
    Array,
    String,
    Number,
    Integer,
    Boolean,
}

#[derive(Clone, Debug, Default)]
struct Rules {
    types: Vec<Type>,
    /// The values that it may have; `None`: any.
    values: Option<Vec<Value>>,
    properties: Vec<(String, Schema)>,
    required: Vec<String>,
    others: Others,
    items: Option<Schema>,
    least_items: usize,
    most_items: Option<usize>,
    unique_items: bool,
    least_length: usize,
    most_length: Option<usize>,
    pattern: Option<Regex>,
    bounds: Vec<Bound>,
}

/// What members an object may have besides those that are described.
#[derive(Clone, Debug, Default)]
enum Others {
    #[default]
    None,
    Any,
    Like(Schema),
}

#[derive(Clone, Debug)]
struct Bound {
    keyword: BoundKeyword,
    limit: f64,
}

#[derive(Clone, Copy, Debug)]
enum BoundKeyword {
    Minimum,
    Maximum,
    ExclusiveMinimum,
    ExclusiveMaximum,
}

impl Schema {
    fn member(&self, path: &[&str]) -> Option<&Self> {
        let Some((name, rest)) = path.split_first() else {
            return Some(self);
        };
        match self {
            Self::AnyOf(schemas) => schemas.iter().find_map(|schema| schema.member(path)),
            Self::Rules(rules) => {
                let mut properties = rules.properties.iter();
                properties
                    .find(|(known, _)| known == name)
                    .and_then(|(_, schema)| schema.member(rest))
            }
        }
    }

    fn is_of(&self, wanted: Type) -> bool {
        match self {
            Self::AnyOf(schemas) => schemas.iter().all(|schema| schema.is_of(wanted)),
            Self::Rules(rules) => rules.types == [wanted],
        }
    }
}

#[cfg(test)]
mod tests;
