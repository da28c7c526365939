//! Who reaches a database: security groups as AWS evaluates them, and network policies as Kubernetes does.
//!
//! A pod reaches it when one of its groups lets the traffic out, one of the database's lets it in, and no policy in the
//! cluster that isolates the pod keeps it. The evaluation is our own, and knows nothing of how the rules are made.

mod faults;
mod trials;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use ipnet::IpNet;
use serde_json::Value;

use crate::objects::Objects;
use crate::states::{States, text, texts};

pub(crate) use faults::judge;
pub(crate) use trials::trials;

/// The address of rules that are in no state.
const MADE_BY_EKS: &str = "made by EKS";

/// Everything that decides, as data that can be taken away.
#[derive(Clone, Default)]
pub(crate) struct Network {
    rules: Vec<Rule>,
    databases: Vec<Database>,
    pods: BTreeMap<String, Pod>,
    policies: BTreeMap<String, Value>,
    /// The group of nodes, and of pods without groups of their own.
    shared_group: String,
    /// Where pods and nodes have their addresses.
    subnets: Vec<IpNet>,
}

/// A rule of a security group.
#[derive(Clone, Debug)]
struct Rule {
    group: String,
    ingress: bool,
    peer: Peer,
    ports: RangeInclusive<u64>,
    address: String,
}

#[derive(Clone, Debug, PartialEq)]
enum Peer {
    Group(String),
    Range(IpNet),
}

#[derive(Clone)]
struct Database {
    name: String,
    port: u64,
    groups: BTreeSet<String>,
    subnets: Vec<IpNet>,
}

#[derive(Clone)]
struct Pod {
    labels: Value,
    groups: BTreeSet<String>,
}

impl Network {
    /// Reads the states, and the objects in the cluster.
    pub(crate) fn of(states: &States, objects: &Objects) -> Self {
        let shared_group = text(states.output("cluster", "security_group_id")).to_owned();
        assert!(shared_group.starts_with("sg-"), "{shared_group}");
        // EKS makes the cluster's group itself: open within, and outwards. Source: the EKS user guide, "View Amazon EKS
        // security group requirements for clusters".
        let made_by_eks = |ingress, peer| Rule {
            group: shared_group.clone(),
            ingress,
            peer,
            ports: 0..=u64::from(u16::MAX),
            address: MADE_BY_EKS.to_owned(),
        };
        let mut network = Self {
            rules: vec![
                made_by_eks(true, Peer::Group(shared_group.clone())),
                made_by_eks(false, Peer::Range(range("0.0.0.0/0"))),
            ],
            databases: databases(states),
            pods: BTreeMap::new(),
            policies: objects.network_policies.clone(),
            subnets: ranges(states, states.output("network", "private_subnet_ids")),
            shared_group,
        };
        for (kind, ingress) in [
            ("aws_vpc_security_group_ingress_rule", true),
            ("aws_vpc_security_group_egress_rule", false),
        ] {
            for rule in states.of_kind(kind) {
                network
                    .rules
                    .push(Rule::of(rule.attributes, ingress, rule.address));
            }
        }
        // The provider notes down the rules that stand beside a group, when it refreshes. Others would be read by nobody here.
        for group in states.of_kind("aws_security_group") {
            let id = text(&group.attributes["id"]);
            for (inline, ingress) in [("ingress", true), ("egress", false)] {
                let within = group.attributes[inline].as_array().map_or(0, Vec::len);
                let beside = network.rules.iter();
                let beside = beside.filter(|rule| rule.group == id && rule.ingress == ingress);
                assert!(
                    within <= beside.count(),
                    "{}: rules within the group",
                    group.address
                );
            }
        }
        assert!(
            states.of_kind("aws_security_group_rule").next().is_none(),
            "rules of the old kind"
        );
        for (name, labels) in &objects.pods {
            let mut groups: BTreeSet<String> = objects
                .group_policies
                .values()
                .filter(|policy| selects(&policy["spec"]["podSelector"], labels))
                .flat_map(|policy| texts(&policy["spec"]["securityGroups"]["groupIds"]))
                .map(str::to_owned)
                .collect();
            if groups.is_empty() {
                groups.insert(network.shared_group.clone());
            }
            let labels = labels.clone();
            network.pods.insert(name.clone(), Pod { labels, groups });
        }
        network
    }

    /// Every workload that reaches a database, and `node` where nodes do.
    fn who_reaches(&self, database: &Database) -> BTreeSet<String> {
        let mut who: BTreeSet<String> = self
            .pods
            .iter()
            .filter(|(_, pod)| self.groups_let_through(&pod.groups, database))
            .filter(|(_, pod)| self.policies_let_out(pod, database))
            .map(|(name, _)| name.clone())
            .collect();
        // No policy of the cluster holds what runs on the node's own network.
        if self.groups_let_through(&BTreeSet::from([self.shared_group.clone()]), database) {
            who.insert("node".to_owned());
        }
        if self.admits(database, &BTreeSet::new(), &[range("198.51.100.7/32")]) {
            who.insert("internet".to_owned());
        }
        who
    }

    fn groups_let_through(&self, groups: &BTreeSet<String>, database: &Database) -> bool {
        let lets_out = self.rules.iter().any(|rule| {
            !rule.ingress
                && groups.contains(&rule.group)
                && rule.ports.contains(&database.port)
                && match &rule.peer {
                    Peer::Group(group) => database.groups.contains(group),
                    Peer::Range(range) => covers(range, &database.subnets),
                }
        });
        lets_out && self.admits(database, groups, &self.subnets)
    }

