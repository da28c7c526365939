//! Who may talk to whom: nobody, except where the definition says so.
//!
//! Each workload has one policy with the flows of its `uses`, of those who use it, of its route, and of telemetry. What
//! leaves the cluster for a database is limited to the private address ranges, since the database's own address is not
//! known; its security group admits only its clients.

use k8s_openapi::api::networking::v1::{
    IPBlock, NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer,
    NetworkPolicyPort, NetworkPolicySpec,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use seaworthy_definition::model::{Compute, EdgeKind, Platform, Resource, Service};

use super::metadata::{Workload, map, platform_metadata};
use super::object::Object;

/// Where monitoring runs.
const MONITORING: &str = "monitoring";
/// PostgreSQL's port, also on RDS and Aurora.
const POSTGRES: u16 = 5432;
/// Private address ranges (RFC 1918): every VPC is in one of them.
const PRIVATE: [&str; 3] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];

/// Nothing comes in and nothing goes out, of any pod.
pub(super) fn deny(platform: &Platform) -> Object {
    policy_of_platform(
        platform,
        "default-deny",
        NetworkPolicySpec {
            policy_types: Some(vec!["Ingress".to_owned(), "Egress".to_owned()]),
            ..NetworkPolicySpec::default()
        },
    )
}

/// Every pod may ask for names.
pub(super) fn dns(platform: &Platform) -> Object {
    let to = match platform.cluster.compute {
        // There the resolver is no pod: it is a part of each node.
        Compute::Auto => None,
        Compute::Karpenter | Compute::NodeGroups | Compute::SelfManaged => {
            Some(vec![pods_of("kube-system", &[("k8s-app", "kube-dns")])])
        }
    };
    policy_of_platform(
        platform,
        "dns",
        NetworkPolicySpec {
            policy_types: Some(vec!["Egress".to_owned()]),
            egress: Some(vec![NetworkPolicyEgressRule {
                to,
                ports: Some(vec![port("UDP", 53), port("TCP", 53)]),
            }]),
            ..NetworkPolicySpec::default()
        },
    )
}

fn policy_of_platform(platform: &Platform, name: &str, spec: NetworkPolicySpec) -> Object {
    Object::named(NetworkPolicy {
        metadata: platform_metadata(&platform.name, name),
        spec: Some(NetworkPolicySpec {
            // Of every pod.
            pod_selector: Some(LabelSelector::default()),
            ..spec
        }),
    })
}

/// The flows of a service.
pub(super) fn service(platform: &Platform, service: &Service) -> Object {
    let mut ingress = Vec::new();
    if let Some((_, main)) = service.main_port() {
        let callers = callers(platform, service);
        if !callers.is_empty() {
            let callers = callers.iter().map(|name| pods(platform, name));
            ingress.push(NetworkPolicyIngressRule {
                from: Some(callers.collect()),
                ports: Some(vec![port("TCP", main)]),
            });
        }
        if service.route.is_some() {
            ingress.push(from_the_edge(platform, service, main));
        }
    }
    if let Some(metrics) = &service.metrics
        && let Some(number) = service.ports.get(&metrics.port)
    {
        let prometheus = [("app.kubernetes.io/name", "prometheus")];
        ingress.push(NetworkPolicyIngressRule {
            from: Some(vec![pods_of(MONITORING, &prometheus)]),
            ports: Some(vec![port("TCP", *number)]),
        });
    }
    let workload = Workload::new(platform, service.name.as_str());
    policy(workload, ingress, egress(platform, service.uses.iter()))
}

/// The flows of a workload that nobody calls: a job, a migration.
pub(super) fn job<'a>(
    workload: Workload<'_>,
    platform: &Platform,
    uses: impl Iterator<Item = &'a Resource>,
) -> Object {
    policy(workload, Vec::new(), egress(platform, uses))
}

fn policy(
    workload: Workload<'_>,
    ingress: Vec<NetworkPolicyIngressRule>,
    egress: Vec<NetworkPolicyEgressRule>,
) -> Object {
    Object::new(NetworkPolicy {
        metadata: workload.metadata(),
        spec: Some(NetworkPolicySpec {
            pod_selector: Some(workload.selector()),
            policy_types: Some(vec!["Ingress".to_owned(), "Egress".to_owned()]),
            ingress: (!ingress.is_empty()).then_some(ingress),
            egress: (!egress.is_empty()).then_some(egress),
        }),
    })
}

