//! The evaluation by itself, on the smallest network.

use std::collections::{BTreeMap, BTreeSet};

use libtest_mimic::Trial;
use serde_json::{Value, json};

use super::{Database, Network, Peer, Pod, Rule, range};

pub(crate) fn trials() -> [Trial; 2] {
    [
        Trial::test("network_is_evaluated_as_aws_and_kubernetes_do", || {
            evaluates();
            Ok(())
        }),
        Trial::test(
            "planted_fault_1_a_database_that_admits_a_group_that_no_pod_has_is_noticed",
            || {
                let (mut network, database) = smallest();
                network.rules[1].peer = Peer::Group("sg-of-nobody".to_owned());
                assert!(network.who_reaches(&database).is_empty());
                Ok(())
            },
        ),
    ]
}

/// A workload with a group that a database admits, and one without.
fn smallest() -> (Network, Database) {
    let rule = |group: &str, ingress, peer: &str, ports| Rule {
        group: group.to_owned(),
        ingress,
        peer: Peer::Group(peer.to_owned()),
        ports,
        address: String::new(),
    };
    let labels = |name: &str| json!({ "app": name });
    let pod = |name: &str, group: &str| Pod {
        labels: labels(name),
        groups: BTreeSet::from([group.to_owned()]),
    };
    let database = Database {
        name: "db".to_owned(),
        port: 5432,
        groups: BTreeSet::from(["sg-db".to_owned()]),
        subnets: vec![range("10.0.8.0/24")],
    };
    let network = Network {
        rules: vec![
            rule("sg-api", false, "sg-db", 5432..=5432),
            rule("sg-db", true, "sg-api", 5432..=5432),
        ],
        pods: BTreeMap::from([
            ("api".to_owned(), pod("api", "sg-api")),
            ("web".to_owned(), pod("web", "sg-node")),
        ]),
        shared_group: "sg-node".to_owned(),
        subnets: vec![range("10.0.0.0/24")],
        ..Network::default()
    };
    (network, database)
}

fn evaluates() {
    let (mut network, database) = smallest();
    let who = |network: &Network| {
        network
            .who_reaches(&database)
            .into_iter()
            .collect::<Vec<_>>()
    };
    assert_eq!(who(&network), ["api"]);
    for position in 0..2 {
        let mut less = network.clone();
        less.rules.remove(position);
        assert!(who(&less).is_empty(), "rule {position} does not matter");
    }
    let mut other_port = network.clone();
    other_port.rules[1].ports = 5433..=5433;
    assert!(who(&other_port).is_empty());
    let mut wide = network.clone();
    wide.rules[1].peer = Peer::Range(range("10.0.0.0/16"));
    assert_eq!(who(&wide), ["api"], "the node's group lets nothing out");

    // A policy isolates; another opens; a peer by labels is no database.
    let policy = |egress: Value| json!({ "spec": { "podSelector": {}, "policyTypes": ["Egress"], "egress": egress } });
    network
        .policies
        .insert("deny".to_owned(), policy(json!([])));
    assert!(who(&network).is_empty());
    let to = |peer: Value| policy(json!([{ "ports": [{ "port": 5432 }], "to": [peer] }]));
    network
        .policies
        .insert("pods".to_owned(), to(json!({ "podSelector": {} })));
    assert!(who(&network).is_empty());
    let block = json!({ "ipBlock": { "cidr": "10.0.0.0/8", "except": ["10.0.8.0/24"] } });
    network.policies.insert("block".to_owned(), to(block));
    assert!(who(&network).is_empty());
    let block = json!({ "ipBlock": { "cidr": "10.0.0.0/8" } });
    network.policies.insert("block".to_owned(), to(block));
    assert_eq!(who(&network), ["api"]);
}
