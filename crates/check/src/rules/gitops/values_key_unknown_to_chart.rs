//! A key in a release's values that its chart does not read: it changes nothing.

use seaworthy_facts::kubernetes::{Cluster, Release};
use seaworthy_facts::{Span, Value};
use seaworthy_knowledge::charts::{Chart, Known};
use seaworthy_link::World;

use crate::{Confidence, Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "values-key-unknown-to-chart",
    severity: Severity::Unreliable,
    page: include_str!("values-key-unknown-to-chart.md"),
    check,
};

/// A key that the chart does not know.
struct Unread {
    path: String,
    span: Span,
    /// Where it would be read.
    instead: Option<String>,
}

fn check(world: &World, findings: &mut Vec<Finding>) {
    for cluster in &world.facts.kubernetes.clusters {
        for release in &cluster.releases {
            of_release(world, cluster, release, findings);
        }
    }
}

fn of_release(world: &World, cluster: &Cluster, release: &Release, findings: &mut Vec<Finding>) {
    if release.folder.is_some() {
        return;
    }
    let repository = release.repository.as_ref().and_then(Value::str);
    let Some(chart) = release
        .chart
        .str()
        .and_then(|name| world.knowledge.chart(name, repository))
    else {
        return;
    };
    let mut unread = Vec::new();
    let nearness = Nearness::of(chart, release);
    walk(
        chart,
        &release.values,
        &mut Vec::new(),
        nearness,
        &mut unread,
    );
    let name = release.name.text().unwrap_or_default();
    for key in unread {
        if read_by_parent(world, release, &chart.name, &key.path) {
            continue;
        }
        let mut finding = Finding::new(format!(
            "chart `{}` does not read `{}`: the value has no effect on release `{name}`",
            chart.name, key.path
        ))
        .at(
            key.span,
            match &key.instead {
                Some(instead) => format!("the chart reads `{instead}`"),
                None => "no template of the chart reads it".to_owned(),
            },
        )
        .and(
            release.span,
            format!("the chart that release `{name}` installs"),
        )
        .confidence(if key.instead.is_some() {
            Confidence::Likely
        } else {
            Confidence::Possible
        })
        .assume(format!(
            "chart `{}` {} knows no such key (read {})",
            chart.name, chart.version, chart.read
        ))
        .about([cluster.name.to_string(), name.to_string(), key.path.clone()]);
        if let Some(instead) = &key.instead {
            finding = finding.hint(format!("write it as `{instead}`"));
        }
        findings.push(finding);
    }
}

/// A chart may read values of the charts that it depends on, in templates of its own.
fn read_by_parent(world: &World, release: &Release, chart: &str, path: &str) -> bool {
    let file = world.sources.path(release.span.file);
    if seaworthy_facts::file_name(file) != "Chart.yaml" {
        return false;
    }
    let first = path.split('.').next().unwrap_or(path);
    let wanted = format!(".{chart}.{first}");
    world
        .sources
        .under(seaworthy_facts::parent(file))
        .any(|source| {
            source.kind == seaworthy_facts::SourceKind::HelmTemplate
                && source.file.text().contains(&wanted)
        })
}

/// How near the version that is asked for is to the one that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Nearness {
    /// Only what no version reads is said: a path written as one key.
    Far,
    /// The same major version: keys come and go within one, so only a key that is plainly meant for another is told.
    Near,
    /// The same minor version, or whatever is newest.
    Same,
}

impl Nearness {
    fn of(chart: &Chart, release: &Release) -> Self {
        let numbers = |text: &str| {
            let text = text.trim_start_matches(['v', '^', '~', '>', '=', ' ']);
            let mut parts = text.split('.').map(|part| part.parse::<u32>().ok());
            (parts.next().flatten(), parts.next().flatten())
        };
        let Some(version) = &release.version else {
            return Self::Same;
        };
        let Some(text) = version.scalar() else {
            return Self::Far;
        };
        if text == "*" || text.is_empty() {
            return Self::Same;
        }
        let (ours, read) = (numbers(&text), numbers(&chart.version));
        if ours.0.is_none() || ours.0 != read.0 {
            Self::Far
        } else if ours.1 == read.1 || ours.1.is_none() {
            Self::Same
        } else {
            Self::Near
        }
    }
}

fn walk<'v>(
    chart: &Chart,
    values: &'v Value,
    path: &mut Vec<&'v str>,
    nearness: Nearness,
    unread: &mut Vec<Unread>,
) {
    if path.len() > 20 {
        return;
    }
    for entry in values.entries() {
        // An empty value sets nothing anyhow, and what is on by being there needs no switch.
        if entry.value.is_null() || (&*entry.key == "enabled" && entry.value.bool() == Some(true)) {
            continue;
        }
        path.push(&entry.key);
        match chart.knows(path) {
            Known::Open => {}
            Known::Yes(_) => walk(chart, &entry.value, path, nearness, unread),
            Known::No { holder, .. } => {
                let instead = instead(chart, path, nearness);
                if instead.is_some() || (nearness == Nearness::Same && is_closed(chart, &holder)) {
                    unread.push(Unread {
                        path: path.join("."),
                        span: entry.key_span,
                        instead,
                    });
                }
            }
        }
        path.pop();
    }
}

/// Where a chart would read what is written at a path it does not read.
fn instead(chart: &Chart, path: &[&str], nearness: Nearness) -> Option<String> {
    let (key, before) = path.split_last()?;
    // `a.b` as one key, meant as a path.
    if key.contains('.') {
        let whole: Vec<&str> = before.iter().copied().chain(key.split('.')).collect();
        return matches!(chart.knows(&whole), Known::Yes(_) | Known::Open).then(|| whole.join("."));
    }
    if nearness == Nearness::Far {
        return None;
    }
    // It belongs to something further out: the indentation is one too deep.
    for depth in (0..before.len()).rev() {
        let mut outer: Vec<&str> = before[..depth].to_vec();
        outer.push(key);
        if depth > 0 && matches!(chart.knows(&outer), Known::Yes(_) | Known::Open) {
            return Some(outer.join("."));
        }
    }
    // A longer name is another thing: `serviceMonitor` is no misspelt `service`.
    let near = seaworthy_diagnostics::suggest(key, chart.keys_below(before))
        .filter(|near| !key.starts_with(*near) && !near.starts_with(key))?;
    let mut whole: Vec<&str> = before.to_vec();
    whole.push(near);
    Some(whole.join("."))
}

/// Whether what a map of the chart's values may hold is all known: it has keys of its own by default, and the top.
fn is_closed(chart: &Chart, holder: &str) -> bool {
    if holder.is_empty() {
        return true;
    }
    let path: Vec<&str> = holder.split('.').collect();
    // Maps that are given on as they are (resources, security contexts, settings of a program) take any key.
    let given_on = path.iter().any(|step| {
        let step = step.to_ascii_lowercase();
        [
            "config",
            "context",
            "labels",
            "annotations",
            "resources",
            "probe",
            "affinity",
            "settings",
            "spec",
            "env",
            "args",
            "params",
            "strategy",
            "storage",
            "selector",
            "limits",
            "requests",
            "ini",
            "matchlabels",
            "opts",
        ]
        .iter()
        .any(|word| step.contains(word))
    });
    !given_on && chart.keys_below(&path).len() >= 3
}
