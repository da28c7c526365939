//! A Secret is kept up to date, and the pods that take it read it once, when they start.

use std::collections::BTreeSet;

use seaworthy_facts::kubernetes::{Cluster, Object, Origin};
use seaworthy_facts::{Span, Value};
use seaworthy_link::World;
use seaworthy_link::containers::secret_uses;
use seaworthy_link::made_secrets::{self, MadeSecret, Maker};

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "rotation-does-not-reach-pod",
    severity: Severity::Unreliable,
    page: include_str!("rotation-does-not-reach-pod.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let mut refreshed: Vec<Refreshed<'_>> = Vec::new();
    for cluster in &world.facts.kubernetes.clusters {
        // Something restarts pods, or may.
        if has_reloader(cluster) {
            continue;
        }
        let made = made_secrets::made(world, cluster);
        for one in external(cluster, &made) {
            if refreshed
                .iter()
                .all(|known| known.interval.span != one.interval.span)
            {
                refreshed.push(one);
            }
        }
        driver(cluster, &made, findings);
    }
    // One habit of a repository is one finding.
    if let Some(first) = refreshed.first() {
        let shown = first.interval.str().unwrap_or_default();
        let others = match refreshed.len() {
            1 => String::new(),
            2 => " (one other like it)".to_owned(),
            count => format!(" ({} others like it)", count - 1),
        };
        let mut finding = report(
            &format!(
                "Secret `{}` is refreshed every `{shown}`{others}",
                first.name
            ),
            first.interval.span,
            &first.takers,
            [first.name.clone()],
        );
        for other in refreshed.iter().skip(1).take(8) {
            finding = finding.link(
                other.interval.span,
                format!("Secret `{}` is refreshed, too", other.name),
            );
        }
        findings.push(finding);
    }
}

/// A Secret that is refreshed, and who takes it.
struct Refreshed<'a> {
    name: String,
    interval: &'a Value,
    takers: Vec<(&'a Object, Span)>,
}

/// What takes a Secret as variables: the workload, and where.
fn takers<'a>(cluster: &'a Cluster, made: &MadeSecret<'_>) -> Option<Vec<(&'a Object, Span)>> {
    let mut takers = Vec::new();
    for workload in cluster.workloads() {
        // A job starts anew every time.
        if matches!(&*workload.kind, "Job" | "CronJob")
            || matches!(workload.origin, Origin::Summary { .. })
        {
            continue;
        }
        let namespace = workload.namespace.as_ref().and_then(Value::text);
        let used: Vec<_> = secret_uses(cluster, workload)
            .into_iter()
            .filter(|used| {
                used.name
                    .text()
                    .is_some_and(|name| made.is(&name, namespace.as_ref()))
            })
            .collect();
        // A file is replaced in a running pod.
        if used.iter().any(|used| !used.variable) {
            return None;
        }
        if is_restarted(workload) {
            return None;
        }
        if let Some(first) = used.first()
            && takers.iter().all(|(_, known)| *known != first.name.span)
        {
            takers.push((workload, first.name.span));
        }
    }
    (!takers.is_empty()).then_some(takers)
}

fn external<'a>(cluster: &'a Cluster, made: &[MadeSecret<'a>]) -> Vec<Refreshed<'a>> {
    let mut found = Vec::new();
    for made in made.iter().filter(|made| made.by == Maker::External) {
        let Some(object) = made.object else { continue };
        // Only where somebody wrote how often: the default says nothing about what is wanted.
        let Some(interval) = object.at("spec.refreshInterval").filter(|interval| {
            interval
                .str()
                .is_some_and(|text| !text.is_empty() && !text.starts_with('0'))
        }) else {
            continue;
        };
        if object
            .at("spec.refreshPolicy")
            .and_then(Value::str)
            .is_some_and(|policy| policy != "Periodic")
        {
            continue;
        }
        if let Some(takers) = takers(cluster, made) {
            found.push(Refreshed {
                name: made.name.to_string(),
                interval,
                takers,
            });
        }
    }
    found
}

/// The CSI driver with rotation on: all its Secrets at once.
fn driver(cluster: &Cluster, made: &[MadeSecret<'_>], findings: &mut Vec<Finding>) {
    let switch = cluster.releases.iter().find_map(|release| {
        (release.chart.str() == Some("secrets-store-csi-driver"))
            .then(|| release.values.get("enableSecretRotation"))
            .flatten()
            .filter(|on| on.bool() == Some(true))
    });
    let Some(switch) = switch else { return };
    let mut all: Vec<(&Object, Span)> = Vec::new();
    for made in made.iter().filter(|made| made.by == Maker::Csi) {
        all.extend(takers(cluster, made).unwrap_or_default());
    }
    if !all.is_empty() {
        findings.push(report(
            "rotation of Secrets is on",
            switch.span,
            &all,
            ["secrets-store-csi-driver".to_owned()],
        ));
    }
}

fn report(what: &str, span: Span, takers: &[(&Object, Span)], about: [String; 1]) -> Finding {
    let names: BTreeSet<String> = takers
        .iter()
        .map(|(workload, _)| format!("`{}`", workload.name.text().unwrap_or_default()))
        .collect();
    let shown: Vec<String> = names.iter().take(3).cloned().collect();
    let mut finding = Finding::new(format!(
        "{what}, and {} only at start: a new value waits for the next rollout",
        if names.len() == 1 {
            format!("{} reads it", shown[0])
        } else {
            format!("{} read it", shown.join(", "))
        }
    ))
    .at(span, "new values arrive here");
    for (workload, span) in takers.iter().take(3) {
        finding = finding.and(
            *span,
            format!(
                "`{}` takes it as a variable",
                workload.name.text().unwrap_or_default()
            ),
        );
    }
    finding
        .hint("mount it as a file that the program reads again, or restart pods when it changes, as Reloader does")
        .about(about)
}

fn has_reloader(cluster: &Cluster) -> bool {
    cluster.releases.iter().any(|release| {
        release.chart.str().is_none_or(|chart| {
            chart.contains("reloader") || chart.contains("wave") || chart.contains("keel")
        })
    }) || cluster.workloads().any(|workload| {
        workload
            .name()
            .is_some_and(|name| name.contains("reloader"))
    })
}

fn is_restarted(workload: &Object) -> bool {
    let marks = |value: Option<&Value>| {
        value.is_some_and(|annotations| {
            annotations.is_unknown()
                || annotations.entries().iter().any(|entry| {
                    let key = &*entry.key;
                    key.contains("reloader")
                        || key.starts_with("checksum/")
                        || key.contains("wave.")
                })
        })
    };
    marks(workload.at("metadata.annotations"))
        || workload
            .pods()
            .and_then(|pods| pods.metadata)
            .is_some_and(|metadata| marks(metadata.get("annotations")))
}
