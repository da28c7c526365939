//! A variable of a dashboard that some panels follow and others, about the same metrics, do not. Only dashboards about
//! metrics of the platform's own programs: others are somebody else's and meant as they are.

use std::collections::HashSet;

use seaworthy_facts::Value;
use seaworthy_facts::documents::Dashboard;
use seaworthy_link::World;

use super::promql;
use crate::{Confidence, Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "dashboard-variable-unused",
    severity: Severity::Unreliable,
    page: include_str!("dashboard-variable-unused.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let own: HashSet<&str> = world
        .facts
        .code
        .programs
        .iter()
        .flat_map(|program| &program.metrics)
        .filter_map(|(name, _)| name.literal())
        .collect();
    if own.is_empty() {
        return;
    }
    for dashboard in &world.facts.documents.dashboards {
        for (name, definition) in &dashboard.variables {
            findings.extend(of_variable(dashboard, name, definition, &own));
        }
    }
}

fn of_variable(
    dashboard: &Dashboard,
    name: &str,
    definition: &Value,
    own: &HashSet<&str>,
) -> Option<Finding> {
    if definition.get("type").and_then(Value::str) != Some("query") {
        return None;
    }
    let about = |query: &str| -> HashSet<String> {
        promql::metrics(query)
            .into_iter()
            .map(|metric| promql::base(&metric).to_owned())
            .filter(|metric| own.contains(metric.as_str()))
            .collect()
    };
    let mut followed: HashSet<String> = HashSet::new();
    let mut followers = 0;
    let mut others = Vec::new();
    for query in &dashboard.queries {
        let text = query.str()?;
        let metrics = about(text);
        if metrics.is_empty() {
            continue;
        }
        if promql::uses(text, name) {
            followers += 1;
            followed.extend(metrics);
        } else if !text.contains('{') {
            others.push((query, metrics));
        }
    }
    others.retain(|(_, metrics)| metrics.iter().any(|metric| followed.contains(metric)));
    // Where most panels ignore it, the few that follow are the exception.
    if others.is_empty() || others.len() >= followers {
        return None;
    }
    let place = definition.get("name").unwrap_or(definition);
    let mut places = others.iter().map(|(query, _)| query.span);
    let first = places.next()?;
    let n = others.len();
    let mut finding = Finding::new(format!(
        "{n} of {} queries ignore the variable `{name}`: choosing another value does not change their panels",
        n + followers
    ))
    .at(first, format!("asks about all values of `{name}` at once"))
    .and(place.span, format!("{followers} queries follow this variable"))
    .confidence(Confidence::Possible)
    .about([name.to_owned()]);
    for span in places.take(4) {
        finding = finding.and(span, "and so does this");
    }
    Some(finding)
}