    fn admits(&self, database: &Database, groups: &BTreeSet<String>, from: &[IpNet]) -> bool {
        self.rules.iter().any(|rule| {
            rule.ingress
                && database.groups.contains(&rule.group)
                && rule.ports.contains(&database.port)
                && match &rule.peer {
                    Peer::Group(group) => groups.contains(group),
                    Peer::Range(range) => covers(range, from),
                }
        })
    }

    /// Whether the policies that isolate a pod let it out to the database.
    fn policies_let_out(&self, pod: &Pod, database: &Database) -> bool {
        let isolating: Vec<&Value> = self
            .policies
            .values()
            .map(|policy| &policy["spec"])
            .filter(|spec| texts(&spec["policyTypes"]).contains(&"Egress"))
            .filter(|spec| selects(&spec["podSelector"], &pod.labels))
            .collect();
        isolating.is_empty()
            || isolating
                .iter()
                .flat_map(|spec| spec["egress"].as_array().into_iter().flatten())
                .any(|rule| lets_out(rule, database))
    }
}

impl Rule {
    fn of(attributes: &Value, ingress: bool, address: String) -> Self {
        let peer = ["referenced_security_group_id", "cidr_ipv4", "cidr_ipv6"]
            .iter()
            .find_map(|key| Some(&attributes[*key]).filter(|value| value.is_string()));
        let peer = text(peer.unwrap_or_else(|| panic!("{address}: {attributes}")));
        let ports = match text(&attributes["ip_protocol"]) {
            "-1" => 0..=u64::from(u16::MAX),
            "tcp" => {
                let port = |key: &str| attributes[key].as_u64().expect("a port");
                port("from_port")..=port("to_port")
            }
            // Another protocol opens no TCP port.
            _ => RangeInclusive::new(1, 0),
        };
        Self {
            group: text(&attributes["security_group_id"]).to_owned(),
            ingress,
            peer: if peer.starts_with("sg-") {
                Peer::Group(peer.to_owned())
            } else {
                Peer::Range(range(peer))
            },
            ports,
            address,
        }
    }
}

/// Whether an egress rule of a policy lets traffic to the database out.
fn lets_out(rule: &Value, database: &Database) -> bool {
    let port = rule["ports"].as_array().is_none_or(|ports| {
        ports.iter().any(|port| {
            let first = port["port"].as_u64();
            let last = port["endPort"].as_u64().or(first);
            port["protocol"].as_str().unwrap_or("TCP") == "TCP"
                && first.is_none_or(|first| first <= database.port)
                && last.is_none_or(|last| database.port <= last)
        })
    });
    let peer = rule["to"].as_array().is_none_or(|peers| {
        // A peer by labels is a pod, which a database of RDS is not.
        peers.iter().any(|peer| {
            let block = &peer["ipBlock"];
            block["cidr"].is_string()
                && covers(&range(text(&block["cidr"])), &database.subnets)
                && !texts(&block["except"])
                    .iter()
                    .any(|except| covers(&range(except), &database.subnets))
        })
    });
    port && peer
}

/// Whether a selector selects what has these labels.
fn selects(selector: &Value, labels: &Value) -> bool {
    assert!(
        selector.get("matchExpressions").is_none(),
        "not evaluated: {selector}"
    );
    let wanted = selector["matchLabels"].as_object();
    wanted
        .into_iter()
        .flatten()
        .all(|(key, value)| labels.get(key) == Some(value))
}

fn databases(states: &States) -> Vec<Database> {
    let named = states.output("data", "client_security_group_ids");
    let names: Vec<&String> = named
        .as_object()
        .into_iter()
        .flat_map(|map| map.keys())
        .collect();
    let servers = states
        .of_kind("aws_db_instance")
        .chain(states.of_kind("aws_rds_cluster"));
    servers
        .map(|server| Database {
            // `module.database_counter.aws_db_instance.this`: the module carries the name.
            name: (*names
                .iter()
                .find(|name| {
                    let label = format!("module.database_{}.", name.replace('-', "_"));
                    server.address.starts_with(&label)
                })
                .unwrap_or_else(|| panic!("{} is none of {names:?}", server.address)))
            .clone(),
            port: server.attributes["port"].as_u64().expect("a port"),
            groups: texts(&server.attributes["vpc_security_group_ids"])
                .into_iter()
                .map(str::to_owned)
                .collect(),
            subnets: ranges(states, states.output("network", "database_subnet_ids")),
        })
        .collect()
}

/// The addresses of subnets, by zone.
fn ranges(states: &States, ids: &Value) -> Vec<IpNet> {
    let ids: Vec<&str> = ids
        .as_object()
        .expect("by zone")
        .values()
        .map(text)
        .collect();
    let found: Vec<IpNet> = states
        .of_kind("aws_subnet")
        .filter(|subnet| ids.contains(&text(&subnet.attributes["id"])))
        .map(|subnet| range(text(&subnet.attributes["cidr_block"])))
        .collect();
    assert_eq!(found.len(), ids.len());
    found
}

/// Whether a range holds any of these addresses.
fn covers(range: &IpNet, any: &[IpNet]) -> bool {
    any.iter()
        .any(|net| range.contains(net) || net.contains(range))
}

fn range(text: &str) -> IpNet {
    text.parse()
        .unwrap_or_else(|error| panic!("`{text}`: {error}"))
}
