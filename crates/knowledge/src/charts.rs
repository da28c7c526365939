//! Charts that are often installed and seldom on disk: what they bring, under which names, and which values they know.
//!
//! A file under `data/charts/` is one chart as `helm template` renders it with its own values. Names in it are
//! patterns: `{release}` is the release's name, `{namespace}` its namespace, and `{grafana}` the full name that the
//! chart or the chart inside it with that name gives itself.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use seaworthy_facts::{Data, Map, Text, Value};
use serde::Deserialize;

use crate::{Date, Knowledge};

/// What is known of a chart.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chart {
    /// Its name.
    pub name: String,
    /// The version that was read.
    pub version: String,
    /// When it was read.
    pub read: Date,
    /// Where it was read.
    pub source: String,
    /// Parts of the addresses that serve it.
    pub repositories: Vec<String>,
    /// The kinds it brings definitions of: `ServiceMonitor.monitoring.coreos.com`.
    #[serde(default)]
    pub crds: Vec<String>,
    /// The images that it runs by default, with tags.
    #[serde(default)]
    pub images: Vec<String>,
    /// Why its images can no longer be had where they were, in words.
    #[serde(default)]
    pub images_moved: Option<String>,
    #[serde(default)]
    commented: Vec<String>,
    keys: String,
    #[serde(default = "full")]
    limit: usize,
    #[serde(default = "yes")]
    collapse: bool,
    #[serde(default)]
    names: Vec<Name>,
    /// Settings that switch parts on and off, with what they are by default.
    #[serde(default)]
    pub switches: BTreeMap<String, bool>,
    /// Its service accounts.
    #[serde(default)]
    pub service_accounts: Vec<Account>,
    /// Its Services.
    #[serde(default)]
    pub services: Vec<Service>,
    /// Where the API server calls into it.
    #[serde(default)]
    pub webhooks: Vec<Webhook>,
    /// What makes its pods.
    #[serde(default)]
    pub workloads: Vec<Workload>,
    /// Other objects that others refer to.
    #[serde(default)]
    pub objects: Vec<Named>,
}

/// A chart inside: its values lie under a key.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Name {
    token: String,
    chart: String,
    values: String,
}

/// A service account.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Its name, as a pattern.
    pub name: String,
    /// The setting that gives it another.
    #[serde(default)]
    pub name_key: Option<String>,
    /// The setting that annotates it.
    #[serde(default)]
    pub annotations_key: Option<String>,
    /// Settings that must be on, or with `!` off.
    #[serde(default, rename = "if")]
    pub conditions: Vec<String>,
}

/// A Service.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Its name, as a pattern.
    pub name: String,
    /// Its namespace, where it is not the release's.
    #[serde(default)]
    pub namespace: Option<String>,
    /// Its ports.
    pub ports: Vec<Port>,
    /// The labels it selects, values as patterns.
    #[serde(default)]
    pub selector: BTreeMap<String, String>,
    /// Its type, where it is not `ClusterIP`.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    /// It has no address of its own.
    #[serde(default)]
    pub headless: bool,
    /// Settings that must be on, or with `!` off.
    #[serde(default, rename = "if")]
    pub conditions: Vec<String>,
}

/// A port of a Service.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Port {
    /// Its number.
    pub port: u16,
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
    /// The port of the pods.
    #[serde(default)]
    pub target: Option<u16>,
}

/// A place where the API server calls into a chart: admission, conversion, an aggregated API.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// `ValidatingWebhookConfiguration`, `MutatingWebhookConfiguration`, `APIService`.
    pub kind: String,
    /// The Service, as a pattern.
    pub service: String,
    /// The Service's port.
    pub port: u16,
    /// The port of the pods, which the control plane must reach.
    #[serde(default)]
    pub target: Option<u16>,
    /// `Fail` or `Ignore`.
    #[serde(default)]
    pub failure_policy: Option<String>,
    /// Settings that must be on, or with `!` off.
    #[serde(default, rename = "if")]
    pub conditions: Vec<String>,
}

/// What makes pods.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Workload {
    /// `Deployment`.
    pub kind: String,
    /// Its name, as a pattern.
    pub name: String,
    /// The pods' account, as a pattern.
    #[serde(default)]
    pub service_account: Option<String>,
    /// The pods' labels, values as patterns.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// The pods use the node's network.
    #[serde(default)]
    pub host_network: bool,
    /// The pods run on any node, whatever its taints.
    #[serde(default)]
    pub tolerates_all: bool,
    /// How many, where it is not one.
    #[serde(default)]
    pub replicas: Option<u32>,
    /// Settings that must be on, or with `!` off.
    #[serde(default, rename = "if")]
    pub conditions: Vec<String>,
}

