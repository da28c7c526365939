//! A pod takes a key that its Secret is made without.

use std::collections::HashSet;

use seaworthy_diagnostics::suggest;
use seaworthy_facts::{Span, Text, Value};
use seaworthy_link::World;
use seaworthy_link::containers::secret_users;
use seaworthy_link::made_secrets::{self, MadeSecret};

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "secret-key-missing",
    severity: Severity::Breaks,
    page: include_str!("secret-key-missing.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let clusters = &world.facts.kubernetes.clusters;
    let by_cluster: Vec<Vec<MadeSecret<'_>>> = clusters
        .iter()
        .map(|cluster| made_secrets::made(world, cluster))
        .collect();
    let mut told: HashSet<(Span, Span)> = HashSet::new();
    for (cluster, made) in clusters.iter().zip(&by_cluster) {
        for (workload, uses) in secret_users(cluster) {
            let namespace = workload.namespace.as_ref().and_then(Value::text);
            for used in uses {
                let (Some(name), Some(key)) = (used.name.text(), used.key) else {
                    continue;
                };
                let Some(wanted) = key.str().filter(|_| !used.optional) else {
                    continue;
                };
                let fits = |made: &&MadeSecret<'_>| made.is(&name, namespace.as_ref());
                let mut makers: Vec<&MadeSecret<'_>> = made.iter().filter(fits).collect();
                // Made from files that are not applied with it: whichever of them is taken, the key is not there.
                if makers.is_empty() {
                    makers = by_cluster.iter().flatten().filter(fits).collect();
                }
                // What is not known of one maker may be the key.
                let Some(keys) = makers
                    .iter()
                    .map(|made| made.keys.as_deref())
                    .collect::<Option<Vec<_>>>()
                    .map(|keys| keys.concat())
                else {
                    continue;
                };
                if makers.is_empty()
                    || keys.is_empty()
                    || keys.iter().any(|(key, _)| key.can_be(wanted))
                {
                    continue;
                }
                let near = suggest(wanted, keys.iter().filter_map(|(key, _)| key.literal()));
                let place = near
                    .and_then(|near| keys.iter().find(|(key, _)| key.literal() == Some(near)))
                    .map_or(makers[0].span, |(_, span)| *span);
                let workload_name = workload
                    .name
                    .text()
                    .unwrap_or_else(|| Text::from("a workload"));
                if !told.insert((key.span, place)) {
                    continue;
                }
                let effect = match workload.pods() {
                    Some(_) => format!("the pods of `{workload_name}` cannot start"),
                    None => format!("{} `{workload_name}` cannot read it", workload.kind),
                };
                let finding =
                    Finding::new(format!("Secret `{name}` has no key `{wanted}`: {effect}"))
                        .at(key.span, "this key is not made")
                        .and(
                            place,
                            match near {
                                Some(near) => format!("`{name}` is made with `{near}`"),
                                None => format!("`{name}` is made here, with {}", listed(&keys)),
                            },
                        )
                        .about([
                            name.to_string(),
                            wanted.to_owned(),
                            workload_name.to_string(),
                        ]);
                findings.push(match near {
                    Some(near) => finding.hint(format!("did you mean `{near}`?")),
                    None => finding,
                });
            }
        }
    }
}

fn listed(keys: &[(Text, seaworthy_facts::Span)]) -> String {
    let names: Vec<String> = keys
        .iter()
        .take(4)
        .map(|(key, _)| format!("`{key}`"))
        .collect();
    let more = if keys.len() > 4 { " and others" } else { "" };
    format!("{}{more}", names.join(", "))
}
