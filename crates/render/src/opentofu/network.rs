//! The root of an environment's network: a VPC of its own, or one that exists.

use seaworthy_definition::model::Nat;

use super::Root;
use super::capacity::Capacity;
use super::hcl::{Body, list, object, reference};
use super::root::RootName;
use crate::input::{Note, Scope};

/// How many zones a VPC of ours spans: EKS and RDS need two, and the fourth part of its range is for other subnets.
const ZONES: std::ops::RangeInclusive<u8> = 2..=3;

/// What a root that reads this one finds, and what it is.
const OUTPUTS: [(&str, &str); 7] = [
    ("vpc_id", "Id of the VPC."),
    ("vpc_cidr", "IPv4 range of the VPC."),
    ("zones", "Names of the availability zones in use."),
    (
        "public_subnet_ids",
        "Public subnets by zone: load balancers.",
    ),
    (
        "private_subnet_ids",
        "Private subnets by zone: nodes and pods.",
    ),
    ("database_subnet_ids", "Database subnets by zone."),
    (
        "control_plane_subnet_ids",
        "Subnets by zone for the network interfaces of the EKS control plane.",
    ),
];

/// The network of an environment.
pub(super) fn root(scope: &Scope<'_>) -> Root {
    let mut root = Root::of_environment(RootName::Network, scope);
    match &scope.environment.existing.network {
        Some(id) => existing(&mut root, scope, id),
        None => made(&mut root, scope),
    }
    endpoints(&mut root, scope);
    for (name, description) in OUTPUTS {
        root.output(
            name,
            description,
            reference(format!("module.network.{name}")),
        );
    }
    if scope.environment.existing.network.is_none() {
        root.output(
            "nat_public_ips",
            "Addresses from which the platform is seen on the internet, by zone of the NAT gateway.",
            reference("module.network.nat_public_ips"),
        );
    }
    root
}

/// What is asked for and cannot be.
pub(super) fn notes(scope: &Scope<'_>) -> Vec<Note> {
    let zones = scope.environment.zones;
    if scope.environment.existing.network.is_some() || ZONES.contains(&zones) {
        return Vec::new();
    }
    vec![Note {
        about: format!("{}.zones", scope.key()),
        text: format!(
            "a network spans two or three zones, so that {zones} became {}",
            spanned(zones)
        ),
    }]
}

fn made(root: &mut Root, scope: &Scope<'_>) {
    let network = &scope.platform.network;
    let capacity = Capacity::of(scope);
    let nat = match network.nat {
        Nat::PerZone => "per-zone",
        Nat::Single => "single",
        Nat::None => "none",
    };
    // Where nothing is at stake, connections that were let through tell little for what they cost.
    let traffic = if scope.environment.protected {
        "ALL"
    } else {
        "REJECT"
    };
    root.call(
        "network",
        "network",
        Body::new()
            .set("name", scope.names().cluster())
            .set("cidr", network.range.as_str())
            .set("zones", spanned(scope.environment.zones))
            .set("nat", nat)
            .blank()
            .comment("What the platform runs at its most: the plan fails when its pods would find no addresses.")
            .set(
                "capacity",
                object([("nodes", capacity.nodes), ("pods", capacity.pods)]),
            )
            .blank()
            .set("flow_log_traffic", traffic),
    );
}

fn existing(root: &mut Root, scope: &Scope<'_>, id: &str) {
    root.call(
        "network-existing",
        "network",
        Body::new()
            .set("name", scope.names().cluster())
            .set("vpc_id", id),
    );
}

/// Interface endpoints: those asked for, and without NAT all that a cluster cannot do without.
fn endpoints(root: &mut Root, scope: &Scope<'_>) {
    let network = &scope.platform.network;
    let is_ours = scope.environment.existing.network.is_none();
    let isolated = is_ours && network.nat == Nat::None;
    if network.endpoints.is_empty() && !isolated {
        return;
    }
    let mut services: Vec<&str> = network.endpoints.iter().map(String::as_str).collect();
    if isolated {
        services.extend(NEEDED_WITHOUT_NAT);
    }
    services.sort_unstable();
    services.dedup();
    root.call(
        "interface-endpoints",
        "interface_endpoints",
        Body::new()
            .set("name", scope.names().cluster())
            .set("vpc_id", reference("module.network.vpc_id"))
            .set("vpc_cidr", reference("module.network.vpc_cidr"))
            .set("subnet_ids", reference("module.network.private_subnet_ids"))
            .set("services", list(services)),
    );
}

/// What nodes, add-ons and controllers call. Source: "Deploy private clusters with limited internet access", EKS user
/// guide.
const NEEDED_WITHOUT_NAT: [&str; 13] = [
    "autoscaling",
    "ec2",
    "ecr.api",
    "ecr.dkr",
    "eks",
    "eks-auth",
    "elasticloadbalancing",
    "kms",
    "logs",
    "secretsmanager",
    "sqs",
    "ssm",
    "sts",
];

fn spanned(zones: u8) -> u8 {
    zones.clamp(*ZONES.start(), *ZONES.end())
}