/// An object that others refer to.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// `IngressClass`.
    pub kind: String,
    /// Its name, as a pattern.
    pub name: String,
    /// Its API.
    pub api_version: String,
    /// The keys of its data, for a Secret.
    #[serde(default)]
    pub keys: Vec<String>,
    /// Settings that must be on, or with `!` off.
    #[serde(default, rename = "if")]
    pub conditions: Vec<String>,
}

fn full() -> usize {
    63
}

fn yes() -> bool {
    true
}

/// Whether a chart knows a key of its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// It does; of a scalar, what it is by default.
    Yes(Option<String>),
    /// The user fills what is below; nothing is known of it.
    Open,
    /// It does not: the part of the path that it knows, and the first that it does not.
    No {
        /// The path up to what is not known.
        holder: String,
        /// The key that is not known.
        key: String,
    },
}

struct Row {
    name: &'static str,
    text: &'static str,
    chart: OnceLock<Option<Chart>>,
}

macro_rules! charts {
    ($($name:literal from $file:literal),* $(,)?) => {
        static ROWS: [Row; [$($name),*].len()] = [$(Row {
            name: $name,
            text: include_str!(concat!("../data/charts/", $file, ".toml")),
            chart: OnceLock::new(),
        }),*];
    };
}

include!("../data/charts.list");

impl Row {
    fn chart(&self) -> Option<&Chart> {
        self.chart
            .get_or_init(|| toml::from_str(self.text).ok())
            .as_ref()
    }
}

impl Knowledge {
    /// What is known of a chart. Where its repository is known, it must be one that serves it: others have charts of
    /// the same name that are something else.
    pub fn chart(&self, name: &str, repository: Option<&str>) -> Option<&'static Chart> {
        let mut rows = ROWS.iter().filter(|row| row.name == name);
        match repository {
            None => rows.next()?.chart(),
            Some(repository) => rows.filter_map(Row::chart).find(|chart| {
                chart
                    .repositories
                    .iter()
                    .any(|own| repository.contains(own.as_str()))
            }),
        }
    }

    /// The charts that bring the definition of a kind: `ServiceMonitor`, `monitoring.coreos.com`.
    pub fn charts_with_definition(&self, kind: &str, group: &str) -> Vec<&'static Chart> {
        let wanted = format!("\"{kind}.{group}\"");
        ROWS.iter()
            // Only those that name it are worth parsing.
            .filter(|row| row.text.contains(&wanted))
            .filter_map(Row::chart)
            .collect()
    }

    /// Every chart, parsed; for tests and for the reference.
    pub fn charts(&self) -> impl Iterator<Item = (&'static str, Option<&'static Chart>)> {
        ROWS.iter().map(|row| (row.name, row.chart()))
    }
}

impl Chart {
    /// The full name that the chart, or a chart inside it, gives itself for a release.
    pub fn full_name(&self, token: &str, release: &Text, values: &Value) -> Text {
        let inner = self.names.iter().find(|name| name.token == token);
        let (chart, own) = match inner {
            Some(name) => (name.chart.as_str(), values.at(&name.values)),
            None => (self.name.as_str(), Some(values)),
        };
        let setting = |key: &str| {
            own.and_then(|values| values.get(key)?.text())
                .filter(|text| !text.is_empty())
        };
        if let Some(name) = setting("fullnameOverride") {
            return name;
        }
        let name = setting("nameOverride").unwrap_or_else(|| chart.into());
        let limit = if inner.is_some() { 63 } else { self.limit };
        if let (Some(release), Some(name)) = (release.literal(), name.literal()) {
            let whole = if self.collapse && release.contains(name) {
                release.to_owned()
            } else {
                format!("{release}-{name}")
            };
            let cut: String = whole.chars().take(limit).collect();
            cut.trim_end_matches('-').into()
        } else {
            let mut text = release.clone();
            text.push_str("-");
            text.push(&name);
            text
        }
    }

