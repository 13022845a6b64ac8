//! Reading a schema.

use regex_lite::Regex;
use serde_json::{Map, Value};

use super::{Bound, BoundKeyword, Others, Rules, Schema, SchemaProblem, Type};

/// The member that says which schema it is (RFC 9396 §2).
const TYPE: &str = "type";
/// How many parts a schema may have, with each part that `$ref` names counted where it is named.
const MOST_PARTS: usize = 2000;

/// Keywords that say something to people alone.
const REMARKS: &[&str] = &[
    "$schema",
    "$id",
    "$comment",
    "$defs",
    "definitions",
    "title",
    "description",
    "examples",
    "default",
    "deprecated",
];

/// Keyword → the type on which it has an effect.
const OF_TYPE: &[(&str, Type)] = &[
    ("properties", Type::Object),
    ("required", Type::Object),
    ("additionalProperties", Type::Object),
    ("items", Type::Array),
    ("minItems", Type::Array),
    ("maxItems", Type::Array),
    ("uniqueItems", Type::Array),
    ("minLength", Type::String),
    ("maxLength", Type::String),
    ("pattern", Type::String),
    ("minimum", Type::Number),
    ("maximum", Type::Number),
    ("exclusiveMinimum", Type::Number),
    ("exclusiveMaximum", Type::Number),
];

const TYPES: &[(&str, Type)] = &[
    ("object", Type::Object),
    ("array", Type::Array),
    ("string", Type::String),
    ("number", Type::Number),
    ("integer", Type::Integer),
    ("boolean", Type::Boolean),
];

type Compiled<T> = Result<T, SchemaProblem>;

pub(super) fn compile(root: &Value) -> Compiled<Schema> {
    let mut compiler = Compiler {
        root,
        at: Vec::new(),
        followed: Vec::new(),
        left: MOST_PARTS,
    };
    let mut schema = compiler.schema(root)?;
    schema.describe_type();
    if schema.is_of(Type::Object) {
        Ok(schema)
    } else {
        compiler.problem("does not describe objects", "write \"type\": \"object\"")
    }
}

impl Schema {
    /// The member by which the schema was found need not be described in it.
    fn describe_type(&mut self) {
        match self {
            Self::AnyOf(schemas) => schemas.iter_mut().for_each(Self::describe_type),
            Self::Rules(rules) if !rules.properties.iter().any(|(known, _)| known == TYPE) => {
                let text = Rules {
                    types: vec![Type::String],
                    ..Rules::default()
                };
                rules.properties.push((TYPE.to_owned(), Self::Rules(Box::new(text))));
            }
            Self::Rules(_) => {}
        }
    }
}

struct Compiler<'s> {
    root: &'s Value,
    at: Vec<String>,
    followed: Vec<&'s str>,
    left: usize,
}

impl<'s> Compiler<'s> {
    fn problem<T>(&self, problem: impl Into<String>, remedy: &'static str) -> Compiled<T> {
        Err(SchemaProblem {
            at: self.at.clone(),
            problem: problem.into(),
            remedy,
        })
    }

    fn at<T>(&mut self, step: &str, read: impl FnOnce(&mut Self) -> Compiled<T>) -> Compiled<T> {
        self.at.push(step.to_owned());
        let read = read(self)?;
        self.at.pop();
        Ok(read)
    }

    fn schema(&mut self, value: &'s Value) -> Compiled<Schema> {
        let Some(left) = self.left.checked_sub(1) else {
            return self.problem("has too many parts", "describe less, or use fewer $ref");
        };
        self.left = left;
        let Value::Object(members) = value else {
            return self.problem("is no schema", "write an object of keywords");
        };
        for alone in ["$ref", "anyOf"] {
            let is_beside = |name: &String| name != alone && !REMARKS.contains(&name.as_str());
            if members.contains_key(alone) && members.keys().any(is_beside) {
                let problem = format!("has other keywords beside {alone}");
                return self.problem(problem, "move them into what it names");
            }
        }
        if let Some(target) = members.get("$ref") {
            return self.reference(target);
        }
        if let Some(schemas) = members.get("anyOf") {
            return self.at("anyOf", |this| this.list(schemas)).map(Schema::AnyOf);
        }
        self.rules(members).map(|rules| Schema::Rules(Box::new(rules)))
    }

