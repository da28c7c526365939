//! Wildcards in the policies that were applied, of roles and of things: each stands in a statement of our modules with its explanation beside it.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::place::Place;
use crate::states::{States, text};

/// What has a policy, and in which attribute.
const HOLDERS: [(&str, &str); 7] = [
    ("aws_iam_role_policy", "policy"),
    ("aws_iam_policy", "policy"),
    ("aws_iam_role", "assume_role_policy"),
    ("aws_kms_key", "policy"),
    ("aws_s3_bucket_policy", "policy"),
    ("aws_sns_topic_policy", "policy"),
    ("aws_sqs_queue_policy", "policy"),
];

/// Holds the wildcards in the policies against the modules' explanations.
pub(crate) fn judge(states: &States, place: &Place) {
    let explained = explained(place);
    let mut seen = 0;
    for (kind, attribute) in HOLDERS {
        for resource in states.of_kind(kind) {
            let policy = text(&resource.attributes[attribute]);
            let policy: Value = serde_json::from_str(policy)
                .unwrap_or_else(|error| panic!("{}: {error}", resource.address));
            for statement in list(&policy["Statement"]) {
                seen += 1;
                let wild: Vec<&str> = ["Action", "NotAction", "Resource", "NotResource"]
                    .iter()
                    .flat_map(|key| list(&statement[*key]))
                    .map(text)
                    .filter(|value| is_wild(value))
                    .collect();
                let sid = text(&statement["Sid"]);
                assert!(
                    wild.is_empty() || explained.iter().any(|known| is_called(sid, known)),
                    "{}: {wild:?} in `{sid}`, and no comment says why",
                    resource.address
                );
            }
        }
    }
    assert!(seen > 5, "only {seen} statements");
}

/// A whole service, or everything. What is below one thing of ours (`bucket/*`) is not.
fn is_wild(value: &str) -> bool {
    value == "*" || (value.contains('*') && !value.starts_with("arn:"))
}

/// Whether a statement's id is what a module writes, which may end in what is made up for each: `Service${…}`.
fn is_called(sid: &str, written: &str) -> bool {
    match written.split_once("${") {
        Some((begin, _)) => sid.starts_with(begin),
        None => sid == written,
    }
}

/// The statements of the modules that have a comment in them or right above them, by their ids.
fn explained(place: &Place) -> BTreeSet<String> {
    let mut explained = BTreeSet::new();
    let modules = place.path().join("infra/modules");
    for module in fs::read_dir(modules).expect("they were written") {
        let module = module.expect("it can be read").path();
        for file in fs::read_dir(module).expect("a folder") {
            let file = file.expect("it can be read").path();
            if file.extension().is_some_and(|end| end == "tf") {
                let text = fs::read_to_string(&file).expect("a file");
                explained.extend(statements(&text));
            }
        }
    }
    explained
}

fn statements(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let Some(id) = line.trim().strip_prefix("sid") else {
            continue;
        };
        let id = id.trim().trim_start_matches('=').trim().trim_matches('"');
        let indent = line.len() - line.trim_start().len();
        let begin = (0..number)
            .rev()
            .find(|at| lines[*at].trim_end().ends_with('{') && indent_of(lines[*at]) < indent);
        let Some(begin) = begin else { continue };
        let end = (number..lines.len())
            .find(|at| lines[*at].trim() == "}" && indent_of(lines[*at]) < indent)
            .unwrap_or(lines.len());
        let inside = lines[begin..end].iter().any(|line| line.contains("# "));
        let above = begin > 0 && lines[begin - 1].trim_start().starts_with('#');
        if inside || above {
            found.push(id.to_owned());
        }
    }
    found
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// One or many, as policies write both.
pub(crate) fn list(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(values) => values.iter().collect(),
        one => vec![one],
    }
}
