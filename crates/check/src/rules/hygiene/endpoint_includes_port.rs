//! Something called a host is given an instance's `endpoint`, which is address and port together.

use seaworthy_facts::Value;
use seaworthy_facts::terraform::Root;
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "endpoint-includes-port",
    severity: Severity::Breaks,
    page: include_str!("endpoint-includes-port.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for root in &world.facts.terraform.roots {
        for resource in &root.resources {
            walk(root, &resource.body, findings);
        }
        for call in &root.calls {
            walk(root, &call.arguments, findings);
        }
        for output in &root.outputs {
            if is_host(&output.name) {
                judge(root, &output.name, &output.value, findings);
            }
            walk(root, &output.value, findings);
        }
    }
}

fn walk(root: &Root, value: &Value, findings: &mut Vec<Finding>) {
    value.walk(&mut |inner| {
        for entry in inner.entries() {
            if is_host(&entry.key) {
                judge(root, &entry.key, &entry.value, findings);
            }
        }
    });
}

/// Names that hold an address without a port everywhere.
fn is_host(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == "host"
        || name == "hostname"
        || name == "pghost"
        || ["_host", "-host", "_hostname", ".host", "dbhost"]
            .iter()
            .any(|end| name.ends_with(end))
}

fn judge(root: &Root, name: &str, value: &Value, findings: &mut Vec<Finding>) {
    let Some(unknown) = value.as_unknown() else {
        return;
    };
    let Some(database) = unknown
        .resource
        .as_deref()
        .and_then(|address| root.find(address))
    else {
        return;
    };
    if &*database.kind != "aws_db_instance" || unknown.path() != Some("endpoint") {
        return;
    }
    findings.push(
        Finding::new(format!(
            "`{name}` is given the `endpoint` of `{}`, which is `address:port`: whoever adds a port connects to nothing",
            database.address
        ))
        .at(value.span, "address and port")
        .and(database.span, "its `address` is the host alone")
        .trail(value)
        .about([name.to_owned(), database.address.to_string()]),
    );
}
