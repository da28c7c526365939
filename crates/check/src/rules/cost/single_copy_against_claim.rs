//! One of something, where a document says that the platform stands the loss of a zone or is never down.

use seaworthy_facts::documents::{Claim, ClaimKind};
use seaworthy_facts::terraform::Root;
use seaworthy_facts::{Span, Value};
use seaworthy_link::{World, environment};

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "single-copy-against-claim",
    severity: Severity::Unreliable,
    page: include_str!("single-copy-against-claim.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let kinds = [
        ClaimKind::ZoneFailure,
        ClaimKind::Availability,
        ClaimKind::NoDowntime,
    ];
    let Some(claim) = super::claims::promised(world, &kinds) else {
        return;
    };
    for root in &world.facts.terraform.roots {
        if is_lesser(environment::of_root(root, &world.sources)) {
            continue;
        }
        gateways(root, claim, findings);
        databases(root, claim, findings);
    }
    workloads(world, claim, findings);
}

/// What is promised is promised for production.
fn is_lesser(environment: Option<&str>) -> bool {
    environment.is_some_and(|environment| environment != "production")
}

fn told(message: String, place: Span, what: &str, claim: &Claim) -> Finding {
    Finding::new(message)
        .at(place, what)
        .and(claim.span, "promised here")
}

fn gateways(root: &Root, claim: &Claim, findings: &mut Vec<Finding>) {
    if claim.about == ClaimKind::NoDowntime {
        return;
    }
    for call in &root.calls {
        if call.registry.as_deref() != Some("terraform-aws-modules/vpc/aws") {
            continue;
        }
        let Some(entry) = call
            .arguments
            .map()
            .and_then(|map| map.entry("single_nat_gateway"))
        else {
            continue;
        };
        if entry.value.bool() != Some(true)
            || call
                .arguments
                .get("enable_nat_gateway")
                .and_then(Value::bool)
                != Some(true)
        {
            continue;
        }
        findings.push(
            told(
                "one NAT gateway serves every zone: when its zone fails, nothing in the others gets out".to_owned(),
                entry.key_span,
                "one for all zones",
                claim,
            )
            .about([call.address.to_string()]),
        );
    }
}

fn databases(root: &Root, claim: &Claim, findings: &mut Vec<Finding>) {
    for database in root.resources("aws_db_instance") {
        let replica = database
            .at("replicate_source_db")
            .is_some_and(|value| !value.is_null());
        let multi = database.at("multi_az").filter(|value| !value.is_null());
        if replica || multi.is_some_and(|value| value.bool() != Some(false)) {
            continue;
        }
        let place = multi.map_or(database.span, |value| value.span);
        findings.push(
            told(
                format!(
                    "database `{}` stands in one zone: its loss, and every maintenance, is an interruption",
                    database.address
                ),
                place,
                "one zone",
                claim,
            )
            .about([database.address.to_string()]),
        );
    }
}

/// Workloads that people reach and that have one replica, all in one finding.
fn workloads(world: &World, claim: &Claim, findings: &mut Vec<Finding>) {
    let mut single: Vec<(String, Span)> = Vec::new();
    for cluster in &world.facts.kubernetes.clusters {
        if is_lesser(cluster.environment.as_deref()) {
            continue;
        }
        for workload in cluster.of("Deployment") {
            let Some(replicas) = workload.at("spec.replicas") else {
                continue;
            };
            let scaled = cluster.of("HorizontalPodAutoscaler").any(|scaler| {
                scaler.at("spec.scaleTargetRef.name").and_then(Value::str) == workload.name()
            });
            // What others ship with one replica is theirs to promise.
            let own = workload.pods().is_some_and(|pods| {
                pods.containers()
                    .filter_map(|container| container.get("image"))
                    .any(|image| is_own(world, image))
            });
            let served = own && !services_of(cluster, workload).is_empty();
            if replicas.int() == Some(1)
                && !scaled
                && served
                && !single.iter().any(|(_, span)| *span == replicas.span)
            {
                single.push((
                    workload.name().unwrap_or_default().to_owned(),
                    replicas.span,
                ));
            }
        }
    }
    let Some(((name, place), others)) = single.split_first() else {
        return;
    };
    let and = match others.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let mut finding = told(
        format!("`{name}`{and} runs one replica: it is down while its node is replaced"),
        *place,
        "one replica",
        claim,
    );
    for (_, span) in others.iter().take(10) {
        finding = finding.and(*span, "one replica");
    }
    findings.push(finding.about([name.clone()]));
}

/// Whether an image is built here, or lies in a registry that only its owners push to.
fn is_own(world: &World, image: &Value) -> bool {
    seaworthy_link::built::is_own(world, image)
        || image
            .text()
            .is_some_and(|text| text.to_string().contains(".dkr.ecr."))
}

/// The Services of a cluster that select a workload.
fn services_of<'a>(
    cluster: &'a seaworthy_facts::kubernetes::Cluster,
    workload: &seaworthy_facts::kubernetes::Object,
) -> Vec<&'a seaworthy_facts::kubernetes::Object> {
    cluster
        .of("Service")
        .filter(|service| {
            seaworthy_link::exposure::selected(cluster, service)
                .iter()
                .any(|selected| selected.span == workload.span)
        })
        .collect()
}
