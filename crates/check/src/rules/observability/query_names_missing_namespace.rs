//! A query of an alert or a dashboard looks at a namespace that nothing is in, and what it names is in another.

use std::collections::{BTreeMap, HashSet};

use seaworthy_facts::Span;
use seaworthy_facts::kubernetes::{Cluster, Object, Origin};
use seaworthy_link::World;

use crate::{Confidence, Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "query-names-missing-namespace",
    severity: Severity::Unreliable,
    page: include_str!("query-names-missing-namespace.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let clusters = &world.facts.kubernetes.clusters;
    let known: HashSet<&str> = clusters.iter().flat_map(namespaces).collect();
    let mut told: HashSet<Span> = HashSet::new();
    let everywhere = places(clusters);
    for cluster in clusters {
        // What goes to the same cluster says most; another tree may be another way to set it up.
        let here = places(std::slice::from_ref(cluster));
        let known_here: HashSet<&str> = occupied(cluster).collect();
        for object in &cluster.objects {
            if matches!(object.origin, Origin::Summary { .. })
                || !matches!(
                    &*object.kind,
                    "PrometheusRule" | "ConfigMap" | "GrafanaDashboard"
                )
            {
                continue;
            }
            object.body.walk(&mut |value| {
                let Some(text) = value.str().filter(|text| text.contains("namespace=")) else {
                    return;
                };
                for (namespace, others) in matchers(text) {
                    if known_here.contains(namespace) || is_built_in(namespace) {
                        continue;
                    }
                    let of = |places: &BTreeMap<&'_ str, (&'_ str, Span)>| {
                        others.iter().find_map(|other| {
                            let (name, (space, place)) = places.get_key_value(*other)?;
                            Some(((*name).to_owned(), (*space).to_owned(), *place))
                        })
                    };
                    let found = of(&here).or_else(|| {
                        (!known.contains(namespace)).then(|| of(&everywhere))?
                    });
                    let Some((name, other, place)) = found else {
                        continue;
                    };
                    if !told.insert(value.span) {
                        continue;
                    }
                    findings.push(
                        Finding::new(format!(
                            "{} `{}` looks at `{name}` in namespace `{namespace}`, and it is in `{other}`: the query gives nothing",
                            object.kind,
                            object.name.text().unwrap_or_default()
                        ))
                        .at(value.span, format!("nothing is in namespace `{namespace}`"))
                        .and(place, format!("`{name}` is in `{other}`"))
                        .confidence(Confidence::Likely)
                        .about([namespace.to_owned(), name.clone()]),
                    );
                }
            });
        }
    }
}

/// Every namespace that is there.
fn namespaces(cluster: &Cluster) -> impl Iterator<Item = &str> {
    let made = cluster.of("Namespace").filter_map(Object::name);
    occupied(cluster).chain(made)
}

/// Every namespace that anything is in.
fn occupied(cluster: &Cluster) -> impl Iterator<Item = &str> {
    let of_objects = cluster.objects.iter().filter_map(Object::namespace);
    let of_releases = cluster
        .releases
        .iter()
        .filter_map(|release| release.namespace.as_ref()?.str());
    of_objects.chain(of_releases)
}

/// Where the things that queries name are: workloads, Services, autoscalers and releases, by name; the namespace, and
/// where it is said.
fn places(clusters: &[Cluster]) -> BTreeMap<&str, (&str, Span)> {
    let mut found: BTreeMap<&str, (&str, Span)> = BTreeMap::new();
    let mut twice: HashSet<&str> = HashSet::new();
    let objects = clusters
        .iter()
        .flat_map(|cluster| &cluster.objects)
        .filter_map(|object| {
            let wanted = object.pods().is_some()
                || matches!(&*object.kind, "Service" | "HorizontalPodAutoscaler");
            let namespace = object.namespace.as_ref().filter(|_| wanted)?;
            Some((object.name()?, namespace))
        });
    let releases = clusters
        .iter()
        .flat_map(|cluster| &cluster.releases)
        .filter_map(|release| Some((release.name.str()?, release.namespace.as_ref()?)));
    for (name, namespace) in objects.chain(releases) {
        let Some(text) = namespace.str() else {
            continue;
        };
        match found.get(name) {
            Some((other, _)) if *other != text => {
                twice.insert(name);
            }
            Some(_) => {}
            None => {
                found.insert(name, (text, namespace.span));
            }
        }
    }
    found.retain(|name, _| !twice.contains(name));
    found
}

/// For each list of matchers of a query: the namespace that it asks for, and what else it asks for by name.
fn matchers(text: &str) -> Vec<(&str, Vec<&str>)> {
    let mut found = Vec::new();
    for (end, _) in text.match_indices('}') {
        // In JSON there are other braces around.
        let Some(at) = text[..end].rfind('{') else {
            continue;
        };
        let inside = &text[at + 1..end];
        let mut namespace = None;
        let mut others = Vec::new();
        for part in inside.split(',') {
            let Some((label, value)) = part.split_once('=') else {
                continue;
            };
            let value = value
                .trim()
                .trim_start_matches('~')
                .trim()
                .trim_matches(['"', '\'', '\\']);
            let exact = !value.contains(['$', '*', '|', '[', '(']);
            match label.trim() {
                "namespace" | "exported_namespace" | "kubernetes_namespace" if exact => {
                    namespace = Some(value);
                }
                _ => others.push(
                    value
                        .trim_end_matches(".*")
                        .trim_end_matches(['-', '.', '+']),
                ),
            }
        }
        if let Some(namespace) = namespace.filter(|namespace| is_name(namespace)) {
            others.push(namespace);
            found.push((namespace, others));
        }
    }
    found
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn is_built_in(namespace: &str) -> bool {
    matches!(
        namespace,
        "default" | "kube-system" | "kube-public" | "kube-node-lease"
    )
}

#[cfg(test)]
mod tests {
    use super::matchers;

    #[test]
    fn matchers_are_read_out_of_queries() {
        assert_eq!(
            matchers("sum(a_total{namespace=\"shop\", pod=~\"api-.*\"}) / b{x=\"y\"}"),
            [("shop", vec!["api", "shop"])]
        );
        assert!(matchers("a{namespace=\"$ns\"}").is_empty());
        assert!(matchers("a{namespace=~\"a|b\"}").is_empty());
    }
}
