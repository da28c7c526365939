//! An autoscaler or controller is told another cluster's name.

use seaworthy_facts::kubernetes::{Cluster, Object, PodTemplate};
use seaworthy_facts::{Text, Value};
use seaworthy_link::World;
use seaworthy_link::clusters::{Match, named};
use seaworthy_link::nodes::environment_of;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "autoscaler-wrong-cluster-name",
    severity: Severity::Breaks,
    page: include_str!("autoscaler-wrong-cluster-name.md"),
    check,
};

/// A cluster's name that something which acts on the cluster is told.
struct Told<'a> {
    value: &'a Value,
    name: Text,
    /// Who is told, and what becomes of it when the name is another's.
    who: String,
    otherwise: &'a str,
}

fn check(world: &World, findings: &mut Vec<Finding>) {
    for cluster in &world.facts.kubernetes.clusters {
        let environment = environment_of(cluster);
        let told = by_values(world, cluster).chain(by_flag(cluster));
        for told in told {
            let name = &told.name;
            let Match::Misses(Some(made)) = named(world, name, environment) else {
                continue;
            };
            findings.push(
                Finding::new(format!(
                    "{} is told cluster `{name}`, and the cluster is called `{}`: it {}",
                    told.who, made.name, told.otherwise
                ))
                .at(told.value.span, "no cluster made here has this name")
                .and(
                    made.written(&world.sources),
                    format!("`{}` is `{}`", made.address, made.name),
                )
                .trail(made.value)
                .about([
                    told.who.clone(),
                    name.to_string(),
                    cluster.name.to_string(),
                ]),
            );
        }
    }
}

/// Charts that act on the nodes or load balancers of the cluster whose name their values say.
fn by_values<'a>(world: &'a World, cluster: &'a Cluster) -> impl Iterator<Item = Told<'a>> {
    cluster.releases.iter().flat_map(|release| {
        let chart = release.chart.str().unwrap_or_default();
        let places = world.knowledge.told_cluster_names(chart);
        places.filter_map(move |place| {
            let otherwise = place.otherwise.as_deref()?;
            let value = release.values.at(&place.path)?;
            Some(Told {
                value,
                name: value.text()?,
                who: format!("`{chart}`"),
                otherwise,
            })
        })
    })
}

/// The cluster autoscaler as a plain manifest, by the flag that tells it.
fn by_flag(cluster: &Cluster) -> impl Iterator<Item = Told<'_>> {
    cluster
        .workloads()
        .filter_map(Object::pods)
        .flat_map(PodTemplate::containers)
        .flat_map(|container| ["command", "args"].map(|key| container.get(key)))
        .flatten()
        .flat_map(Value::items)
        .filter_map(|word| {
            Some(Told {
                value: word,
                name: discovered(word.str()?)?.into(),
                who: "the cluster autoscaler".to_owned(),
                otherwise: "finds no node group to scale",
            })
        })
}

/// The cluster in `--node-group-auto-discovery=asg:tag=k8s.io/cluster-autoscaler/enabled,k8s.io/cluster-autoscaler/NAME`.
fn discovered(word: &str) -> Option<&str> {
    let tags = word.strip_prefix("--node-group-auto-discovery=asg:tag=")?;
    tags.split(',')
        .filter_map(|tag| tag.trim().strip_prefix("k8s.io/cluster-autoscaler/"))
        .map(|name| name.split('=').next().unwrap_or(name))
        .find(|name| !matches!(*name, "enabled" | "node-template"))
        .filter(|name| !name.contains(['<', '$', '{', '/']) && !name.is_empty())
}
