//! A service of Compose names a service, volume, network, secret or config that the project does not have.

use std::collections::HashSet;

use seaworthy_diagnostics::suggest;
use seaworthy_facts::delivery::Compose;
use seaworthy_facts::{Span, Value, file_name};
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "compose-name-missing",
    severity: Severity::Breaks,
    page: include_str!("compose-name-missing.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let mut told: HashSet<Span> = HashSet::new();
    for compose in &world.facts.delivery.compose {
        // What other files bring is not seen with certainty; a file of another name is given together with others.
        let path = world.sources.path(compose.file);
        let by_itself = matches!(
            file_name(path),
            "compose.yaml" | "compose.yml" | "docker-compose.yaml" | "docker-compose.yml"
        );
        if !by_itself || compose.body.get("include").is_some() {
            continue;
        }
        for service in &compose.services {
            if service.body.get("extends").is_some() {
                continue;
            }
            for (kind, name, span) in named(&service.body) {
                let there = declared(compose, kind);
                if there.iter().any(|(own, _)| *own == name) || !told.insert(span) {
                    continue;
                }
                let near = suggest(name, there.iter().map(|(own, _)| *own))
                    .and_then(|near| there.iter().find(|(own, _)| *own == near))
                    .or(match there.as_slice() {
                        [only] => Some(only),
                        _ => None,
                    });
                let finding = Finding::new(format!(
                    "service `{}` names {} `{name}`, which the project does not have: it does not start",
                    service.name,
                    kind.trim_end_matches('s')
                ))
                .at(span, format!("not among the {kind}"))
                .about([service.name.to_string(), name.to_owned()]);
                findings.push(match near {
                    Some((own, place)) => finding.and(*place, format!("there is `{own}`")),
                    None => finding.and(service.span, "of this service"),
                });
            }
        }
    }
}

/// What a service names: the part of the project that has it, the name, the place.
fn named(service: &Value) -> Vec<(&'static str, &str, Span)> {
    let mut found = Vec::new();
    if let Some(depends) = service.get("depends_on") {
        for item in depends.items() {
            found.extend(item.str().map(|name| ("services", name, item.span)));
        }
        for entry in depends.entries() {
            let required = entry.value.get("required").and_then(Value::bool);
            if required != Some(false) {
                found.push(("services", &*entry.key, entry.key_span));
            }
        }
    }
    for volume in service.get("volumes").map_or(&[][..], Value::items) {
        if volume.get("type").and_then(Value::str) == Some("volume") {
            if let Some(source) = volume.get("source") {
                found.extend(source.str().map(|name| ("volumes", name, source.span)));
            }
        } else if let Some((name, _)) = volume.str().and_then(|text| text.split_once(':'))
            && !name.is_empty()
            && !name.starts_with(['.', '/', '~', '$'])
            && !name.contains(['/', '\\'])
            && name.len() > 1
        {
            found.push(("volumes", name, volume.span));
        }
    }
    for key in ["networks", "secrets", "configs"] {
        let Some(list) = service.get(key) else {
            continue;
        };
        for item in list.items() {
            let name = item.get("source").unwrap_or(item);
            found.extend(name.str().map(|text| (key, text, item.span)));
        }
        for entry in list.entries() {
            found.push((key, &*entry.key, entry.key_span));
        }
    }
    found.retain(|(_, name, _)| !name.contains(['$', '{']));
    found
}

fn declared<'a>(compose: &'a Compose, kind: &str) -> Vec<(&'a str, Span)> {
    if kind == "services" {
        return compose
            .services
            .iter()
            .map(|service| (&*service.name, service.span))
            .collect();
    }
    let mut found: Vec<(&str, Span)> = compose
        .body
        .get(kind)
        .map_or(&[][..], Value::entries)
        .iter()
        .map(|entry| (&*entry.key, entry.key_span))
        .collect();
    if kind == "networks" {
        found.push(("default", compose.body.span));
        found.sort_by_key(|(name, _)| *name == "default");
    }
    found
}
