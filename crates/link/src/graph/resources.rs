//! Nodes and relations of OpenTofu configurations.

use std::collections::HashMap;
use std::sync::Arc;

use petgraph::graph::NodeIndex;
use seaworthy_facts::Span;
use seaworthy_facts::terraform::{Mode, Resource};

use super::{LinkGraph, NodeKind, Relation};
use crate::World;

pub(super) fn add(graph: &mut LinkGraph, world: &World) {
    let references = References::new(world);
    for root in &world.facts.terraform.roots {
        let state = graph.add(
            NodeKind::State,
            "",
            root.label(),
            root.backend.as_ref().map(|backend| backend.span),
        );
        let mut by_address: HashMap<&str, NodeIndex> = HashMap::new();
        for resource in root.resources.iter().filter(|r| r.mode == Mode::Managed) {
            let node = graph.add(
                kind(resource),
                &root.folder,
                name(resource),
                Some(resource.span),
            );
            by_address.insert(&resource.address, node);
            by_address.entry(&resource.plain_address).or_insert(node);
            graph.relate(state, Relation::Makes, node, Some(resource.span));
        }
        for resource in root.resources.iter().filter(|r| r.mode == Mode::Managed) {
            let node = by_address[&*resource.address];
            for (address, span) in references.within(resource.block) {
                let address = if resource.module.is_empty() {
                    address.to_string()
                } else {
                    format!("{}.{address}", resource.module)
                };
                if let Some(target) = by_address.get(&*address) {
                    graph.relate(node, Relation::Uses, *target, Some(span));
                }
            }
        }
    }
}

/// References as they are written, by place: a value that is known after evaluation, such as the name of a role, no
/// longer says whose it is.
struct References<'a>(Vec<(&'a str, Span)>);

impl<'a> References<'a> {
    fn new(world: &'a World) -> Self {
        let mut all: Vec<(&str, Span)> = world
            .facts
            .terraform
            .modules
            .iter()
            .flat_map(|module| &module.references)
            .map(|(address, span)| (&**address, *span))
            .collect();
        all.sort_by_key(|(_, span)| *span);
        Self(all)
    }

    fn within(&self, block: Span) -> impl Iterator<Item = (&'a str, Span)> {
        let key = |span: Span| (span.file, span.start);
        let first = self.0.partition_point(|(_, span)| key(*span) < key(block));
        self.0[first..]
            .iter()
            .copied()
            .take_while(move |(_, span)| span.file == block.file && span.start < block.end)
    }
}

/// The physical name where the configuration says it, else the address.
fn name(resource: &Resource) -> Arc<str> {
    let path = match &*resource.kind {
        "aws_db_instance" => "identifier",
        "aws_rds_cluster" => "cluster_identifier",
        "aws_s3_bucket" => "bucket",
        "aws_eks_node_group" => "node_group_name",
        "aws_acm_certificate" => "domain_name",
        "aws_eks_cluster"
        | "aws_ecr_repository"
        | "aws_iam_role"
        | "aws_iam_policy"
        | "aws_secretsmanager_secret"
        | "aws_ssm_parameter"
        | "aws_route53_zone"
        | "aws_route53_record"
        | "aws_lb" => "name",
        _ => return resource.address.clone(),
    };
    match resource.str(path).filter(|name| !name.is_empty()) {
        Some(name) => name.into(),
        None => resource.address.clone(),
    }
}

fn kind(resource: &Resource) -> NodeKind {
    match &*resource.kind {
        "aws_iam_role" => NodeKind::Role,
        "aws_iam_policy" | "aws_iam_role_policy" | "aws_iam_role_policy_attachment" => {
            NodeKind::Policy
        }
        "aws_iam_openid_connect_provider" | "aws_eks_pod_identity_association" => NodeKind::Trust,
        "aws_ecr_repository" | "aws_ecrpublic_repository" => NodeKind::Registry,
        "aws_secretsmanager_secret" | "aws_ssm_parameter" => NodeKind::CloudSecret,
        "aws_kms_key" | "aws_kms_alias" => NodeKind::Key,
        "aws_db_instance"
        | "aws_rds_cluster"
        | "aws_dynamodb_table"
        | "aws_elasticache_cluster"
        | "aws_elasticache_replication_group" => NodeKind::Database,
        "aws_s3_bucket" => NodeKind::Bucket,
        "aws_security_group" => NodeKind::SecurityGroup,
        "aws_subnet" => NodeKind::Subnet,
        "aws_vpc" => NodeKind::Network,
        "aws_eks_cluster" => NodeKind::Cluster,
        "aws_eks_node_group" | "aws_autoscaling_group" | "aws_eks_fargate_profile" => {
            NodeKind::NodeGroup
        }
        "aws_lb" | "aws_alb" | "aws_elb" => NodeKind::LoadBalancer,
        "aws_acm_certificate" => NodeKind::Certificate,
        "aws_route53_zone" => NodeKind::Zone,
        "aws_route53_record" => NodeKind::Host,
        "helm_release" => NodeKind::Release,
        _ => NodeKind::Resource,
    }
}
