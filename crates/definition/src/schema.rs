//! The JSON Schema of a definition, printed from the shape, so that an editor completes and checks it.
//!
//! The schema sees one value at a time; what two places say together (a reference to nothing, a port used twice) only
//! the reader sees. Whatever the schema refuses, the reader refuses too; tests hold the two together.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::shape::form::Numbers;
use crate::shape::{Choice, Default, Form, Key, Object, PLATFORM, Shape};

/// The JSON Schema of `seaworthy.yaml`, draft 2020-12: closed, with descriptions, patterns, defaults and examples.
pub fn schema() -> Value {
    let mut printer = Printer {
        definitions: Map::new(),
        done: BTreeSet::new(),
    };
    let root = printer.object(&PLATFORM, false);
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "seaworthy.yaml",
    });
    let target = schema.as_object_mut().expect("it was written as an object");
    if let Value::Object(root) = root {
        target.extend(root);
    }
    target.insert("$defs".into(), Value::Object(printer.definitions));
    schema
}

struct Printer {
    definitions: Map<String, Value>,
    done: BTreeSet<String>,
}

impl Printer {
    /// An object by reference, defined once. `partial`: within an override, where nothing is required.
    fn reference(&mut self, object: &'static Object, partial: bool) -> Value {
        let mut name = object.name.replace(' ', "-").to_lowercase();
        if partial {
            name.push_str("-override");
        }
        if self.done.insert(name.clone()) {
            let definition = self.object(object, partial);
            self.definitions.insert(name.clone(), definition);
        }
        json!({ "$ref": format!("#/$defs/{name}") })
    }

    fn object(&mut self, object: &'static Object, partial: bool) -> Value {
        let keys = object.keys.iter().filter(|key| !partial || key.overridable);
        let mut properties = Map::new();
        for key in keys.clone() {
            properties.insert(key.name.into(), self.key(key, partial));
        }
        let required: Vec<&str> = keys
            .filter(|key| !partial && matches!(key.default, Default::Required))
            .map(|key| key.name)
            .collect();
        let must_be_filled = !required.is_empty() || (!partial && !object.one_of.is_empty());
        let mut schema = json!({
            "description": object.doc,
            // Without any required key, `name:` alone is the map without keys.
            "type": if must_be_filled { json!("object") } else { json!(["object", "null"]) },
            "properties": properties,
            "patternProperties": { "^x-": true },
            "additionalProperties": false,
        });
        if !required.is_empty() {
            schema["required"] = json!(required);
        }
        if !partial && !object.one_of.is_empty() {
            let alternatives = object.one_of.iter().map(|key| json!({ "required": [key] }));
            schema["anyOf"] = alternatives.collect();
        }
        schema
    }

    fn key(&mut self, key: &'static Key, partial: bool) -> Value {
        let mut schema = self.shape(key.shape, partial);
        let mut description = key.doc.to_owned();
        if let Shape::Choice(choices) = key.shape {
            description.push_str(&meanings(choices));
        }
        if let Default::Computed(words) = key.default {
            description.extend([" Default: ", words, "."]);
        }
        schema["description"] = json!(description);
        if let Some(text) = key.default.text()
            && !partial
        {
            schema["default"] = match key.shape {
                Shape::Integer { .. } | Shape::Boolean => {
                    serde_json::from_str(text).unwrap_or_else(|_| json!(text))
                }
                _ => json!(text),
            };
            // The default of a short form is in the long one.
            if matches!(key.shape, Shape::Short { .. }) {
                schema
                    .as_object_mut()
                    .map(|schema| schema.remove("default"));
            }
        }
        schema
    }

    fn shape(&mut self, shape: &'static Shape, partial: bool) -> Value {
        match shape {
            Shape::Object(object) => self.reference(object, partial),
            Shape::Names { name, value, .. } => json!({
                "type": ["object", "null"],
                "propertyNames": { "pattern": name.pattern },
                "additionalProperties": self.shape(value, partial),
            }),
            Shape::List(item) => json!({ "type": "array", "items": self.shape(item, partial) }),
            Shape::Text(form) => text(form),
            Shape::Integer { min, max } if *max > 1 << 53 => {
                json!({ "type": "integer", "minimum": min })
            }
            Shape::Integer { min, max } => {
                json!({ "type": "integer", "minimum": min, "maximum": max })
            }
            Shape::Boolean => json!({ "type": "boolean" }),
            Shape::Choice(choices) => {
                json!({ "enum": choices.iter().map(|choice| choice.word).collect::<Vec<_>>() })
            }
            Shape::Short { long, key } => {
                let short = long.key(key).map(|key| self.shape(key.shape, partial));
                json!({ "anyOf": [short, self.reference(long, partial)] })
            }
            Shape::Override => self.reference(&PLATFORM, true),
        }
    }
}

fn text(form: &Form) -> Value {
    let mut schema = match form.numbers {
        Numbers::AsWritten if form.pattern.is_empty() => {
            json!({ "type": ["string", "number", "boolean"] })
        }
        Numbers::AsWritten => json!({ "type": ["string", "number"] }),
        Numbers::Quote | Numbers::WithoutUnit => json!({ "type": "string" }),
    };
    if !form.pattern.is_empty() {
        schema["pattern"] = json!(form.pattern);
    }
    if !form.examples.is_empty() {
        schema["examples"] = json!(form.examples);
    }
    schema
}

/// What each word means, after a key's own text.
fn meanings(choices: &[Choice]) -> String {
    let words = choices
        .iter()
        .map(|choice| format!("`{}`: {}", choice.word, choice.doc));
    format!(" {}", words.collect::<Vec<_>>().join(" "))
}
