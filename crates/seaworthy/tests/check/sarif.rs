//! SARIF, held against the schema of OASIS (`sarif-schema-2.1.0.json`, unchanged).

use serde_json::Value;

use crate::repository::{RULE, Repository, example};

fn sarif(repository: &Repository) -> Value {
    let printed = repository.run(&["check", "--format", "sarif"]);
    let log: Value = serde_json::from_str(&printed.stdout).expect("it is JSON");
    let mut schema: Value =
        serde_json::from_str(include_str!("sarif-schema-2.1.0.json")).expect("the schema is JSON");
    // The pattern of a language has a bracket too many, and is no regular expression to whoever looks closely.
    for thing in ["run", "toolComponent"] {
        schema["definitions"][thing]["properties"]["language"]
            .as_object_mut()
            .expect("the schema says what a language is")
            .remove("pattern");
    }
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    let problems: Vec<String> = validator
        .iter_errors(&log)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(problems.is_empty(), "{}\n{log:#}", problems.join("\n"));
    log
}

#[test]
fn it_is_valid_and_has_both_sides() {
    let log = sarif(&Repository::failing());
    let run = &log["runs"][0];
    let result = &run["results"][0];
    assert_eq!(result["ruleId"], RULE);
    assert_eq!(run["tool"]["driver"]["rules"][0]["id"], RULE);
    assert_eq!(result["ruleIndex"], 0);
    let place = |location: &Value| {
        let physical = &location["physicalLocation"];
        (
            physical["artifactLocation"]["uri"].clone(),
            physical["region"]["startLine"].clone(),
        )
    };
    assert_eq!(place(&result["locations"][0]), ("logs.tf".into(), 2.into()));
    assert_eq!(
        place(&result["relatedLocations"][0]),
        ("cluster.tf".into(), 1.into())
    );
    assert!(result["partialFingerprints"]["seaworthyFinding/v1"].is_string());
    assert!(run["tool"]["driver"]["rules"][0]["help"]["markdown"].is_string());
}

#[test]
fn it_is_valid_for_every_rules_example_and_for_broken_files() {
    // All examples at once, each in a folder of its own.
    let repository = Repository::new(&[]);
    for rule in seaworthy_check::all() {
        for file in example(rule.name, "Failing").files {
            repository.write(&format!("{}/{}", rule.name, file.path), &file.text);
        }
    }
    repository.write("broken.tf", "resource {\n");
    repository.write("b r ö/broken.yaml", "a: [\n");
    sarif(&repository);
}

#[test]
fn nothing_found_is_valid_too() {
    let log = sarif(&Repository::new(&[]));
    assert_eq!(log["runs"][0]["results"], Value::Array(Vec::new()));
}
