//! Variables that take secrets and are not marked `sensitive`: plans and logs show them.

use seaworthy_facts::terraform::Variable;
use seaworthy_facts::{Span, Value, parent};
use seaworthy_link::World;

use crate::finding::together;
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "sensitive-variable-unmarked",
    severity: Severity::Insecure,
    page: include_str!("sensitive-variable-unmarked.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let mut told: Vec<Span> = Vec::new();
    for root in &world.facts.terraform.roots {
        let unmarked: Vec<&Variable> = root
            .variables
            .iter()
            .filter(|variable| {
                takes_secret(variable)
                    && variable.body.get("sensitive").and_then(Value::bool) != Some(true)
                    && variable.body.get("ephemeral").and_then(Value::bool) != Some(true)
            })
            .collect();
        let Some((first, others)) = unmarked.split_first() else {
            continue;
        };
        // Several variable files make several roots of one folder.
        if told.contains(&first.span) {
            continue;
        }
        told.push(first.span);
        let and = match others.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let mut finding = Finding::new(format!(
            "variable `{}`{and} {} marked `sensitive`: plans and logs show it",
            first.name,
            if others.is_empty() {
                "takes a secret and is not"
            } else {
                "take secrets and are not"
            }
        ))
        .at(first.span, "not `sensitive`")
        .about([
            parent(world.sources.path(first.span.file)).to_owned(),
            first.name.to_string(),
        ]);
        for other in others.iter().take(12) {
            finding = finding.and(other.span, "not `sensitive`");
        }
        findings.push(finding);
    }
    together(findings, |_| ());
}

fn takes_secret(variable: &Variable) -> bool {
    let name = variable.name.to_ascii_lowercase();
    let words: Vec<&str> = name.split(['_', '-']).collect();
    let last = words.last().copied().unwrap_or_default();
    let secret = matches!(
        last,
        "password" | "passwd" | "pass" | "pwd" | "token" | "apikey" | "secret"
    ) || name.ends_with("secret_key")
        || name.ends_with("api_key")
        || name.ends_with("private_key")
        || name.ends_with("secret_access_key")
        || name.ends_with("client_secret");
    // `create_password`, `use_token` are questions.
    let question = matches!(
        words[0],
        "create" | "enable" | "use" | "manage" | "has" | "is" | "random" | "generate" | "rotate"
    );
    let text = variable
        .body
        .get("type")
        .and_then(Value::str)
        .is_none_or(|kind| kind == "string");
    // An empty default says that it is seldom set, any other that it is no secret.
    let default = variable.body.get("default");
    secret
        && !question
        && text
        && default.is_none_or(|value| value.is_null() || value.str() == Some(""))
}
