//! Two ConfigMaps of dashboards under one key. The sidecar names the file that Grafana reads by the key alone, so one
//! takes the place of the other.

use seaworthy_facts::delivery::What;
use seaworthy_facts::kubernetes::{Cluster, Origin};
use seaworthy_facts::{Same, Span, Text, Value};
use seaworthy_link::World;

use super::grafana::{self, Sidecar};
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "dashboard-configmap-collision",
    severity: Severity::Breaks,
    page: include_str!("dashboard-configmap-collision.md"),
    check,
};

/// A dashboard in a ConfigMap.
struct Dashboard {
    map: Text,
    key: String,
    span: Span,
}

fn check(world: &World, findings: &mut Vec<Finding>) {
    for cluster in &world.facts.kubernetes.clusters {
        let Some(sidecar) = grafana::all(cluster).find_map(|grafana| grafana::sidecar(&grafana))
        else {
            continue;
        };
        let mut dashboards = of_objects(cluster, &sidecar);
        // What commands make goes to one cluster; of several it is not known to which.
        if world.facts.kubernetes.clusters.len() == 1 {
            dashboards.extend(of_commands(world, &sidecar));
        }
        for (index, second) in dashboards.iter().enumerate() {
            let first = dashboards[..index].iter().find(|first| {
                first.key == second.key
                    && first.span != second.span
                    && first.map.same(&second.map) == Same::Never
            });
            let Some(first) = first else { continue };
            findings.push(
                Finding::new(format!(
                    "ConfigMaps `{}` and `{}` both bring a dashboard `{}`: one takes the place of the other",
                    first.map, second.map, second.key
                ))
                .at(second.span, format!("`{}` again", second.key))
                .and(first.span, format!("the first `{}`", first.key))
                .and(sidecar.span, "the sidecar names files by the key alone")
                .hint("give each key a name of its own, or set `sidecar.enableUniqueFilenames`")
                .assume("Grafana's sidecar writes each key of a labelled ConfigMap to a file of that name (2026-11-21)")
                .about([first.map.to_string(), second.map.to_string(), second.key.clone()]),
            );
        }
    }
}

fn of_objects(cluster: &Cluster, sidecar: &Sidecar) -> Vec<Dashboard> {
    let mut found = Vec::new();
    for map in cluster.of("ConfigMap") {
        if map.label(&sidecar.label).is_none()
            || map.annotation("k8s-sidecar-target-directory").is_some()
            || map.annotation("grafana_folder").is_some()
            || matches!(map.origin, Origin::Summary { .. })
        {
            continue;
        }
        let Some(name) = map.name.text() else {
            continue;
        };
        for entry in map.at("data").map_or(&[][..], Value::entries) {
            found.push(Dashboard {
                map: name.clone(),
                key: entry.key.to_string(),
                span: entry.key_span,
            });
        }
    }
    found
}

/// ConfigMaps that commands make and label.
fn of_commands(world: &World, sidecar: &Sidecar) -> Vec<Dashboard> {
    let labelled: Vec<Text> = world
        .facts
        .delivery
        .deeds()
        .filter(|(doer, _)| !doer.is_document())
        .filter_map(|(_, deed)| match &deed.what {
            What::Mark {
                verb,
                kind,
                name: Some(name),
                marks,
                ..
            } if &**verb == "label" && &**kind == "ConfigMap" => marks
                .iter()
                .any(|(key, _)| key.literal() == Some(&sidecar.label))
                .then(|| name.text())
                .flatten(),
            _ => None,
        })
        .collect();
    let mut found: Vec<Dashboard> = Vec::new();
    for (doer, deed) in world.facts.delivery.deeds() {
        let What::CreateObject {
            kind, name, keys, ..
        } = &deed.what
        else {
            continue;
        };
        let Some(map) = name.text() else { continue };
        if doer.is_document()
            || &**kind != "ConfigMap"
            || !labelled.iter().any(|own| own.same(&map) == Same::Always)
        {
            continue;
        }
        for (key, value) in keys {
            let Some(key) = key.literal() else { continue };
            found.push(Dashboard {
                map: map.clone(),
                key: key.to_owned(),
                span: value.span,
            });
        }
    }
    found
}