/// Services and jobs that use a service, by name.
fn callers<'a>(platform: &'a Platform, service: &Service) -> Vec<&'a str> {
    let used = Resource::Service(service.name.clone());
    let services = platform.services.values();
    let services = services
        .filter(|other| other.uses.contains(&used))
        .map(|other| other.name.as_str());
    let jobs = platform.jobs.values();
    let jobs = jobs
        .filter(|job| job.uses.contains(&used))
        .map(|job| job.name.as_str());
    let mut callers: Vec<_> = services.chain(jobs).collect();
    callers.sort_unstable();
    callers
}

fn from_the_edge(platform: &Platform, service: &Service, main: u16) -> NetworkPolicyIngressRule {
    let mut ports = vec![port("TCP", main)];
    let from = match platform.edge.kind {
        EdgeKind::Alb => {
            // The load balancer asks for health itself, where the readiness probe does.
            let probe = service.probes.readiness.as_ref();
            let health = probe.and_then(|probe| service.ports.get(&probe.port));
            ports.extend(
                health
                    .filter(|health| **health != main)
                    .map(|p| port("TCP", *p)),
            );
            PRIVATE.map(block).into()
        }
        EdgeKind::EnvoyGateway => vec![pods_of(
            "envoy-gateway-system",
            &[("app.kubernetes.io/component", "proxy")],
        )],
        EdgeKind::CloudflareTunnel => {
            vec![pods_of(
                "edge",
                &[("app.kubernetes.io/name", "cloudflared")],
            )]
        }
    };
    NetworkPolicyIngressRule {
        from: Some(from),
        ports: Some(ports),
    }
}

fn egress<'a>(
    platform: &Platform,
    uses: impl Iterator<Item = &'a Resource>,
) -> Vec<NetworkPolicyEgressRule> {
    let mut rules = Vec::new();
    let (mut databases, mut buckets) = (false, false);
    for resource in uses {
        match resource {
            Resource::Service(name) => {
                let main = platform.services.get(name).and_then(Service::main_port);
                if let Some((_, main)) = main {
                    rules.push(NetworkPolicyEgressRule {
                        to: Some(vec![pods(platform, name.as_str())]),
                        ports: Some(vec![port("TCP", main)]),
                    });
                }
            }
            Resource::Database(_) => databases = true,
            Resource::Bucket(_) => buckets = true,
            // Its value arrives as a variable; nothing is asked over the network.
            Resource::Secret(_) => {}
        }
    }
    if databases {
        rules.push(NetworkPolicyEgressRule {
            to: Some(PRIVATE.map(block).into()),
            ports: Some(vec![port("TCP", POSTGRES)]),
        });
    }
    if buckets {
        rules.extend(to_aws());
    }
    // Traces, to the collector of the cluster.
    rules.push(NetworkPolicyEgressRule {
        to: Some(vec![pods_of(
            MONITORING,
            &[("app.kubernetes.io/name", "alloy")],
        )]),
        ports: Some(vec![port("TCP", 4317), port("TCP", 4318)]),
    });
    rules
}

/// Credentials from the Pod Identity agent of the node, and the API of AWS, whose addresses are not known.
pub(super) fn to_aws() -> [NetworkPolicyEgressRule; 2] {
    [
        NetworkPolicyEgressRule {
            to: Some(vec![block("169.254.170.23/32")]),
            ports: Some(vec![port("TCP", 80)]),
        },
        NetworkPolicyEgressRule {
            to: Some(vec![block("0.0.0.0/0")]),
            ports: Some(vec![port("TCP", 443)]),
        },
    ]
}

fn pods(platform: &Platform, name: &str) -> NetworkPolicyPeer {
    NetworkPolicyPeer {
        pod_selector: Some(Workload::new(platform, name).selector()),
        ..NetworkPolicyPeer::default()
    }
}

fn pods_of(namespace: &str, labels: &[(&str, &str)]) -> NetworkPolicyPeer {
    let selector = |labels: &[(&str, &str)]| LabelSelector {
        match_labels: Some(map(labels)),
        ..LabelSelector::default()
    };
    NetworkPolicyPeer {
        namespace_selector: Some(selector(&[("kubernetes.io/metadata.name", namespace)])),
        pod_selector: Some(selector(labels)),
        ..NetworkPolicyPeer::default()
    }
}

fn block(cidr: &str) -> NetworkPolicyPeer {
    NetworkPolicyPeer {
        ip_block: Some(IPBlock {
            cidr: cidr.to_owned(),
            ..IPBlock::default()
        }),
        ..NetworkPolicyPeer::default()
    }
}

fn port(protocol: &str, number: u16) -> NetworkPolicyPort {
    NetworkPolicyPort {
        protocol: Some(protocol.to_owned()),
        port: Some(IntOrString::Int(i32::from(number))),
        ..NetworkPolicyPort::default()
    }
}