    fn list(&mut self, value: &'s Value) -> Compiled<Vec<Schema>> {
        let schemas = value.as_array().map(Vec::as_slice).unwrap_or_default();
        if schemas.is_empty() {
            return self.problem("is no list of schemas", "write [{ … }, { … }]");
        }
        let schemas = schemas.iter().enumerate();
        schemas
            .map(|(index, schema)| self.at(&index.to_string(), |this| this.schema(schema)))
            .collect()
    }

    /// What a `$ref` names, as if it stood there.
    fn reference(&mut self, target: &'s Value) -> Compiled<Schema> {
        let text = target.as_str().unwrap_or_default();
        let found = ["$defs", "definitions"].into_iter().find_map(|section| {
            let name = text.strip_prefix("#/")?.strip_prefix(section)?.strip_prefix('/')?;
            Some((section, name, self.root.get(section)?.get(name)?))
        });
        let Some((section, name, schema)) = found else {
            return self.at("$ref", |this| {
                this.problem(
                    "names nothing that is here",
                    "write \"#/$defs/NAME\", and describe NAME under $defs",
                )
            });
        };
        if self.followed.contains(&text) {
            return self.problem(
                format!("contains itself by {text}"),
                "describe it to the depth that is needed",
            );
        }
        self.followed.push(text);
        let here = std::mem::replace(&mut self.at, vec![section.to_owned(), name.to_owned()]);
        let schema = self.schema(schema)?;
        self.at = here;
        self.followed.pop();
        Ok(schema)
    }

    fn rules(&mut self, members: &'s Map<String, Value>) -> Compiled<Rules> {
        let mut rules = Rules::default();
        if let Some(types) = members.get("type") {
            rules.types = self.at("type", |this| this.types(types))?;
        }
        for (name, value) in members {
            self.at(name, |this| this.keyword(&mut rules, name, value))?;
        }
        if rules.types.is_empty() && rules.values.is_none() {
            return self.problem(
                "says neither type nor enum nor const",
                "add \"type\": \"string\", or what it is",
            );
        }
        let is_described = |name: &&String| !rules.properties.iter().any(|(known, _)| known == *name);
        if let Some(name) = rules.required.iter().find(is_described) {
            let problem = format!("requires {name}, which properties do not describe");
            return self.problem(problem, "describe it in properties");
        }
        Ok(rules)
    }

    fn types(&mut self, value: &Value) -> Compiled<Vec<Type>> {
        let named = match value {
            Value::Array(names) if !names.is_empty() => names.iter().collect(),
            one => vec![one],
        };
        let find = |name: &Value| TYPES.iter().find(|(known, _)| name.as_str() == Some(known));
        match named.into_iter().map(find).collect::<Option<Vec<_>>>() {
            Some(found) => Ok(found.into_iter().map(|(_, kind)| *kind).collect()),
            None => self.problem("is no type", "use object, array, string, number, integer or boolean"),
        }
    }

