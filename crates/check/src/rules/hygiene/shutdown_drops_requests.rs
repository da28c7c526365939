//! A server is told to finish its requests, and its caller ends the program as soon as it stops to listen.

use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "shutdown-drops-requests",
    severity: Severity::Unreliable,
    page: include_str!("shutdown-drops-requests.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for program in &world.facts.code.programs {
        for shutdown in &program.shutdowns {
            findings.push(
                Finding::new(
                    "requests are dropped at every stop: the end of serving is taken for a failure",
                )
                .at(
                    shutdown.ends,
                    "this ends the program when serving ends, also when it was asked to",
                )
                .and(
                    shutdown.finishes,
                    "this asks the server to finish its requests",
                )
                .link(
                    shutdown.serves,
                    "this returns `http.ErrServerClosed` at once",
                )
                .hint("let `http.ErrServerClosed` pass")
                .about([program.folder.to_string()]),
            );
        }
    }
}
