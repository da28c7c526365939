//! Private nodes pull images from ECR through a NAT gateway that charges for each gigabyte; image layers come from S3,
//! to which a gateway endpoint is free.

use seaworthy_facts::terraform::Root;
use seaworthy_facts::{Span, Value};
use seaworthy_link::{World, collections};

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "nat-carries-registry-traffic",
    severity: Severity::Costly,
    page: include_str!("nat-carries-registry-traffic.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for root in &world.facts.terraform.roots {
        let Some(gateway) = root.resources("aws_nat_gateway").next() else {
            continue;
        };
        let Some(nodes) = root
            .resources("aws_eks_node_group")
            .find_map(|nodes| nodes.at("subnet_ids"))
        else {
            continue;
        };
        if has_endpoint(world, root) {
            continue;
        }
        let Some(registry) = registry(world, root) else {
            continue;
        };
        findings.push(
            Finding::new("every image layer that the private nodes pull from ECR goes through the NAT gateway and is paid for by the gigabyte: a gateway endpoint for S3 carries it for nothing")
                .at(super::nat::place(root, gateway), "charges for each gigabyte")
                .and(nodes.span, "these nodes have no other way out")
                .and(registry, "and pull from here; the layers lie in S3")
                .hint("add an `aws_vpc_endpoint` of type Gateway for S3 to the private route tables")
                .about([root.folder.clone()]),
        );
    }
}

/// Whether there is an endpoint for S3, or something that may make one.
fn has_endpoint(world: &World, root: &Root) -> bool {
    let in_root = |root: &Root| {
        root.resources("aws_vpc_endpoint").any(|endpoint| {
            endpoint
                .at("service_name")
                .and_then(Value::text)
                .is_none_or(|name| {
                    name.known_suffix().ends_with("s3")
                        || name.literal().is_none() && name.known_suffix().is_empty()
                })
        })
    };
    let by_module = root.calls.iter().any(|call| {
        let endpoints = call
            .registry
            .as_deref()
            .is_some_and(|name| name.contains("vpc-endpoints"));
        let argument = call
            .arguments
            .get("enable_s3_endpoint")
            .is_some_and(|value| value.bool() != Some(false));
        // A module that is not seen may bring the network with its endpoints.
        let source = call.source.as_ref().and_then(Value::str).unwrap_or("vpc");
        let network = ["vpc", "network"].iter().any(|word| source.contains(word));
        let unseen = call.folder.is_none() && !call.summarised && network;
        endpoints || argument || unseen
    });
    by_module || world.facts.terraform.roots.iter().any(in_root)
}

/// A repository of ECR that is made here, or an image that comes from one.
fn registry(world: &World, root: &Root) -> Option<Span> {
    let made = |root: &Root| {
        root.resources("aws_ecr_repository")
            .next()
            .map(|repository| repository.span)
    };
    let image = || {
        world
            .facts
            .kubernetes
            .clusters
            .iter()
            .flat_map(seaworthy_facts::kubernetes::Cluster::workloads)
            .filter_map(seaworthy_facts::kubernetes::Object::pods)
            .flat_map(seaworthy_facts::kubernetes::PodTemplate::containers)
            .filter_map(|container| container.get("image"))
            .find(|image| {
                image
                    .text()
                    .is_some_and(|text| text.to_string().contains(".dkr.ecr."))
                    && !collections::apart(world, world.sources.path(image.span.file), &root.folder)
            })
            .map(|image| image.span)
    };
    made(root).or_else(image)
}