    fn keyword(&mut self, rules: &mut Rules, name: &'s str, value: &'s Value) -> Compiled<()> {
        self.check_effect(rules, name)?;
        match name {
            "type" => {}
            "enum" => rules.values = Some(self.values(value)?),
            "const" => rules.values = Some(vec![self.constant(value)?]),
            "properties" => rules.properties = self.properties(value)?,
            "required" => rules.required = self.names(value)?,
            "additionalProperties" => rules.others = self.others(value)?,
            "items" => rules.items = Some(self.schema(value)?),
            "minItems" => rules.least_items = self.count(value)?,
            "maxItems" => rules.most_items = Some(self.count(value)?),
            "uniqueItems" => rules.unique_items = self.flag(value)?,
            "minLength" => rules.least_length = self.count(value)?,
            "maxLength" => rules.most_length = Some(self.count(value)?),
            "pattern" => rules.pattern = Some(self.pattern(value)?),
            "minimum" => self.bound(rules, BoundKeyword::Minimum, value)?,
            "maximum" => self.bound(rules, BoundKeyword::Maximum, value)?,
            "exclusiveMinimum" => self.bound(rules, BoundKeyword::ExclusiveMinimum, value)?,
            "exclusiveMaximum" => self.bound(rules, BoundKeyword::ExclusiveMaximum, value)?,
            remark if REMARKS.contains(&remark) => {}
            _ => {
                return self.problem(
                    "is no keyword that is understood here",
                    "remove it; docs/rich-authorization-requests.md lists what can be said",
                );
            }
        }
        Ok(())
    }

    /// A limit on an amount that is a text would be a check that is never made.
    fn check_effect(&self, rules: &Rules, name: &str) -> Compiled<()> {
        let Some((_, kind)) = OF_TYPE.iter().find(|(known, _)| *known == name) else {
            return Ok(());
        };
        let is_number = *kind == Type::Number && rules.types.contains(&Type::Integer);
        if is_number || rules.types.contains(kind) {
            return Ok(());
        }
        self.problem("has no effect on values of this type", "remove it, or correct type")
    }

    fn values(&mut self, value: &Value) -> Compiled<Vec<Value>> {
        match value.as_array() {
            Some(values) if !values.is_empty() => values.iter().map(|value| self.constant(value)).collect(),
            _ => self.problem("is no list of values", "write [\"a\", \"b\"]"),
        }
    }

    fn constant(&mut self, value: &Value) -> Compiled<Value> {
        if value.is_null() {
            return self.problem("is null", "leave the member out instead of null");
        }
        Ok(value.clone())
    }

    fn properties(&mut self, value: &'s Value) -> Compiled<Vec<(String, Schema)>> {
        let Some(members) = value.as_object() else {
            return self.problem("is no object", "write { \"name\": { … } }");
        };
        members
            .iter()
            .map(|(name, schema)| Ok((name.clone(), self.at(name, |this| this.schema(schema))?)))
            .collect()
    }

    fn names(&mut self, value: &Value) -> Compiled<Vec<String>> {
        match serde_json::from_value(value.clone()) {
            Ok(names) => Ok(names),
            Err(_) => self.problem("is no list of names", "write [\"name\"]"),
        }
    }

    fn others(&mut self, value: &'s Value) -> Compiled<Others> {
        match value {
            Value::Bool(false) => Ok(Others::None),
            Value::Bool(true) => Ok(Others::Any),
            schema => self.schema(schema).map(Others::Like),
        }
    }

    fn count(&mut self, value: &Value) -> Compiled<usize> {
        match value.as_u64().and_then(|count| usize::try_from(count).ok()) {
            Some(count) => Ok(count),
            None => self.problem("is no count", "write a whole number"),
        }
    }

    fn flag(&mut self, value: &Value) -> Compiled<bool> {
        match value.as_bool() {
            Some(flag) => Ok(flag),
            None => self.problem("is neither true nor false", "write true or false"),
        }
    }

    fn pattern(&mut self, value: &Value) -> Compiled<Regex> {
        match value.as_str().map(Regex::new) {
            Some(Ok(pattern)) => Ok(pattern),
            Some(Err(error)) => self.problem(
                format!("is not understood ({error})"),
                "use a plain regular expression, with ^ and $ at its ends",
            ),
            None => self.problem("is no text", "write a regular expression in quotes"),
        }
    }

    fn bound(&mut self, rules: &mut Rules, keyword: BoundKeyword, value: &Value) -> Compiled<()> {
        match value.as_f64() {
            Some(limit) => rules.bounds.push(Bound { keyword, limit }),
            None => return self.problem("is no number", "write a number without quotes"),
        }
        Ok(())
    }
}
