//! A template of a chart reads a value that the chart does not have; one of nearly the name is there, and not read.

use std::collections::HashSet;

use seaworthy_facts::kubernetes::Chart;
use seaworthy_facts::{Entry, Span, Value};
use seaworthy_link::World;

use super::value_unread_by_chart::{parts, reads_by_name};
use crate::akin::akin;
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "chart-reads-missing-value",
    severity: Severity::Breaks,
    page: include_str!("chart-reads-missing-value.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for chart in &world.facts.kubernetes.charts {
        if chart.vendored || !reads_by_name(world, chart) {
            continue;
        }
        let parts = parts(world, chart);
        let mut told: HashSet<&str> = HashSet::new();
        for (path, span) in &chart.reads {
            if let Some((key, other)) = missing(chart, path)
                && !parts.contains(&*other.key)
                && told.insert(path)
            {
                findings.push(finding(chart, path, *span, key, other));
            }
        }
    }
}

/// The step of a path at which the chart's values have nothing, and the key beside it that was meant: of nearly the
/// name, and read by nobody.
fn missing<'a, 'p>(chart: &'a Chart, path: &'p str) -> Option<(&'p str, &'a Entry)> {
    let mut around: &Value = &chart.values;
    let mut before = String::new();
    for step in path.split('.') {
        if let Some(value) = around.get(step) {
            if !before.is_empty() {
                before.push('.');
            }
            before.push_str(step);
            around = value;
            continue;
        }
        let unread: Vec<&Entry> = around
            .entries()
            .iter()
            .filter(|entry| !is_read(chart, &before, &entry.key))
            .collect();
        // `nameOverride` is not `name`: what is optional is often longer.
        let near = akin(step, unread.iter().map(|entry| &*entry.key)).filter(|near| {
            near.len().abs_diff(step.len()) <= 3
                || near.to_lowercase().ends_with(&step.to_lowercase())
        })?;
        return unread
            .into_iter()
            .find(|entry| &*entry.key == near)
            .map(|entry| (step, entry));
    }
    None
}

/// Whether a template reads a key, something in it, or what holds it as a whole.
fn is_read(chart: &Chart, before: &str, key: &str) -> bool {
    let own = if before.is_empty() {
        key.to_owned()
    } else {
        format!("{before}.{key}")
    };
    let within = |inner: &str, outer: &str| {
        inner
            .strip_prefix(outer)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    chart
        .reads
        .iter()
        .any(|(read, _)| within(read, &own) || within(&own, read))
}

fn finding(chart: &Chart, path: &str, span: Span, step: &str, other: &Entry) -> Finding {
    Finding::new(format!(
        "chart `{}` reads `{path}`, which it does not have; it has `{}`, which nothing reads",
        chart.folder, other.key
    ))
    .at(span, format!("no value is called `{step}`"))
    .and(other.key_span, "no template reads this")
    .hint(format!("did you mean `{}`?", other.key))
    .about([chart.folder.to_string(), path.to_owned()])
}
