//! Paths of Flux objects whose repository's address is not this one's for sure, and which other paths say is this one.
//!
//! A checkout without its remote, a fork and a mirror have other addresses than the GitRepository names. That another
//! object takes a folder of this tree from the same GitRepository says as much.

use std::collections::{HashMap, HashSet};

use seaworthy_facts::kubernetes::{Chart, Cluster, Object};
use seaworthy_facts::{Span, Value, file_name, join, normalized};
use seaworthy_link::World;

use crate::Finding;

/// A path that a Flux object takes from a GitRepository.
struct Taken<'a> {
    object: &'a Object,
    source: &'a str,
    path: &'a Value,
    folder: String,
    is_there: bool,
}

/// Paths that are not there; `told`: the places that another relation told of.
pub(super) fn check(world: &World, told: &HashSet<Span>, findings: &mut Vec<Finding>) {
    let mut told = told.clone();
    for cluster in &world.facts.kubernetes.clusters {
        let taken = taken(world, cluster);
        // By source: a path of it that is there, and says enough to be no accident.
        let known: HashMap<&str, Span> = taken
            .iter()
            .filter(|taken| taken.is_there && taken.folder.contains('/'))
            .map(|taken| (taken.source, taken.path.span))
            .collect();
        for missing in taken.iter().filter(|taken| !taken.is_there) {
            if let Some(known) = known.get(missing.source)
                && told.insert(missing.path.span)
            {
                findings.push(finding(world, missing, *known));
            }
        }
    }
}

fn taken<'a>(world: &World, cluster: &'a Cluster) -> Vec<Taken<'a>> {
    let kustomizations = cluster
        .of("Kustomization")
        .map(|object| (object, "spec.path", "spec.sourceRef"));
    let releases = cluster
        .of("HelmRelease")
        .map(|object| (object, "spec.chart.spec.chart", "spec.chart.spec.sourceRef"));
    kustomizations
        .chain(releases)
        .filter_map(|(object, path, source)| {
            let source = object.at(source)?;
            if source.get("kind").and_then(Value::str) != Some("GitRepository") {
                return None;
            }
            let path = object.at(path)?;
            let top = &world.sources.root_of(path.span.file).repository;
            let folder = join(
                top,
                normalized(path.str()?.trim_start_matches("./")).trim_end_matches('/'),
            );
            Some(Taken {
                object,
                source: source.get("name")?.str()?,
                is_there: folder.is_empty() || world.sources.folder_exists(&folder),
                path,
                folder,
            })
        })
        .collect()
}

fn finding(world: &World, missing: &Taken<'_>, known: Span) -> Finding {
    let text = missing.path.str().unwrap_or_default();
    let name = missing.object.name().unwrap_or_default();
    let mut finding = Finding::new(format!(
        "{} `{name}` applies `{text}`, which is not here: nothing of it is applied",
        missing.object.kind
    ))
    .at(
        missing.path.span,
        format!("there is no folder `{}`", missing.folder),
    )
    .and(
        known,
        format!(
            "GitRepository `{}` is this repository: this is taken from it, and is here",
            missing.source
        ),
    );
    if &*missing.object.kind == "HelmRelease"
        && let Some(chart) = spare_chart(world, &missing.folder)
    {
        finding = finding
            .and(
                chart.metadata.span,
                format!("chart `{}` is here", chart.folder),
            )
            .hint(format!("did you mean `{}`?", chart.folder));
    } else if let Some(near) = super::gitops_path_missing::nearest(world, &missing.folder) {
        finding = finding.hint(format!("there is a folder `{near}`"));
    }
    finding.about([name.to_owned(), text.to_owned()])
}

/// The chart that was meant: the one in a folder of this name, or the only one that nothing installs.
fn spare_chart<'a>(world: &'a World, folder: &str) -> Option<&'a Chart> {
    let kubernetes = &world.facts.kubernetes;
    let own = || kubernetes.charts.iter().filter(|chart| !chart.vendored);
    if let Some(named) = own().find(|chart| file_name(&chart.folder) == file_name(folder)) {
        return Some(named);
    }
    let installed: HashSet<&str> = kubernetes
        .clusters
        .iter()
        .flat_map(|cluster| &cluster.releases)
        // Every chart is read with its own values, whether anybody installs it or not.
        .filter(|release| release.object.is_some() || !release.applied_by.is_empty())
        .filter_map(|release| release.folder.as_deref())
        .collect();
    let mut spare = own().filter(|chart| !installed.contains(&*chart.folder));
    let first = spare.next();
    first.filter(|_| spare.next().is_none())
}
