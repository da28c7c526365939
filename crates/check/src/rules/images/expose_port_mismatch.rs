//! The port that an image says it serves is none that its workload opens.

use seaworthy_facts::{Span, Value};
use seaworthy_link::{World, built, images};

use crate::{Confidence, Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "expose-port-mismatch",
    severity: Severity::Unreliable,
    page: include_str!("expose-port-mismatch.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let mut seen: Vec<Span> = Vec::new();
    for pulled in images::pulled(world) {
        let Some(dockerfile) = built::dockerfile(world, pulled.image) else {
            continue;
        };
        let Some(stage) = dockerfile.stages.last() else {
            continue;
        };
        let mut exposed: Vec<(i64, Span)> = Vec::new();
        let mut known = true;
        for argument in stage
            .instructions
            .iter()
            .filter(|line| &*line.word == "EXPOSE")
            .flat_map(|line| &line.arguments)
        {
            match port(argument) {
                Some(port) => exposed.push((port, argument.span)),
                None => known = false,
            }
        }
        let ports: Vec<&Value> = pulled
            .container
            .get("ports")
            .map(Value::items)
            .unwrap_or_default()
            .iter()
            .filter_map(|port| port.get("containerPort"))
            .collect();
        let numbers: Option<Vec<i64>> = ports.iter().map(|port| port.int()).collect();
        let Some(numbers) = numbers.filter(|_| known) else {
            continue;
        };
        // A command or a variable of the workload may move the port.
        let moved = pulled.container.get("command").is_some()
            || pulled.container.get("args").is_some()
            || pulled
                .container
                .get("env")
                .map(Value::items)
                .unwrap_or_default()
                .iter()
                .any(|variable| {
                    variable
                        .get("name")
                        .and_then(Value::str)
                        .is_some_and(|name| {
                            name.to_uppercase().contains("PORT")
                                || name.to_uppercase().contains("ADDR")
                        })
                });
        if exposed.is_empty()
            || numbers.is_empty()
            || moved
            || numbers
                .iter()
                .any(|number| exposed.iter().any(|(port, _)| port == number))
        {
            continue;
        }
        let place = ports[0].span;
        if seen.contains(&place) {
            continue;
        }
        seen.push(place);
        findings.push(
            Finding::new(format!(
                "`{}` opens port {}, and its image says that it serves {}",
                pulled.object.name().unwrap_or("the workload"),
                numbers[0],
                exposed[0].0
            ))
            .at(place, "not among the ports of the image")
            .and(exposed[0].1, "the port that the image serves")
            .link(pulled.image.span, "built from that Dockerfile")
            .confidence(Confidence::Likely)
            .about([pulled.object.name().unwrap_or_default().to_owned()]),
        );
    }
}

/// `8000`, `8000/tcp`.
fn port(value: &Value) -> Option<i64> {
    let text = value.scalar()?;
    text.split('/').next()?.parse().ok()
}
