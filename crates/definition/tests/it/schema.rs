//! The JSON Schema and the reader say the same.

use seaworthy_definition::{Definition, schema};
use seaworthy_diagnostics::Severity;

use crate::cases::cases;
use crate::examples::definitions;
use crate::yaml_to_json::json;

fn validator() -> jsonschema::Validator {
    let schema = schema();
    jsonschema::meta::validate(&schema).expect("the schema is a schema");
    jsonschema::validator_for(&schema).expect("the schema compiles")
}

/// What takes more than one value to see, or a judgement that no pattern makes.
const ONLY_THE_READER_SEES: [(&str, &str); 9] = [
    ("definition/form", "time zone"),
    ("definition/form", "of the schedule does not exist"),
    ("definition/form", "macro"),
    ("definition/form", "ends before it begins"),
    ("definition/form", "bits set beyond its prefix"),
    ("definition/form", "is not a repository"),
    ("definition/tag", ""),
    ("definition/port-and-ports", ""),
    ("definition/several-documents", ""),
];

#[test]
fn examples_satisfy_the_schema() {
    let validator = validator();
    for (path, text) in definitions() {
        let instance = json(text.as_bytes()).expect("an example is YAML");
        let errors: Vec<String> = validator
            .iter_errors(&instance)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
    }
}

#[test]
fn the_schema_and_the_reader_agree_on_wrong_definitions() {
    let validator = validator();
    let (mut refused, mut left) = (0, 0);
    for (name, _, bytes) in cases() {
        let Some(instance) = json(&bytes) else {
            continue;
        };
        // Reading alone is what a schema can do; resolving is what it cannot.
        let (_, diagnostics) = Definition::read("seaworthy.yaml", &bytes);
        let structural: Vec<&str> = diagnostics
            .iter()
            .filter(|d| d.severity == Severity::Error && d.code.starts_with("definition/"))
            .filter(|d| {
                !ONLY_THE_READER_SEES
                    .iter()
                    .any(|(code, words)| d.code == *code && d.message.contains(words))
            })
            .map(|d| d.message.as_str())
            .collect();
        let valid = validator.is_valid(&instance);
        if structural.is_empty() {
            let resolved = Definition::read("seaworthy.yaml", &bytes).0.check();
            let one_of = resolved.iter().any(|d| {
                d.code == "definition/missing-key"
                    || d.code == "definition/reference-misplaced"
                    || d.code == "definition/secret-published"
            });
            let errors: Vec<String> = validator
                .iter_errors(&instance)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert!(
                valid || one_of,
                "{name}: the reader takes it, the schema does not: {errors:#?}"
            );
            left += 1;
        } else {
            assert!(
                !valid,
                "{name}: the schema takes it, the reader does not: {structural:#?}"
            );
            refused += 1;
        }
    }
    assert!(
        refused >= 40,
        "only {refused} cases were refused by the schema"
    );
    assert!(left >= 20, "only {left} cases are beyond the schema");
}

#[test]
fn the_schema_is_closed_and_described() {
    fn walk(value: &serde_json::Value, path: &str) {
        let Some(object) = value.as_object() else {
            return;
        };
        if let Some(properties) = object.get("properties").and_then(|p| p.as_object()) {
            assert_eq!(object["additionalProperties"], false, "{path} is open");
            for (name, property) in properties {
                let words = property["description"].as_str().unwrap_or_default();
                assert!(
                    words.len() > 5 && words.ends_with('.'),
                    "{path}.{name}: {words:?}"
                );
            }
        }
        for (name, value) in object {
            walk(value, &format!("{path}.{name}"));
        }
    }
    let schema = schema();
    walk(&schema, "");
    assert_eq!(
        schema["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
    assert_eq!(
        schema["$defs"]["probe"]["properties"]["period"]["default"],
        "10s"
    );
    assert_eq!(schema["$defs"]["scale"]["properties"]["min"]["default"], 2);
}
