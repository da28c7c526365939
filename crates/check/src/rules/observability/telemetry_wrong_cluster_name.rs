//! What an agent calls its cluster, against what the cluster is called. For agents whose name is free, only that two
//! environments do not share it.

use seaworthy_facts::kubernetes::Cluster;
use seaworthy_facts::{Span, Value, parent};
use seaworthy_knowledge::cluster_names::Purpose;
use seaworthy_link::clusters::{self, Match};
use seaworthy_link::{World, environment};

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "telemetry-wrong-cluster-name",
    severity: Severity::Unreliable,
    page: include_str!("telemetry-wrong-cluster-name.md"),
    check,
};

/// A name that an agent is told.
struct Told<'a> {
    value: &'a Value,
    agent: String,
    environment: Option<&'static str>,
    cloud: bool,
}

fn check(world: &World, findings: &mut Vec<Finding>) {
    let told: Vec<Told<'_>> = world
        .facts
        .kubernetes
        .clusters
        .iter()
        .flat_map(|cluster| told(world, cluster))
        .collect();
    let mut wrong: Vec<Span> = Vec::new();
    for agent in told.iter().filter(|agent| agent.cloud) {
        let Some(name) = agent.value.text() else {
            continue;
        };
        let Match::Misses(meant) = clusters::named(world, &name, agent.environment) else {
            continue;
        };
        wrong.push(agent.value.span);
        let finding = Finding::new(format!(
            "`{}` reports as cluster `{name}`, and no cluster made here is called so: its metrics and logs stand beside the cluster's",
            agent.agent
        ))
        .at(agent.value.span, "the name in metrics and log groups")
        .trail(agent.value)
        .assume(format!(
            "chart `{}` marks what it sends with this name (table of {})",
            agent.agent,
            world.knowledge.cluster_names_read()
        ))
        .about([agent.agent.clone(), name.to_string()]);
        findings.push(match meant {
            Some(cluster) => finding
                .and(
                    cluster.written(&world.sources),
                    format!("the cluster is called `{}`", cluster.name),
                )
                .trail(cluster.value),
            None => finding,
        });
    }
    for (index, first) in told.iter().enumerate() {
        let shared = told[index + 1..].iter().find(|second| {
            second.agent == first.agent
                && second.value.span != first.value.span
                && second.value.str().is_some()
                && second.value.str() == first.value.str()
                && first.environment.is_some()
                && second.environment.is_some()
                && first.environment != second.environment
        });
        let Some(second) = shared else { continue };
        if wrong.contains(&first.value.span) || wrong.contains(&second.value.span) {
            continue;
        }
        let name = first.value.str().unwrap_or_default();
        findings.push(
            Finding::new(format!(
                "`{}` reports as cluster `{name}` from two environments: their metrics and logs are mixed",
                first.agent
            ))
            .at(first.value.span, said(first))
            .and(second.value.span, said(second))
            .about([first.agent.clone(), name.to_owned()]),
        );
    }
}

fn said(told: &Told<'_>) -> String {
    format!("the name for {}", told.environment.unwrap_or_default())
}

fn told<'a>(world: &'a World, cluster: &'a Cluster) -> Vec<Told<'a>> {
    let of_place = |span: Span| {
        cluster
            .environment
            .as_deref()
            .and_then(environment::of_name)
            .or_else(|| environment::of_name(&cluster.name))
            .or_else(|| environment::of_name(parent(world.sources.path(span.file))))
    };
    let mut told: Vec<Told<'_>> = cluster
        .releases
        .iter()
        .filter_map(|release| {
            let chart = release.chart.str()?;
            let row = world
                .knowledge
                .told_cluster_names(chart)
                .find(|row| row.purpose == Purpose::Telemetry)?;
            let value = release.values.at(&row.path)?;
            Some(Told {
                value,
                agent: chart.to_owned(),
                environment: of_place(release.span),
                cloud: row.cloud,
            })
        })
        .collect();
    // Container Insights with Fluent Bit, as AWS documents it.
    told.extend(
        cluster
            .of("ConfigMap")
            .filter(|map| map.name() == Some("fluent-bit-cluster-info"))
            .filter_map(|map| {
                Some(Told {
                    value: map.at("data")?.get("cluster.name")?,
                    agent: "fluent-bit".to_owned(),
                    environment: of_place(map.span),
                    cloud: true,
                })
            }),
    );
    told
}
