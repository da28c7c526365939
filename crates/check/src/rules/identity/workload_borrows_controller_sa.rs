//! Workloads that run under the service account of a controller.

use seaworthy_facts::kubernetes::{Cluster, Object, Origin, Release};
use seaworthy_facts::{Same, Span, Text, Value};
use seaworthy_link::World;
use seaworthy_link::iam::Account;

use crate::{Confidence, Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "workload-borrows-controller-sa",
    severity: Severity::Insecure,
    page: include_str!("workload-borrows-controller-sa.md"),
    check,
};

/// An account that a chart makes for itself.
struct Made<'a> {
    release: &'a Release,
    namespace: Text,
    name: Text,
    /// Where the release names it, else where it is asked for.
    place: Span,
}

fn check(world: &World, findings: &mut Vec<Finding>) {
    for cluster in &world.facts.kubernetes.clusters {
        for made in accounts(world, cluster) {
            if is_also_made_here(world, cluster, &made) {
                continue;
            }
            let borrowers: Vec<(&Object, &Value)> = cluster
                .workloads()
                .filter(|workload| !is_foreign(world, workload) && !is_named(workload, &made))
                .filter(|workload| {
                    let own = workload.namespace.as_ref().and_then(Value::text);
                    own.is_some_and(|own| own.same(&made.namespace) == Same::Always)
                })
                .filter_map(|workload| {
                    let used = workload.pods()?.service_account()?;
                    let same = used.text()?.same(&made.name) == Same::Always;
                    (same && used.str() != Some("default")).then_some((workload, used))
                })
                .collect();
            findings.extend(finding(&made, &borrowers));
        }
    }
}

/// The accounts that charts of others make in a cluster: those that are known of the chart, and those that the values
/// name as charts do.
fn accounts<'a>(world: &World, cluster: &'a Cluster) -> Vec<Made<'a>> {
    let mut found: Vec<Made<'a>> = Vec::new();
    let foreign = cluster.releases.iter().filter(|release| {
        release.folder.as_deref().is_none_or(|folder| {
            let charts = &world.facts.kubernetes.charts;
            charts
                .iter()
                .any(|chart| &*chart.folder == folder && chart.vendored)
        })
    });
    for release in foreign {
        let title = release.name.text();
        for object in cluster.of("ServiceAccount") {
            let account = Account { cluster, object };
            if account.release() == title.as_ref()
                && title.is_some()
                && let (Some(name), Some(namespace)) = (account.name(), account.namespace())
            {
                found.push(Made {
                    release,
                    place: named(release, &name).unwrap_or(release.span),
                    namespace,
                    name,
                });
            }
        }
        let Some(namespace) = release.namespace.as_ref().and_then(Value::text) else {
            continue;
        };
        release.values.walk(&mut |value| {
            let Some(account) = value.get("serviceAccount") else {
                return;
            };
            let makes = account.get("create").and_then(Value::bool) != Some(false);
            if let Some(own) = account.get("name").filter(|_| makes)
                && let Some(name) = own.text().filter(|name| !name.is_empty())
                && !found
                    .iter()
                    .any(|made| made.name == name && made.namespace == namespace)
            {
                found.push(Made {
                    release,
                    place: own.span,
                    namespace: namespace.clone(),
                    name,
                });
            }
        });
    }
    found
}

fn finding(made: &Made<'_>, borrowers: &[(&Object, &Value)]) -> Option<Finding> {
    let ((first, used), others) = borrowers.split_first()?;
    let chart = made.release.chart.str().unwrap_or_default();
    let account = format!("{}/{}", made.namespace, made.name);
    let title = |object: &Object| {
        format!(
            "{} `{}`",
            object.kind,
            object.name.text().unwrap_or_default()
        )
    };
    let mut finding = Finding::new(format!(
        "{} runs as `{}`, the account of chart `{chart}`, with all that the controller may do",
        title(first),
        account
    ))
    .at(used.span, "it takes the controller's account")
    .trail(used);
    for (object, used) in others {
        finding = finding.and(used.span, format!("{} takes it, too", title(object)));
    }
    Some(
        finding
            .and(
                made.place,
                format!("chart `{chart}` makes this account for itself"),
            )
            .hint("make a service account for the workload, with a role that allows what the workload does")
            .assume(format!("chart `{chart}` makes account `{account}`"))
            .confidence(Confidence::Likely)
            .about([account.clone(), title(first)]),
    )
}

/// Whether a manifest makes the account as well: then it is the workload's own, or the program is here twice.
fn is_also_made_here(world: &World, cluster: &Cluster, made: &Made<'_>) -> bool {
    cluster.of("ServiceAccount").any(|object| {
        !is_foreign(world, object)
            && Account { cluster, object }.can_be(&made.namespace, &made.name) != Same::Never
    })
}

/// Whether an object is a chart's of somebody else.
fn is_foreign(world: &World, object: &Object) -> bool {
    match &object.origin {
        Origin::Summary { .. } => true,
        Origin::Chart { .. } => world.sources.get(object.file).vendored,
        _ => false,
    }
}

/// Whether a workload is called as the chart's own is: the program installed by a manifest instead.
fn is_named(workload: &Object, made: &Made<'_>) -> bool {
    let name = workload.name();
    name.is_some() && (name == made.name.literal() || name == made.release.chart.str())
}

/// Where a release names an account.
fn named(release: &Release, name: &Text) -> Option<Span> {
    let mut found = None;
    release.values.walk(&mut |value| {
        if let Some(own) = value.get("serviceAccount").and_then(|own| own.get("name"))
            && own.text().as_ref() == Some(name)
        {
            found.get_or_insert(own.span);
        }
    });
    found
}
