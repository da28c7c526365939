//! A readiness handler says yes while the only connection that answers need is gone.

use seaworthy_link::World;
use seaworthy_link::built;
use seaworthy_link::containers::containers;

use crate::{Confidence, Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "readiness-ignores-dependency",
    severity: Severity::Unreliable,
    page: include_str!("readiness-ignores-dependency.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for container in containers(world) {
        let Some(path) = container.body.at("readinessProbe.httpGet.path") else {
            continue;
        };
        let Some(asked) = path.str() else { continue };
        let Some(program) = container
            .image()
            .and_then(|image| built::program(world, image))
        else {
            continue;
        };
        let ignored = program
            .health_ignores
            .iter()
            .find(|ignores| &*ignores.path == asked);
        // Whether readiness should ask a database is an opinion, as long as connections come back by themselves.
        let Some((ignores, shared)) = ignored.and_then(|ignores| Some((ignores, ignores.shared?)))
        else {
            continue;
        };
        let name = container
            .workload
            .name
            .text()
            .map_or_else(|| "a workload".to_owned(), |name| name.to_string());
        findings.push(
            Finding::new(format!(
                "`{name}` stays ready when its only database connection is lost: `{asked}` does not look at it, and it does not come back"
            ))
            .at(ignores.handler, "this handler looks at no connection")
            .and(path.span, format!("`{name}` is ready when `{asked}` answers"))
            .link(shared, "one connection for all requests, which does not reconnect")
            .link(ignores.dependency, "what it is connected to")
            .hint("use a pool, which reconnects, or ask the connection in the handler")
            .confidence(Confidence::Likely)
            .about([name, asked.to_owned()]),
        );
    }
}
