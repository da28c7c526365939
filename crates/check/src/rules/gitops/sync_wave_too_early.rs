//! An object that Argo CD applies in one wave needs another that comes in a later one.

use std::collections::HashSet;

use seaworthy_facts::kubernetes::{Applied, Cluster, Means, Object, Origin};
use seaworthy_facts::{Span, Value};
use seaworthy_link::World;
use seaworthy_link::containers::secret_users;
use seaworthy_link::references::read;

use crate::{Confidence, Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "sync-wave-too-early",
    severity: Severity::Breaks,
    page: include_str!("sync-wave-too-early.md"),
    check,
};

const WAVE: &str = "argocd.argoproj.io/sync-wave";
const HOOK: &str = "argocd.argoproj.io/hook";

/// What an object must find to become healthy.
const NEEDED: &[&str] = &[
    "ConfigMap",
    "ServiceAccount",
    "PersistentVolumeClaim",
    "SecretStore",
    "AppProject",
];

/// One object that needs another.
struct Need<'a> {
    user: &'a Object,
    /// Where the user says so.
    place: Span,
    made: &'a Object,
    why: String,
}

fn check(world: &World, findings: &mut Vec<Finding>) {
    let clusters = &world.facts.kubernetes.clusters;
    // Without any wave everything comes at once.
    let has_waves = |cluster: &Cluster| {
        cluster
            .objects
            .iter()
            .any(|object| object.annotation(WAVE).is_some())
    };
    if !clusters.iter().any(has_waves) {
        return;
    }
    let mut needs: Vec<Need<'_>> = Vec::new();
    for reference in read(world, NEEDED) {
        let cluster = &clusters[reference.cluster];
        needs.extend(
            cluster
                .find(
                    &reference.kind,
                    reference.namespace.as_ref(),
                    &reference.name,
                )
                .into_iter()
                .map(|made| Need {
                    user: reference.from,
                    place: reference.span(),
                    made,
                    why: format!("it needs {} `{}`", reference.kind, reference.name),
                }),
        );
    }
    for cluster in clusters.iter().filter(|cluster| has_waves(cluster)) {
        needs.extend(secrets(cluster));
        needs.extend(policies(cluster));
        needs.extend(kinds(world, cluster));
    }
    let mut told: HashSet<(Span, Span)> = HashSet::new();
    for need in &needs {
        let (Some(user), Some(made)) = (wave(need.user), wave(need.made)) else {
            continue;
        };
        if user < made
            && is_applied_with(need.user, need.made)
            && told.insert((place(need.user), place(need.made)))
        {
            findings.push(finding(need, user, made));
        }
    }
}

/// Secrets that pods take, and what makes or syncs them.
fn secrets(cluster: &Cluster) -> Vec<Need<'_>> {
    let mut found = Vec::new();
    for (user, uses) in secret_users(cluster) {
        for used in uses.iter().filter(|used| !used.optional) {
            let Some(name) = used.name.str() else {
                continue;
            };
            let is_here = |made: &&Object| {
                // What syncs a Secret may call it otherwise than itself.
                let target = made
                    .at("spec.target.name")
                    .and_then(Value::str)
                    .filter(|_| &*made.kind == "ExternalSecret");
                made.namespace() == user.namespace() && target.or(made.name()) == Some(name)
            };
            let mut makers = cluster.of("Secret").chain(cluster.of("ExternalSecret"));
            found.extend(makers.find(is_here).map(|made| Need {
                user,
                place: used.name.span,
                made,
                why: format!("it needs Secret `{name}`"),
            }));
        }
    }
    found
}

/// Pods and what must be there before they start: their security groups, and where everything else is denied, what
/// lets them out.
fn policies(cluster: &Cluster) -> Vec<Need<'_>> {
    let is_denied = |namespace: Option<&str>| {
        cluster.of("NetworkPolicy").any(|policy| {
            policy.namespace() == namespace
                && policy.at("spec.podSelector").is_some_and(is_empty)
                && policy.at("spec.egress").is_none()
                && policy.at("spec.ingress").is_none()
        })
    };
    let mut found = Vec::new();
    for (kind, why) in [
        ("SecurityGroupPolicy", "its pods get the security groups of"),
        ("NetworkPolicy", "its pods are let through by"),
    ] {
        for policy in cluster.of(kind) {
            let Some(selector) = policy.at("spec.podSelector.matchLabels") else {
                continue;
            };
            if kind == "NetworkPolicy" && !is_denied(policy.namespace()) {
                continue;
            }
            for user in cluster.selectable(selector) {
                if user.namespace() == policy.namespace() {
                    found.push(Need {
                        user,
                        place: user.name.span,
                        made: policy,
                        why: format!("{why} {kind} `{}`", policy.name().unwrap_or_default()),
                    });
                }
            }
        }
    }
    found
}

