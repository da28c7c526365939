//! An Application is in a project of Argo CD that allows neither its repository nor its namespace, or is not there.

use std::collections::HashSet;

use globset::GlobBuilder;
use seaworthy_facts::kubernetes::{Cluster, Object, Origin};
use seaworthy_facts::{Span, Value};
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "project-does-not-allow",
    severity: Severity::Breaks,
    page: include_str!("project-does-not-allow.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let mut told: HashSet<Span> = HashSet::new();
    for cluster in &world.facts.kubernetes.clusters {
        for application in cluster.of("Application").filter(|object| is_argo(object)) {
            let Some(project) = application.at("spec.project").and_then(Value::str) else {
                continue;
            };
            let projects = projects(cluster, application, project);
            // Several of the name are those of several installations.
            let [project] = projects.as_slice() else {
                continue;
            };
            for finding in refused(application, project) {
                if finding
                    .diagnostic
                    .place()
                    .is_some_and(|place| told.insert(place))
                {
                    findings.push(finding);
                }
            }
        }
    }
}

fn is_argo(object: &Object) -> bool {
    !matches!(object.origin, Origin::Summary { .. })
        && object
            .api_version
            .str()
            .is_some_and(|api| api.starts_with("argoproj.io/"))
}

/// The projects of that name.
fn projects<'a>(cluster: &'a Cluster, application: &Object, name: &str) -> Vec<&'a Object> {
    let namespace = application.namespace.as_ref().and_then(Value::text);
    let mut found: Vec<&Object> = cluster
        .of("AppProject")
        .filter(|project| {
            is_argo(project) && project.name() == Some(name) && project.is_in(namespace.as_ref())
        })
        .collect();
    found.dedup_by_key(|project| project.name.span);
    found
}

fn refused(application: &Object, project: &Object) -> Vec<Finding> {
    let mut found = Vec::new();
    let (own, name) = (
        application.name().unwrap_or_default(),
        project.name().unwrap_or_default(),
    );
    let one = application.at("spec.source").into_iter();
    let several = application
        .at("spec.sources")
        .into_iter()
        .flat_map(Value::items);
    let allowed = listed(project, "spec.sourceRepos");
    for url in one
        .chain(several)
        .filter_map(|source| source.get("repoURL"))
    {
        let (Some(text), Some((allowed, place))) = (url.str(), &allowed) else {
            continue;
        };
        if !allows(
            allowed.iter().filter_map(|value| value.str()),
            &address(text),
        ) {
            found.push(
                Finding::new(format!(
                    "Application `{own}` is refused: project `{name}` does not allow the repository `{text}`"
                ))
                .at(url.span, "from here it would be applied")
                .and(nearest(allowed, text).unwrap_or(*place), "these repositories are allowed")
                .trail(url)
                .about([own, name, text]),
            );
        }
    }
    let namespace = application.at("spec.destination.namespace");
    let Some((text, namespace)) = namespace.and_then(|value| Some((value.str()?, value))) else {
        return found;
    };
    let Some((destinations, place)) = listed(project, "spec.destinations") else {
        return found;
    };
    let namespaces: Vec<&Value> = destinations
        .iter()
        .filter_map(|destination| destination.get("namespace"))
        .collect();
    // A destination without a namespace is for what has none.
    if namespaces.len() == destinations.len()
        && namespaces.iter().all(|value| value.str().is_some())
        && !allows(namespaces.iter().filter_map(|value| value.str()), text)
    {
        found.push(
            Finding::new(format!(
                "Application `{own}` is refused: project `{name}` does not allow the namespace `{text}`"
            ))
            .at(namespace.span, "it would be applied here")
            .and(
                nearest(&namespaces, text).unwrap_or(place),
                "these namespaces are allowed",
            )
            .trail(namespace)
            .about([own, name, text]),
        );
    }
    found
}

/// A list of a project, where all of it is known: its items, and where it stands.
fn listed<'a>(project: &'a Object, path: &str) -> Option<(Vec<&'a Value>, Span)> {
    let list = project.at(path)?;
    let items: Vec<&Value> = list.items().iter().collect();
    let is_known = items.iter().all(|item| !item.is_unknown())
        && (path != "spec.sourceRepos" || items.iter().all(|item| item.str().is_some()));
    (!items.is_empty() && is_known).then_some((items, list.span))
}

/// Whether a list of patterns, of which those with `!` take away, lets a text through.
fn allows<'a>(patterns: impl Iterator<Item = &'a str>, text: &str) -> bool {
    let mut is_allowed = false;
    for pattern in patterns {
        // Silent where a pattern is none of ours.
        let (is_denied, pattern) = match pattern.strip_prefix('!') {
            Some(pattern) => (true, pattern),
            None => (false, pattern),
        };
        let pattern = address(pattern);
        let fits = GlobBuilder::new(&pattern)
            .literal_separator(false)
            .build()
            .map_or(true, |glob| glob.compile_matcher().is_match(text));
        if fits && is_denied {
            return false;
        }
        is_allowed |= fits;
    }
    is_allowed
}

/// An address as Argo CD compares it.
fn address(url: &str) -> String {
    let url = url.trim().trim_end_matches('/').to_ascii_lowercase();
    let url = url.strip_suffix(".git").map_or(url.clone(), str::to_owned);
    url.strip_prefix("oci://")
        .map_or(url.clone(), str::to_owned)
}

/// The place of the one that is almost the same.
fn nearest(allowed: &[&Value], text: &str) -> Option<Span> {
    let names: Vec<&str> = allowed.iter().filter_map(|value| value.str()).collect();
    let near = seaworthy_diagnostics::suggest(text, names.iter().copied())?;
    allowed
        .iter()
        .find(|value| value.str() == Some(near))
        .map(|value| value.span)
}
