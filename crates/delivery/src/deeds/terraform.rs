//! OpenTofu, Terraform and Terragrunt.

use seaworthy_facts::delivery::What;
use seaworthy_facts::{Text, Value};

use super::Line;
use crate::shell::entered;

pub(super) fn terraform(line: &Line<'_>) -> Vec<What> {
    let mut folder = line.command.folder.clone();
    let mut words = line.arguments;
    let mut all = false;
    while let Some(word) = words.first() {
        let Some(text) = word.text() else { break };
        if let Some((option, value)) = text.split_once('=')
            && matches!(
                option.literal(),
                Some("-chdir" | "--chdir" | "--terragrunt-working-dir" | "--working-dir")
            )
        {
            folder = entered(&folder, &value);
        } else if matches!(
            text.literal(),
            Some("--terragrunt-working-dir" | "--working-dir" | "-chdir")
        ) {
            words = &words[1..];
            if let Some(value) = words.first().and_then(Value::text) {
                folder = entered(&folder, &value);
            }
        } else if matches!(text.literal(), Some("run-all" | "run" | "--all")) {
            all = true;
        } else if !text.known_prefix().starts_with('-') {
            break;
        }
        words = words.get(1..).unwrap_or_default();
    }
    let Some((verb, arguments)) = words.split_first() else {
        return Vec::new();
    };
    let Some(verb) = verb.str() else {
        return Vec::new();
    };
    for (at, argument) in arguments.iter().enumerate() {
        if line.program == "terragrunt"
            && matches!(
                argument.str(),
                Some("--terragrunt-working-dir" | "--working-dir")
            )
            && let Some(value) = arguments.get(at + 1).and_then(Value::text)
        {
            folder = entered(&folder, &value);
        }
    }
    // The old way to name the folder: `terraform apply infra/`.
    if let Some(last) = arguments.last().and_then(Value::str)
        && last.contains('/')
        && !last.starts_with('-')
        && !last.contains('=')
        && !last.ends_with("plan")
        && !last.contains('.')
        && matches!(verb, "init" | "plan" | "validate")
        && arguments.len() < 2
    {
        folder = entered(&folder, &Text::from(last));
    }
    let mut arguments = arguments.to_vec();
    if all {
        arguments.push(Value::string("--all", line.command.span));
    }
    vec![What::Terraform {
        verb: verb.into(),
        folder,
        arguments,
    }]
}
