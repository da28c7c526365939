//! A datasource of Grafana that leads to a Service which nothing installs. Said only where another datasource of the
//! same cluster is installed here, or where the install stands in a comment: else it may be another repository's.

use seaworthy_facts::kubernetes::Cluster;
use seaworthy_facts::{SourceKind, Span, Subject, Text};
use seaworthy_link::World;

use super::grafana::{self, Datasource};
use crate::{Confidence, Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "datasource-target-not-installed",
    severity: Severity::Breaks,
    page: include_str!("datasource-target-not-installed.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for cluster in &world.facts.kubernetes.clusters {
        let grafanas: Vec<_> = grafana::all(cluster).collect();
        let Some(first) = grafanas.first() else {
            continue;
        };
        let mut datasources: Vec<Datasource> = grafanas
            .iter()
            .flat_map(grafana::Grafana::datasources)
            .collect();
        datasources.extend(grafana::datasources_in_maps(&world.sources, cluster));
        let installed = |datasource: &Datasource| {
            let url = datasource.url.str()?;
            let (name, namespace) = grafana::target(url, cluster)?;
            Some((
                is_installed(cluster, &name, namespace.as_deref()),
                name,
                namespace,
            ))
        };
        let any_here = datasources
            .iter()
            .any(|datasource| matches!(installed(datasource), Some((true, ..))));
        for datasource in &datasources {
            let Some((false, name, namespace)) = installed(datasource) else {
                continue;
            };
            if may_be_unseen(world, cluster, &name, namespace.as_deref()) {
                continue;
            }
            let commented = commented(world, &datasource.kind, &name);
            if commented.is_none() && !any_here {
                continue;
            }
            let (span, says) = commented.map_or_else(
                || {
                    (
                        first.release.span,
                        format!("Grafana is installed here, and nothing here installs `{name}`"),
                    )
                },
                |span| (span, "its install is commented out".to_owned()),
            );
            findings.push(
                Finding::new(format!(
                    "datasource `{}` leads to Service `{name}`, which nothing installs",
                    datasource.name
                ))
                .at(datasource.url.span, "no such Service")
                .and(span, says)
                .trail(&datasource.url)
                .confidence(Confidence::Likely)
                .about([datasource.name.clone(), name.clone()]),
            );
        }
    }
}

fn is_installed(cluster: &Cluster, name: &str, namespace: Option<&str>) -> bool {
    let namespace = namespace.map(Text::from);
    cluster
        .find("Service", namespace.as_ref(), &Text::from(name))
        .is_some()
}

/// Whether something that was not seen may bring it: a chart without summary that goes to the same namespace or is
/// called alike, a template or remote base that is called alike.
fn may_be_unseen(world: &World, cluster: &Cluster, name: &str, namespace: Option<&str>) -> bool {
    let words: Vec<&str> = name.split('-').filter(|word| word.len() > 2).collect();
    let alike = |other: &str| words.iter().any(|word| other.contains(word));
    let by_release = cluster.releases.iter().any(|release| {
        let text = |value: &seaworthy_facts::Value| value.text().map(|text| text.to_string());
        let own = text(&release.name).unwrap_or_default();
        let chart = text(&release.chart).unwrap_or_default();
        let unknown = release.name.str().is_none() || release.chart.str().is_none();
        let there = release
            .namespace
            .as_ref()
            .and_then(seaworthy_facts::Value::str)
            .is_none_or(|own| namespace.is_none_or(|namespace| own == namespace));
        let summarised = world.knowledge.chart(&chart, None).is_some() || release.folder.is_some();
        unknown || alike(&own) || alike(&chart) || (!summarised && there)
    });
    by_release
        || world.facts.unseen.iter().any(|unseen| {
            matches!(
                unseen.subject,
                Subject::Remote | Subject::Template | Subject::Module | Subject::Repository
            ) && (alike(&unseen.name) || unseen.name.contains("addons"))
        })
}

/// A comment that holds the install: `# helm install loki`, `# - loki.yaml`.
fn commented(world: &World, kind: &str, name: &str) -> Option<Span> {
    let first = name.split('-').next().unwrap_or(name);
    for source in world.sources.iter().filter(|source| !source.vendored) {
        let script = !matches!(source.kind, SourceKind::Document);
        let text = source.file.text();
        if !script || !text.contains('#') || !(text.contains(kind) || text.contains(first)) {
            continue;
        }
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let start = at;
            at += line.len();
            let trimmed = line.trim();
            let Some(comment) = trimmed.strip_prefix('#') else {
                continue;
            };
            let comment = comment.trim_start_matches('#').trim();
            let says = |word: &str| {
                comment
                    .split(|c: char| !c.is_ascii_alphanumeric())
                    .any(|w| w == word)
            };
            let installs = comment.starts_with("helm ") && (says("install") || says("upgrade"));
            let lists = comment.starts_with("- ") && (names_a_file(comment));
            if (installs || lists) && (says(kind) || says(first)) {
                let from = start + line.find('#').unwrap_or(0);
                return Some(source.file.span(from..start + line.trim_end().len()));
            }
        }
    }
    None
}

fn names_a_file(text: &str) -> bool {
    text.ends_with('/')
        || text
            .rsplit_once('.')
            .is_some_and(|(_, end)| matches!(end, "yaml" | "yml"))
}
