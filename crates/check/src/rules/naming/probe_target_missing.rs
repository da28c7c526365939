//! A probe asks a path or a port that the container's program does not serve.

use seaworthy_diagnostics::suggest;
use seaworthy_facts::code::{Program, Route};
use seaworthy_facts::kubernetes::Origin;
use seaworthy_facts::{Span, Value};
use seaworthy_link::World;
use seaworthy_link::built;
use seaworthy_link::containers::{Container, containers};

use super::listening;
use crate::{Confidence, Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "probe-target-missing",
    severity: Severity::Breaks,
    page: include_str!("probe-target-missing.md"),
    check,
};

const PROBES: [&str; 3] = ["readinessProbe", "livenessProbe", "startupProbe"];

fn check(world: &World, findings: &mut Vec<Finding>) {
    for container in containers(world) {
        if matches!(container.workload.origin, Origin::Summary { .. }) {
            continue;
        }
        for probe in PROBES {
            let Some(body) = container.body.get(probe) else {
                continue;
            };
            if let Some(asked) = ["httpGet", "tcpSocket", "grpc"]
                .iter()
                .find_map(|kind| body.get(kind))
            {
                findings.extend(port(world, &container, probe, asked));
            }
            if let Some(path) = body.at("httpGet.path") {
                findings.extend(self::path(world, &container, probe, path));
            }
        }
    }
}

fn port(world: &World, container: &Container<'_>, probe: &str, asked: &Value) -> Option<Finding> {
    let port = asked.get("port")?;
    let workload = container.workload.name.text()?.to_string();
    let declared = container.body.get("ports").map_or(&[][..], Value::items);
    if let Some(name) = port.str().filter(|name| name.parse::<u16>().is_err()) {
        if declared.iter().any(|own| {
            own.get("name")
                .is_some_and(|own| own.str().is_none_or(|own| own == name))
        }) {
            return None;
        }
        let names: Vec<&Value> = declared.iter().filter_map(|own| own.get("name")).collect();
        let near = suggest(name, names.iter().filter_map(|name| name.str()));
        let place: Span = near
            .and_then(|near| names.iter().find(|name| name.str() == Some(near)))
            .or(names.first())
            .map_or_else(|| container.name_span(), |name| name.span);
        return Some(
            Finding::new(format!(
                "the {probe} of `{workload}` asks port `{name}`, which the container does not have: it never succeeds"
            ))
            .at(port.span, "no port of this container is called so")
            .and(place, "the container's ports")
            .about([workload, probe.to_owned()]),
        );
    }
    let number = port.int()?;
    if declared.iter().any(|own| {
        own.get("containerPort")
            .is_none_or(|own| own.int().is_none_or(|own| own == number))
    }) {
        return None;
    }
    let listens = listening::ports(world, container)?;
    let first = listens.first()?;
    if listens.iter().any(|listens| listens.port == number) {
        return None;
    }
    Some(
        Finding::new(format!(
            "the {probe} of `{workload}` asks port {number}, on which nothing listens: it never succeeds"
        ))
        .at(port.span, format!("nothing listens on {number}"))
        .and(first.span, format!("{} {}", first.says, first.port))
        .about([workload, probe.to_owned()]),
    )
}

fn path(world: &World, container: &Container<'_>, probe: &str, path: &Value) -> Option<Finding> {
    let asked = path.str()?.split('?').next()?;
    let program = built::program(world, container.image()?)?;
    // Another command may run another program of the image.
    if program.routes.is_empty() || container.body.get("command").is_some() {
        return None;
    }
    let serves = |route: &Route| {
        let method = route
            .method
            .as_deref()
            .is_none_or(|method| matches!(method, "GET" | "HEAD"));
        method && fits(route, asked)
    };
    // A handler of everything answers, but not with what the probe is for if a path is spelled nearly so.
    let is_everything = |route: &Route| route.prefix && route.path.literal() == Some("/");
    if program
        .routes
        .iter()
        .any(|route| serves(route) && !is_everything(route))
    {
        return None;
    }
    let near = nearest(program, asked);
    let is_served = program.routes_others || program.routes.iter().any(is_everything);
    if is_served && near.is_none() {
        return None;
    }
    let shown = near.or_else(|| program.routes.first())?;
    let workload = container.workload.name.text()?.to_string();
    let finding = Finding::new(format!(
        "the {probe} of `{workload}` asks `{asked}`, which the program does not serve"
    ))
    .at(path.span, "no handler serves this path")
    .and(
        shown.span,
        match near {
            Some(near) => format!("the program serves `{}`", near.path),
            None => "the program's paths are registered here".to_owned(),
        },
    )
    .about([workload, probe.to_owned(), asked.to_owned()]);
    Some(match near {
        Some(near) => finding
            .hint(format!("did you mean `{}`?", near.path))
            .confidence(if is_served {
                Confidence::Likely
            } else {
                Confidence::Certain
            }),
        None => finding,
    })
}

/// The route that a path is nearly spelled as.
fn nearest<'a>(program: &'a Program, asked: &str) -> Option<&'a Route> {
    let known: Vec<&str> = program
        .routes
        .iter()
        .filter_map(|route| route.path.literal())
        .filter(|path| path.len() > 2 && path.matches('/').count() == asked.matches('/').count())
        .collect();
    // `/health` and `/healthz` are both common names: one is no slip for the other unless it is all there is.
    let near = suggest(asked, known)?;
    program
        .routes
        .iter()
        .find(|route| route.path.literal() == Some(near))
}

fn fits(route: &Route, asked: &str) -> bool {
    let Some(path) = route.path.literal() else {
        return true;
    };
    if route.prefix {
        return asked.starts_with(path) || asked == path.trim_end_matches('/');
    }
    let mut own = path.trim_end_matches('/').split('/');
    let mut other = asked.trim_end_matches('/').split('/');
    loop {
        match (own.next(), other.next()) {
            (None, None) => return true,
            (Some(own), Some(other)) => {
                let parameter = own.starts_with([':', '{', '<', '*']);
                if own.starts_with('*') {
                    return true;
                }
                if !parameter && own != other {
                    return false;
                }
            }
            (Some(own), None) => return own.starts_with('*'),
            (None, Some(_)) => return false,
        }
    }
}