    /// A pattern filled for a release.
    pub fn named(
        &self,
        pattern: &str,
        release: &Text,
        namespace: Option<&Text>,
        values: &Value,
    ) -> Text {
        let mut text = Text::default();
        let mut rest = pattern;
        while let Some(at) = rest.find('{') {
            text.push_str(&rest[..at]);
            let Some(end) = rest[at..].find('}') else {
                break;
            };
            match &rest[at + 1..at + end] {
                "release" => text.push(release),
                "namespace" => match namespace {
                    Some(namespace) => text.push(namespace),
                    None => text.push_hole(seaworthy_facts::Unknown::new(
                        seaworthy_facts::UnknownKind::Variable,
                        "namespace",
                    )),
                },
                token => text.push(&self.full_name(token, release, values)),
            }
            rest = &rest[at + end + 1..];
        }
        text.push_str(rest);
        text
    }

    /// Whether settings switch something on; `None` where a value that decides it is not known.
    pub fn on(&self, conditions: &[String], values: &Value) -> Option<bool> {
        let mut decided = Some(true);
        for condition in conditions {
            let (key, wanted) = match condition.strip_prefix('!') {
                Some(key) => (key, false),
                None => (condition.as_str(), true),
            };
            let default = self.switches.get(key).copied().unwrap_or(!wanted);
            match values.at(key) {
                None => {
                    if default != wanted {
                        return Some(false);
                    }
                }
                Some(value) => match value.bool() {
                    Some(on) if on != wanted => return Some(false),
                    Some(_) => {}
                    None => decided = None,
                },
            }
        }
        decided
    }

    /// Whether the chart knows a path of its values, `grafana.ingress.enabled`.
    pub fn knows(&self, path: &[&str]) -> Known {
        let mut lines = self.keys.lines().peekable();
        let mut holder: Vec<&str> = Vec::new();
        for (depth, step) in path.iter().enumerate() {
            let mut found = None;
            while let Some(line) = lines.peek() {
                let indent = line.len() - line.trim_start_matches(' ').len();
                if indent < depth {
                    break;
                }
                let line = lines.next().unwrap_or_default();
                if indent > depth {
                    continue;
                }
                let (name, rest) = split_key(&line[indent..]);
                if name == *step {
                    found = Some(rest);
                    break;
                }
            }
            match found {
                Some("*") => return Known::Open,
                Some(default) if depth + 1 == path.len() => {
                    return Known::Yes((!default.is_empty()).then(|| default[1..].to_owned()));
                }
                // Below a scalar: the chart takes something else here than it has by default.
                Some(default) if !default.is_empty() => return Known::Open,
                Some(_) => holder.push(step),
                None => {
                    // Named in a comment, at whatever place: it may be meant.
                    if self.commented.iter().any(|own| own == step) {
                        return Known::Open;
                    }
                    return Known::No {
                        holder: holder.join("."),
                        key: (*step).to_owned(),
                    };
                }
            }
        }
        Known::Yes(None)
    }

    /// The keys directly below a path.
    pub fn keys_below(&self, path: &[&str]) -> Vec<&str> {
        let mut at = 0;
        let mut keys = Vec::new();
        for line in self.keys.lines() {
            let indent = line.len() - line.trim_start_matches(' ').len();
            let (name, _) = split_key(&line[indent..]);
            if at == path.len() && indent < at {
                break;
            }
            if at == path.len() {
                if indent == at {
                    keys.push(name);
                }
            } else if indent < at {
                break;
            } else if indent == at && name == path[at] {
                at += 1;
            }
        }
        keys
    }

    /// What a setting is for a release: what is given, else the chart's default.
    pub fn setting(&self, path: &str, values: &Value) -> Option<String> {
        if let Some(value) = values.at(path) {
            return value.scalar();
        }
        let steps: Vec<&str> = path.split('.').collect();
        match self.knows(&steps) {
            Known::Yes(default) => default,
            _ => None,
        }
    }
}

/// A line's key, and what follows it: `=default`, `*`, or nothing.
fn split_key(line: &str) -> (&str, &str) {
    match line.find('=') {
        Some(at) => line.split_at(at),
        None => match line.strip_suffix('*') {
            Some(name) => (name, "*"),
            None => (line, ""),
        },
    }
}

/// Values of which none is given.
pub fn no_values(span: seaworthy_facts::Span) -> Value {
    Value::new(Data::Map(Map::default()), span)
}

#[cfg(test)]
#[path = "charts_tests.rs"]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests;
