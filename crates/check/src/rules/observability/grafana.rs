//! Grafana as charts install it: its datasources, and the sidecar that collects its dashboards.

use seaworthy_facts::kubernetes::{Cluster, Release};
use seaworthy_facts::{Sources, Span, Value, yaml};

/// A Grafana that a chart installs.
pub(super) struct Grafana<'a> {
    /// The release.
    pub(super) release: &'a Release,
    /// Grafana's own values in those of the release.
    pub(super) values: Option<&'a Value>,
}

/// A datasource, as a file gives it.
pub(super) struct Datasource {
    /// `Loki`.
    pub(super) name: String,
    /// `loki`.
    pub(super) kind: String,
    /// The url and its place.
    pub(super) url: Value,
}

/// Every Grafana of a cluster.
pub(super) fn all(cluster: &Cluster) -> impl Iterator<Item = Grafana<'_>> {
    cluster.releases.iter().filter_map(|release| {
        let part = match release.chart.str()? {
            "kube-prometheus-stack" | "loki-stack" | "prometheus-operator" => Some("grafana"),
            "grafana" => None,
            _ => return None,
        };
        let values = match part {
            Some(part) => release.values.get(part),
            None => Some(&release.values),
        };
        let off = values
            .and_then(|values| values.get("enabled"))
            .and_then(Value::bool);
        (off != Some(false)).then_some(Grafana { release, values })
    })
}

impl Grafana<'_> {
    /// Its datasources, from the values.
    pub(super) fn datasources(&self) -> Vec<Datasource> {
        let mut found = Vec::new();
        if let Some(values) = self.values {
            listed(values, &mut found, 0);
        }
        found
    }
}

/// Datasources in ConfigMaps that a sidecar reads.
pub(super) fn datasources_in_maps(sources: &Sources, cluster: &Cluster) -> Vec<Datasource> {
    let mut found = Vec::new();
    for map in cluster.of("ConfigMap") {
        let labelled = map.label("grafana_datasource").is_some();
        for entry in map.at("data").map_or(&[][..], Value::entries) {
            if !labelled && !entry.key.starts_with("datasource") {
                continue;
            }
            let Some(text) = entry.value.text() else {
                continue;
            };
            let place = entry.value.span;
            for document in yaml::read_text(&text, &|_| place).documents {
                let known = found.len();
                listed(&document.value, &mut found, 0);
                for datasource in &mut found[known..] {
                    locate(sources, datasource);
                }
            }
        }
    }
    found
}

/// Points at the url itself, where its text stands as it is in the ConfigMap.
fn locate(sources: &Sources, datasource: &mut Datasource) {
    let place = datasource.url.span;
    let text = sources.slice(place);
    if let Some(url) = datasource.url.str()
        && let Some(at) = text.find(url)
    {
        let start = place.start + at;
        datasource.url.span = Span::new(place.file, start..start + url.len());
    }
}

fn listed(values: &Value, found: &mut Vec<Datasource>, depth: usize) {
    if depth > 4 {
        return;
    }
    for entry in values.entries() {
        if matches!(&*entry.key, "additionalDataSources" | "datasources") {
            for item in entry.value.items() {
                let text = |key: &str| item.get(key).and_then(Value::str).map(str::to_owned);
                if let (Some(name), Some(kind), Some(url)) =
                    (text("name"), text("type"), item.get("url"))
                {
                    found.push(Datasource {
                        name,
                        kind,
                        url: url.clone(),
                    });
                }
            }
        }
        if matches!(
            &*entry.key,
            "datasources" | "datasources.yaml" | "datasource.yaml" | "additionalDataSources"
        ) {
            listed(&entry.value, found, depth + 1);
        }
    }
}

/// The Service and namespace that a url of a cluster leads to; nothing for a host outside.
pub(super) fn target(url: &str, cluster: &Cluster) -> Option<(String, Option<String>)> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', ':', '?']).next()?;
    let labels: Vec<&str> = host.split('.').collect();
    let name = |at: usize| labels.get(at).map(|label| (*label).to_owned());
    match labels.as_slice() {
        ["" | "localhost"] => None,
        [_] => Some((name(0)?, None)),
        [_, _, "svc"] | [_, _, "svc", "cluster", "local"] => Some((name(0)?, name(1))),
        [_, namespace] => {
            let known = cluster
                .objects
                .iter()
                .any(|object| object.namespace() == Some(namespace))
                || cluster.releases.iter().any(|release| {
                    release.namespace.as_ref().and_then(Value::str) == Some(namespace)
                });
            known.then(|| Some((name(0)?, name(1))))?
        }
        _ => None,
    }
}

/// The sidecar that collects dashboards: the label it looks for, and the place that sets it up.
pub(super) struct Sidecar {
    /// The label of the ConfigMaps that it reads.
    pub(super) label: String,
    /// Where it is set up; else the release.
    pub(super) span: Span,
}

/// The sidecar of a Grafana, where it puts files by their key alone.
pub(super) fn sidecar(grafana: &Grafana<'_>) -> Option<Sidecar> {
    let stack = grafana.release.chart.str() != Some("grafana");
    let at = |path: &str| grafana.values.and_then(|values| values.at(path));
    let enabled = at("sidecar.dashboards.enabled").and_then(Value::bool);
    // The stack switches it on, the chart alone does not.
    if enabled == Some(false) || (enabled.is_none() && !stack) {
        return None;
    }
    let unique =
        at("sidecar.enableUniqueFilenames").is_some_and(|value| value.bool() != Some(false));
    let folders = at("sidecar.dashboards.folderAnnotation").is_some();
    if unique || folders {
        return None;
    }
    let label = at("sidecar.dashboards.label");
    Some(Sidecar {
        label: match label {
            Some(label) => label.str()?.to_owned(),
            None => "grafana_dashboard".to_owned(),
        },
        span: label
            .or_else(|| at("sidecar.dashboards.enabled"))
            .map_or(grafana.release.span, |value| value.span),
    })
}
