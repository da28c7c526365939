//! A program serves its metrics on the port that the internet reaches.

use seaworthy_facts::Value;
use seaworthy_facts::code::{Program, Route};
use seaworthy_link::exposure::{self, Audience, Backend, Entry};
use seaworthy_link::{World, built};

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "metrics-exposed-publicly",
    severity: Severity::Insecure,
    page: include_str!("metrics-exposed-publicly.md"),
    check,
};

const PATHS: [&str; 3] = ["/metrics", "/actuator/prometheus", "/prometheus"];

fn check(world: &World, findings: &mut Vec<Finding>) {
    for entry in exposure::entries(world) {
        let Audience::Public {
            span,
            says,
            assumed,
        } = &entry.audience
        else {
            continue;
        };
        for (backend, workload) in entry.workloads() {
            let Some(port) = backend
                .target_port()
                .and_then(|port| exposure::port_number(workload, port))
            else {
                continue;
            };
            let Some(pods) = workload.pods() else {
                continue;
            };
            let found = pods.containers().find_map(|container| {
                let image = container.get("image")?;
                let program = built::program(world, image)?;
                Some((image, metrics(program, port)?))
            });
            let Some((image, (route, path))) = found else {
                continue;
            };
            if !leads_to(&entry, backend, path) {
                continue;
            }
            let name = entry.object.name().unwrap_or_default();
            let finding = Finding::new(format!(
                "the internet reaches `{path}` of `{}` through {} `{name}`",
                workload.name().unwrap_or_default(),
                entry.object.kind
            ))
            .at(route.span, format!("served on port {port}"))
            .and(
                *span,
                format!("the internet reaches port {port} here: {says}"),
            )
            .hint(
                "serve metrics on a port of their own, which no Ingress or load balancer leads to",
            )
            .link(backend.span, format!("leads to port {port} of the pods"))
            .link(image.span, "the program's image")
            .about([
                workload.name().unwrap_or_default().to_owned(),
                path.to_owned(),
            ]);
            findings.push(match assumed {
                Some(assumed) => finding.assume(&**assumed),
                None => finding,
            });
        }
    }
}

/// The route of a program's metrics on a port.
fn metrics(program: &Program, port: i64) -> Option<(&Route, &'static str)> {
    let route = program.routes.iter().find_map(|route| {
        let path = route.path.literal()?.trim_end_matches('/');
        let known = PATHS.into_iter().find(|known| *known == path)?;
        Some((route, known))
    })?;
    let on = match &route.0.port {
        Some(own) => can_be(own, port),
        // Of several ports it is not known which serves what.
        None => match program.listens.as_slice() {
            [only] => can_be(&only.port, port),
            _ => false,
        },
    };
    on.then_some(route)
}

fn can_be(value: &Value, port: i64) -> bool {
    value.int() == Some(port)
        || value
            .text()
            .is_some_and(|text| text.can_be(&port.to_string()))
}

/// Whether a path comes through: the entry takes all, or what the path starts with, and nothing else of the entry takes
/// the path away.
fn leads_to(entry: &Entry<'_>, backend: &Backend<'_>, path: &str) -> bool {
    let taken = entry.backends.iter().any(|other| {
        other.service.map(|service| service.span) != backend.service.map(|service| service.span)
            && other
                .path
                .and_then(Value::str)
                .is_some_and(|own| own.len() > 1 && path.starts_with(own.trim_end_matches('*')))
    });
    if taken {
        return false;
    }
    match backend.path {
        None => true,
        Some(own) => match own.str() {
            Some(own) => {
                let own = own.trim_end_matches('*').trim_end_matches('/');
                path == own
                    || path
                        .strip_prefix(own)
                        .is_some_and(|rest| rest.starts_with('/'))
            }
            None => false,
        },
    }
}
