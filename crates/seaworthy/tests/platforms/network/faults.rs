//! Who should reach a database, and one fault each that must be noticed.

use std::collections::BTreeSet;

use seaworthy_definition::model::{Platform, Resource};
use serde_json::json;

use super::{MADE_BY_EKS, Network, Peer, Rule, lets_out, range};

/// Holds who reaches each database against who declares `uses`, and makes sure that each rule matters.
pub(crate) fn judge(network: &Network, platform: &Platform, pods_have_groups: bool) {
    let wanted = |database: &str| {
        let uses = |uses: &BTreeSet<Resource>| {
            uses.iter()
                .any(|used| matches!(used, Resource::Database(name) if name.as_str() == database))
        };
        let mut wanted = BTreeSet::new();
        for service in platform
            .services
            .values()
            .filter(|service| uses(&service.uses))
        {
            wanted.insert(service.name.to_string());
            // Its roles are made, and its tables changed, by what runs before it.
            wanted.insert(format!("{}-migration", service.name));
        }
        for job in platform.jobs.values().filter(|job| uses(&job.uses)) {
            wanted.insert(job.name.to_string());
        }
        if !pods_have_groups {
            // Where pods have no groups of their own, the group that lets them in is the nodes' as well. The module says so.
            wanted.insert("node".to_owned());
        }
        wanted
    };
    let holds = |network: &Network| {
        network.databases.iter().find_map(|database| {
            let (found, wanted) = (network.who_reaches(database), wanted(&database.name));
            (found != wanted).then(|| format!("{}: {found:?}, wanted {wanted:?}", database.name))
        })
    };
    assert!(!network.databases.is_empty(), "there is no database");
    assert!(network.pods.len() > 2, "{:?}", network.pods.keys());
    assert_eq!(holds(network), None);
    // Beside its own groups a pod has the cluster's, which EKS opens outwards. Nothing may hang on that.
    let mut base = network.clone();
    if pods_have_groups {
        base.rules
            .retain(|rule| rule.ingress || rule.address != MADE_BY_EKS);
        assert_eq!(holds(&base), None, "without the way out that EKS opens");
    }
    for (fault, mutant) in mutants(&base) {
        assert!(holds(&mutant).is_some(), "nobody notices: {fault}");
    }
}

/// The network with one fault each: every rule that lets somebody to a database taken away, and doors left open.
fn mutants(network: &Network) -> Vec<(String, Network)> {
    let mut mutants = Vec::new();
    for database in &network.databases {
        let of_database = |rule: &Rule| {
            database.groups.contains(&rule.group)
                || matches!(&rule.peer, Peer::Group(group) if database.groups.contains(group))
        };
        for (position, rule) in network.rules.iter().enumerate() {
            if of_database(rule) {
                let mut mutant = network.clone();
                mutant.rules.remove(position);
                mutants.push((format!("without {}", rule.address), mutant));
            }
        }
        for (name, policy) in &network.policies {
            let rules = policy["spec"]["egress"].as_array();
            for (position, rule) in rules.into_iter().flatten().enumerate() {
                if lets_out(rule, database) {
                    let mut mutant = network.clone();
                    let policy = mutant.policies.get_mut(name).expect("it is there");
                    let rules = policy["spec"]["egress"].as_array_mut();
                    rules.expect("a list").remove(position);
                    mutants.push((
                        format!("without egress {position} of policy {name}"),
                        mutant,
                    ));
                }
            }
        }
        let group = database.groups.first().expect("it has a group");
        let open = |peer: Peer| Rule {
            group: group.clone(),
            ingress: true,
            peer,
            ports: database.port..=database.port,
            address: "planted".to_owned(),
        };
        let mut mutant = network.clone();
        mutant.rules.push(open(Peer::Range(range("0.0.0.0/0"))));
        mutants.push(("open to everybody".to_owned(), mutant));
        // Planted fault 1: it admits a group that nobody has.
        let mut mutant = network.clone();
        for rule in mutant.rules.iter_mut().filter(|rule| rule.group == *group) {
            rule.peer = Peer::Group("sg-of-nobody".to_owned());
        }
        mutants.push((
            "planted fault 1: it admits a group that no pod has".to_owned(),
            mutant,
        ));
    }
    if network
        .pods
        .values()
        .all(|pod| pod.groups.contains(&network.shared_group) && pod.groups.len() == 1)
    {
        let mut mutant = network.clone();
        mutant
            .policies
            .retain(|_, policy| policy["spec"].get("egress").is_some());
        for policy in mutant.policies.values_mut() {
            if policy["metadata"]["name"] == "web" || policy["metadata"]["name"] == "dns" {
                policy["spec"]["policyTypes"] = json!(["Ingress"]);
            }
        }
        mutants.push(("without what denies by default".to_owned(), mutant));
    }
    mutants
}