fn is_empty(selector: &Value) -> bool {
    selector.entries().is_empty() && !selector.is_unknown()
}

/// Applications with objects of a kind, and the Application whose chart brings it.
fn kinds<'a>(world: &World, cluster: &'a Cluster) -> Vec<Need<'a>> {
    let application = |applied: &[Applied]| {
        let argo = applied.iter().find(|one| one.means == Means::Argo)?;
        cluster
            .of("Application")
            .find(|object| object.name.span == argo.span)
    };
    let mut found = Vec::new();
    let mut told: HashSet<(Span, &str)> = HashSet::new();
    for object in &cluster.objects {
        if matches!(object.origin, Origin::Summary { .. } | Origin::Chart { .. }) {
            continue;
        }
        let Some((group, _)) = object.api_version.str().and_then(|api| api.split_once('/')) else {
            continue;
        };
        let Some(user) = application(&object.applied_by) else {
            continue;
        };
        if !group.contains('.') || !told.insert((user.name.span, &*object.kind)) {
            continue;
        }
        let charts = world.knowledge.charts_with_definition(&object.kind, group);
        // Several may bring it: the first that does is enough.
        let owners: Vec<&Object> = cluster
            .releases
            .iter()
            .filter(|release| {
                release
                    .chart
                    .str()
                    .is_some_and(|name| charts.iter().any(|chart| chart.name == name))
            })
            .filter_map(|release| application(&release.applied_by))
            .collect();
        let earliest = owners.iter().min_by_key(|owner| wave(owner));
        if let Some(owner) = earliest.filter(|owner| !std::ptr::eq(**owner, user)) {
            found.push(Need {
                user,
                place: object.api_version.span,
                made: owner,
                why: format!("it applies a {}, which that one brings", object.kind),
            });
        }
    }
    found
}

/// The wave that an object comes in; nothing where it is not known, or comes in another phase.
fn wave(object: &Object) -> Option<i64> {
    if object
        .annotation(HOOK)
        .is_some_and(|hook| hook.str() != Some("Sync"))
    {
        return None;
    }
    match object.annotation(WAVE) {
        Some(wave) => wave.str()?.trim().parse().ok(),
        None => Some(0),
    }
}

/// Where it says when it comes.
fn place(object: &Object) -> Span {
    object
        .annotation(WAVE)
        .map_or(object.name.span, |wave| wave.span)
}

/// Whether one thing applies both: waves are of one sync.
fn is_applied_with(a: &Object, b: &Object) -> bool {
    let by = |object: &Object| -> HashSet<Span> {
        object
            .applied_by
            .iter()
            .filter(|applied| applied.means == Means::Argo)
            .map(|applied| applied.span)
            .collect()
    };
    let (by_a, by_b) = (by(a), by(b));
    if by_a.is_empty() && by_b.is_empty() {
        return matches!(a.origin, Origin::Kustomization { .. }) && a.origin == b.origin;
    }
    !by_a.is_disjoint(&by_b)
}

fn finding(need: &Need<'_>, user: i64, made: i64) -> Finding {
    let name = |object: &Object| {
        format!(
            "{} `{}`",
            object.kind,
            object.name.text().unwrap_or_default()
        )
    };
    let (own, other) = (name(need.user), name(need.made));
    Finding::new(format!(
        "{own} comes in wave {user} and needs what comes in wave {made}: Argo CD waits for the earlier wave before it begins the later"
    ))
    .at(place(need.user), format!("wave {user}"))
    .and(place(need.made), format!("wave {made} of {other}"))
    .link(need.place, need.why.clone())
    .confidence(Confidence::Likely)
    .about([own, other])
}
