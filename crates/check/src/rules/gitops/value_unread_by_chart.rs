//! A value is given to a chart of this repository that no template of it reads.

use std::collections::HashSet;

use seaworthy_diagnostics::suggest;
use seaworthy_facts::kubernetes::{Chart, Release};
use seaworthy_facts::{Entry, Span, Value, join};
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "value-unread-by-chart",
    severity: Severity::Unreliable,
    page: include_str!("value-unread-by-chart.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let mut told: HashSet<Span> = HashSet::new();
    for cluster in &world.facts.kubernetes.clusters {
        for release in &cluster.releases {
            let Some(folder) = &release.folder else {
                continue;
            };
            // Files beside a chart that nobody is seen to install it with may be for another.
            if release.object.is_none() && release.applied_by.is_empty() {
                continue;
            }
            let Some(chart) = world
                .facts
                .kubernetes
                .charts
                .iter()
                .find(|chart| chart.folder == *folder && !chart.vendored)
            else {
                continue;
            };
            if !reads_by_name(world, chart) {
                continue;
            }
            let parts = parts(world, chart);
            let mut keys = Keys {
                chart,
                release,
                parts: &parts,
                found: Vec::new(),
            };
            keys.walk(&release.values, "");
            for (path, entry) in keys.found {
                if told.insert(entry.key_span) {
                    findings.push(finding(world, chart, release, &path, entry));
                }
            }
        }
    }
}

struct Keys<'a> {
    chart: &'a Chart,
    release: &'a Release,
    parts: &'a HashSet<String>,
    found: Vec<(String, &'a Entry)>,
}

impl<'a> Keys<'a> {
    fn walk(&mut self, values: &'a Value, path: &str) {
        for entry in values.entries() {
            let own = if path.is_empty() {
                entry.key.to_string()
            } else {
                format!("{path}.{}", entry.key)
            };
            if path.is_empty() && (self.parts.contains(&*entry.key) || &*entry.key == "global") {
                continue;
            }
            let read = self.chart.reads.iter().any(|(read, _)| {
                **read == *own
                    || read.strip_prefix(&*own).is_some_and(|rest| rest.starts_with('.'))
                    // What holds it is read as a whole.
                    || own.strip_prefix(&**read).is_some_and(|rest| rest.starts_with('.'))
            });
            if !read {
                // What the chart's own values have, someone will know.
                if self.chart.values.at(&own).is_none()
                    && !self.release.unseen_values
                    && !is_empty(&entry.value)
                {
                    self.found.push((own, entry));
                }
                continue;
            }
            let whole = self
                .chart
                .reads
                .iter()
                .any(|(read, _)| **read == *own || own.starts_with(&format!("{read}.")));
            if !whole && entry.value.map().is_some() {
                self.walk(&entry.value, &own);
            }
        }
    }
}

/// A value that would change nothing if it were read, such as `resources: {}`.
fn is_empty(value: &Value) -> bool {
    let holds = value.is_unknown()
        || value.scalar().is_some_and(|text| !text.is_empty())
        || !value.entries().is_empty()
        || !value.items().is_empty();
    value.is_null() || value.str() == Some("") || !holds && value.text().is_none()
}

/// Whether every template says which values it reads: none takes all of them, or looks them up by a name it is given.
pub(super) fn reads_by_name(world: &World, chart: &Chart) -> bool {
    if chart.reads.is_empty() {
        return false;
    }
    let templates = join(&chart.folder, "templates");
    world.sources.under(&templates).all(|source| {
        let text = source.file.text();
        text.match_indices(".Values").all(|(at, found)| {
            let before = &text[..at];
            text[at + found.len()..].starts_with('.')
                // `index .Values "a"`, `dict "root" $.Values`
                && !before.ends_with("index ")
                && !before.ends_with("index $")
        })
    })
}

/// The charts that it depends on, which take values under their names.
pub(super) fn parts(world: &World, chart: &Chart) -> HashSet<String> {
    let mut names = HashSet::new();
    for part in chart
        .metadata
        .get("dependencies")
        .into_iter()
        .flat_map(Value::items)
    {
        for key in ["alias", "name"] {
            names.extend(part.get(key).and_then(Value::str).map(str::to_owned));
        }
    }
    let charts = join(&chart.folder, "charts");
    for source in world.sources.under(&charts) {
        let path = source.file.path();
        if let Some(rest) = path.strip_prefix(&format!("{charts}/"))
            && let Some((name, _)) = rest.split_once('/')
        {
            names.insert(name.to_owned());
        }
    }
    names
}

fn finding(world: &World, chart: &Chart, release: &Release, path: &str, entry: &Entry) -> Finding {
    let name = release.name.text().unwrap_or_default();
    let finding = Finding::new(format!(
        "chart `{}` does not read `{path}`: the value has no effect{}",
        chart.folder,
        name.literal()
            .map_or_else(String::new, |name| format!(" on release `{name}`"))
    ))
    .at(entry.key_span, "no template of the chart reads it")
    .about([name.to_string(), path.to_owned()]);
    let (around, last) = path.rsplit_once('.').unwrap_or(("", path));
    let beside = match around {
        "" => Some(&chart.values),
        around => chart.values.at(around),
    };
    let entries = beside.map_or(&[][..], Value::entries);
    let near = suggest(last, entries.iter().map(|entry| &*entry.key))
        .or_else(|| instead(world, chart, release, entry, entries, around));
    match near.and_then(|near| entries.iter().find(|entry| &*entry.key == near)) {
        Some(other) => finding
            .and(other.key_span, format!("it reads `{}`", other.key))
            .hint(format!("did you mean `{}`?", other.key)),
        None => finding.and(
            entries
                .first()
                .map_or(chart.metadata.span, |entry| entry.key_span),
            "what it reads is here",
        ),
    }
}

/// The value that was most likely meant: not given, of the same form, and read by a template that says the word.
fn instead<'a>(
    world: &World,
    chart: &Chart,
    release: &Release,
    entry: &Entry,
    entries: &'a [Entry],
    around: &str,
) -> Option<&'a str> {
    let given = match around {
        "" => Some(&release.values),
        around => release.values.at(around),
    };
    let fits = |other: &&Entry| {
        given.is_none_or(|given| given.get(&other.key).is_none())
            && entry
                .value
                .entries()
                .iter()
                .all(|part| other.value.get(&part.key).is_some())
            && entry.value.map().is_some() == other.value.map().is_some()
    };
    let says = |other: &&Entry| {
        let path = match around {
            "" => other.key.to_string(),
            around => format!("{around}.{}", other.key),
        };
        chart.reads.iter().any(|(read, span)| {
            read.starts_with(&*path)
                && world
                    .sources
                    .get(span.file)
                    .file
                    .text()
                    .contains(&*entry.key)
        })
    };
    let mut fitting = entries.iter().filter(fits).filter(says);
    let first = fitting.next()?;
    fitting.next().is_none().then_some(&*first.key)
}
