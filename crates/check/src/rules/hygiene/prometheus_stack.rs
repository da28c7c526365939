//! Releases of the Prometheus stack, and the place in their values where something should stand.

use seaworthy_facts::Span;
use seaworthy_facts::kubernetes::{Cluster, Means, Release};
use seaworthy_link::World;

/// The releases whose values are all known.
pub(super) fn releases(world: &World) -> impl Iterator<Item = (&Cluster, &Release)> {
    world.facts.kubernetes.clusters.iter().flat_map(|cluster| {
        cluster
            .releases
            .iter()
            .filter(|release| {
                release.chart.str() == Some("kube-prometheus-stack")
                    && !release.unseen_values
                    && release.folder.is_none()
                    && !is_from_text(release)
            })
            .map(move |release| (cluster, release))
    })
}

/// Whether only a document installs it: a command to try something out with.
fn is_from_text(release: &Release) -> bool {
    !release.applied_by.is_empty()
        && release
            .applied_by
            .iter()
            .all(|applied| applied.means == Means::Document)
}

/// The key of a part of the values, else the first key, else the release.
pub(super) fn place(release: &Release, part: &str) -> Span {
    let map = release.values.map();
    map.and_then(|map| map.entry(part))
        .or_else(|| map.and_then(|map| map.entries.first()))
        .map_or(release.span, |entry| entry.key_span)
}
