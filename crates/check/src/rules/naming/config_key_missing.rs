//! A pod takes a key that its `ConfigMap` does not have.

use std::collections::HashSet;

use seaworthy_diagnostics::suggest;
use seaworthy_facts::kubernetes::{Object, Origin};
use seaworthy_facts::{Span, Text, Value};
use seaworthy_link::World;
use seaworthy_link::references::{Reference, read};

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "config-key-missing",
    severity: Severity::Breaks,
    page: include_str!("config-key-missing.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let mut told: HashSet<Span> = HashSet::new();
    for reference in read(world, &["ConfigMap"]) {
        if let Some(key) = reference.key
            && let Some(wanted) = key.str()
            && let Some(finding) = judge(world, &reference, key, wanted)
            && told.insert(key.span)
        {
            findings.push(finding);
        }
    }
}

fn judge(world: &World, reference: &Reference<'_>, key: &Value, wanted: &str) -> Option<Finding> {
    let cluster = &world.facts.kubernetes.clusters[reference.cluster];
    let maps: Vec<&Object> = cluster
        .named("ConfigMap", &reference.name)
        .filter(|map| {
            map.is_in(reference.namespace.as_ref())
                && map
                    .name
                    .text()
                    .is_some_and(|name| name.same(&reference.name) != seaworthy_facts::Same::Never)
        })
        .collect();
    let [map] = maps.as_slice() else { return None };
    if matches!(map.origin, Origin::Summary { .. }) {
        return None;
    }
    let entries: Vec<(&str, Span)> = ["data", "binaryData"]
        .iter()
        .filter_map(|part| map.at(part))
        .flat_map(Value::entries)
        .map(|entry| (&*entry.key, entry.key_span))
        .collect();
    let unknown = ["data", "binaryData"]
        .iter()
        .any(|part| map.at(part).is_some_and(Value::is_unknown));
    // An empty one is filled by somebody.
    if unknown || entries.is_empty() || entries.iter().any(|(own, _)| *own == wanted) {
        return None;
    }
    let near = suggest(wanted, entries.iter().map(|(own, _)| *own));
    let place = near
        .and_then(|near| entries.iter().find(|(own, _)| *own == near))
        .map_or(map.name.span, |(_, span)| *span);
    let who = reference
        .from
        .name
        .text()
        .unwrap_or_else(|| Text::from("a workload"));
    let name = &reference.name;
    let finding = Finding::new(format!(
        "ConfigMap `{name}` has no key `{wanted}`: the pods of `{who}` cannot start"
    ))
    .at(key.span, "this key is not there")
    .and(
        place,
        match near {
            Some(near) => format!("`{name}` has `{near}`"),
            None => format!("`{name}` is here, without it"),
        },
    )
    .trail(key)
    .about([name.to_string(), wanted.to_owned(), who.to_string()]);
    Some(match near {
        Some(near) => finding.hint(format!("did you mean `{near}`?")),
        None => finding,
    })
}
