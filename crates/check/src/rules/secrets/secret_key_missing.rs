//! A pod takes a key that its Secret is made without.

use seaworthy_diagnostics::suggest;
use seaworthy_facts::kubernetes::Origin;
use seaworthy_facts::{Text, Value};
use seaworthy_link::World;
use seaworthy_link::containers::secret_uses;
use seaworthy_link::made_secrets;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "secret-key-missing",
    severity: Severity::Breaks,
    page: include_str!("secret-key-missing.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for cluster in &world.facts.kubernetes.clusters {
        let made = made_secrets::made(world, cluster);
        for workload in cluster.workloads() {
            if matches!(workload.origin, Origin::Summary { .. }) {
                continue;
            }
            let namespace = workload.namespace.as_ref().and_then(Value::text);
            for used in secret_uses(cluster, workload) {
                let (Some(name), Some(key)) = (used.name.text(), used.key) else {
                    continue;
                };
                let Some(wanted) = key.str().filter(|_| !used.optional) else {
                    continue;
                };
                let makers: Vec<_> = made
                    .iter()
                    .filter(|made| made.is(&name, namespace.as_ref()))
                    .collect();
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
                let finding = Finding::new(format!(
                    "Secret `{name}` has no key `{wanted}`: the pods of `{workload_name}` cannot start"
                ))
                .at(key.span, "this key is not made")
                .and(
                    place,
                    match near {
                        Some(near) => format!("`{name}` is made with `{near}`"),
                        None => format!("`{name}` is made here, with {}", listed(&keys)),
                    },
                )
                .about([name.to_string(), wanted.to_owned(), workload_name.to_string()]);
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
