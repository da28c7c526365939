//! Workloads that somebody here can change, and one finding for all that lack the same thing.

use std::collections::HashSet;

use seaworthy_facts::Span;
use seaworthy_facts::kubernetes::{Cluster, Object, Origin};
use seaworthy_link::World;

use crate::Finding;

/// A place and what is said of it.
pub(super) struct Place {
    pub span: Span,
    pub says: String,
    pub name: String,
}

/// The most labels one finding has.
const MOST: usize = 12;

/// The workloads with text of their own, each once, however many clusters it goes to.
pub(super) fn written(world: &World) -> Vec<(&Cluster, &Object)> {
    let mut seen = HashSet::new();
    world
        .facts
        .kubernetes
        .clusters
        .iter()
        .flat_map(|cluster| cluster.workloads().map(move |object| (cluster, object)))
        .filter(|(_, object)| {
            matches!(
                object.origin,
                Origin::Manifest | Origin::Kustomization { .. } | Origin::Chart { .. }
            ) && !world.sources.get(object.file).vendored
                && !is_generated(world, object)
                && !is_aside(world, object)
                && seen.insert((object.span, object.kind.clone()))
        })
        .collect()
}

/// Whether an object is for a while or for show: a Job that runs once, a manifest of tests or examples. What these lack
/// hurts nobody.
pub(super) fn is_aside(world: &World, object: &Object) -> bool {
    let path = world.sources.path(object.file);
    let folder = seaworthy_facts::parent(path);
    &*object.kind == "Job"
        || folder.split(['/', '-', '_']).any(|part| {
            matches!(
                part,
                "test"
                    | "tests"
                    | "testing"
                    | "e2e"
                    | "example"
                    | "examples"
                    | "sample"
                    | "samples"
                    | "demo"
                    | "benchmark"
                    | "benchmarks"
                    | "testdata"
                    | "fixtures"
            )
        })
}

/// Whether an object comes from a file that a tool writes and nobody edits.
pub(super) fn is_generated(world: &World, object: &Object) -> bool {
    let path = world.sources.path(object.file);
    path.ends_with("gotk-components.yaml")
        || object
            .label("app.kubernetes.io/part-of")
            .and_then(seaworthy_facts::Value::str)
            .is_some_and(|part| matches!(part, "flux" | "argocd"))
}

/// One finding for all places: the first is where to begin.
pub(super) fn grouped(message: String, places: Vec<Place>) -> Option<Finding> {
    let total = places.len();
    let mut finding = Finding::new(message);
    let mut names = Vec::new();
    for (index, place) in places.into_iter().enumerate() {
        names.push(place.name);
        finding = match index {
            0 => finding.at(place.span, place.says),
            index if index < MOST => finding.and(place.span, place.says),
            _ => finding,
        };
    }
    if total > MOST {
        finding = finding.note(format!("and {} more", total - MOST));
    }
    (total > 0).then(|| finding.about(names))
}
