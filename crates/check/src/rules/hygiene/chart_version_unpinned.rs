//! Charts that are installed in whatever version is newest.

use seaworthy_facts::kubernetes::{Means, Release};
use seaworthy_link::World;

use super::workloads::{Place, grouped};
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "chart-version-unpinned",
    severity: Severity::Unreliable,
    page: include_str!("chart-version-unpinned.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let mut seen = std::collections::HashSet::new();
    for cluster in &world.facts.kubernetes.clusters {
        let places: Vec<Place> = cluster
            .releases
            .iter()
            .filter(|release| floats(world, release) && seen.insert(release.span))
            .map(|release| {
                let chart = release.chart.text().unwrap_or_default();
                Place {
                    span: release
                        .version
                        .as_ref()
                        .map_or(release.span, |version| version.span),
                    says: format!("chart `{chart}` in whatever version is newest"),
                    name: chart.to_string(),
                }
            })
            .collect();
        let message = match places.as_slice() {
            [one] => format!(
                "{} is installed: the next install or sync may bring another major version",
                one.says
            ),
            places => format!(
                "{} charts are installed in whatever version is newest: the next install or sync may bring another major version",
                places.len()
            ),
        };
        findings.extend(grouped(message, places));
    }
}

fn floats(world: &World, release: &Release) -> bool {
    if release.folder.is_some() || release.chart.str().is_none() || is_path(world, release) {
        return false;
    }
    // A command in a document is not what runs.
    if release
        .applied_by
        .first()
        .is_none_or(|applied| applied.means == Means::Document)
    {
        return false;
    }
    match &release.version {
        None => true,
        Some(version) => version.scalar().is_some_and(|text| {
            matches!(
                text.trim(),
                "*" | "x" | ">=0" | ">=0.0.0" | ">0.0.0" | "latest" | "HEAD"
            )
        }),
    }
}

/// Whether the chart is a folder, seen or not: its version is in its own `Chart.yaml`.
fn is_path(world: &World, release: &Release) -> bool {
    let written = world.sources.slice(release.chart.span);
    let written = written.trim_matches(['"', '\'']);
    written.contains('/') && !written.contains("://") && written.starts_with(['.', '/', '$', '~'])
}
