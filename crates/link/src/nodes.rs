//! The nodes of clusters: groups with their labels, taints and sizes, and the workloads that may run on them.

use std::sync::Arc;

use seaworthy_facts::kubernetes::{Cluster, PodTemplate};
use seaworthy_facts::terraform::{Resource, Root};
use seaworthy_facts::{Span, Value};

use crate::{World, environment};

/// A group of nodes that a configuration makes.
#[derive(Debug, Clone)]
pub struct NodeGroup<'a> {
    /// The configuration.
    pub root: &'a Root,
    /// The resource.
    pub resource: &'a Resource,
    /// What it is called: its name where it is known, else its address.
    pub name: Arc<str>,
    /// Its taints.
    pub taints: Vec<Taint<'a>>,
    /// Some taints are not known.
    pub hidden_taints: bool,
    /// The instance types, where they are known.
    pub instance_types: Vec<&'a Value>,
    /// How many nodes it starts with.
    pub desired: Option<&'a Value>,
    /// At least so many.
    pub min: Option<&'a Value>,
    /// At most so many.
    pub max: Option<&'a Value>,
}

/// A taint: pods without a toleration for it stay away.
#[derive(Debug, Clone)]
pub struct Taint<'a> {
    /// Its key.
    pub key: &'a str,
    /// Its value; empty where it has none.
    pub value: &'a str,
    /// `NoSchedule`, as Kubernetes writes it.
    pub effect: Box<str>,
    /// Where it is said.
    pub span: Span,
}

/// The node groups of every configuration.
pub fn groups(world: &World) -> Vec<NodeGroup<'_>> {
    let roots = world.facts.terraform.roots.iter();
    roots
        .flat_map(|root| {
            root.resources("aws_eks_node_group")
                .map(move |resource| group(root, resource))
        })
        .collect()
}

/// The node groups that the objects of a cluster run on: those of the configurations of the same environment, or all
/// where environments do not tell. Empty where no configuration makes nodes.
pub fn under<'a>(world: &'a World, cluster: &Cluster) -> Vec<NodeGroup<'a>> {
    let all = groups(world);
    let Some(wanted) = environment_of(cluster) else {
        return all;
    };
    let of = |group: &NodeGroup<'_>| environment::of_root(group.root, &world.sources);
    let same: Vec<_> = all
        .iter()
        .filter(|group| of(group) == Some(wanted))
        .cloned()
        .collect();
    if !same.is_empty() {
        return same;
    }
    all.into_iter()
        .filter(|group| of(group).is_none())
        .collect()
}

/// The environment that the name of a cluster of objects says.
pub fn environment_of(cluster: &Cluster) -> Option<&'static str> {
    cluster
        .environment
        .as_deref()
        .and_then(environment::of_name)
        .or_else(|| environment::of_name(&cluster.name))
}

fn group<'a>(root: &'a Root, resource: &'a Resource) -> NodeGroup<'a> {
    let blocks = resource.at("taint");
    let mut hidden_taints = blocks.is_some_and(Value::is_unknown);
    let mut taints = Vec::new();
    for block in blocks.map_or(&[][..], Value::each) {
        let text = |name: &str| block.get(name).and_then(Value::str);
        match (text("key"), text("effect")) {
            (Some(key), Some(effect)) => taints.push(Taint {
                key,
                value: text("value").unwrap_or_default(),
                effect: effect_name(effect),
                span: block.get("key").map_or(block.span, |key| key.span),
            }),
            _ => hidden_taints = true,
        }
    }
    let size = |name: &str| resource.at(&format!("scaling_config.{name}"));
    NodeGroup {
        root,
        resource,
        name: resource
            .str("node_group_name")
            .map_or_else(|| resource.address.clone(), Arc::from),
        taints,
        hidden_taints,
        instance_types: resource
            .at("instance_types")
            .map_or(Vec::new(), |types| types.each().iter().collect()),
        desired: size("desired_size"),
        min: size("min_size"),
        max: size("max_size"),
    }
}

/// AWS writes `NO_SCHEDULE` where Kubernetes writes `NoSchedule`.
fn effect_name(effect: &str) -> Box<str> {
    match effect {
        "NO_SCHEDULE" => "NoSchedule",
        "NO_EXECUTE" => "NoExecute",
        "PREFER_NO_SCHEDULE" => "PreferNoSchedule",
        other => other,
    }
    .into()
}

impl NodeGroup<'_> {
    /// The taints that keep pods away; one that only prefers does not.
    pub fn hard_taints(&self) -> impl Iterator<Item = &Taint<'_>> {
        self.taints
            .iter()
            .filter(|taint| &*taint.effect != "PreferNoSchedule")
    }

    /// The value that nodes of this group have for a label; `None` where it has none or it is not known.
    pub fn label(&self, key: &str) -> Option<&Value> {
        self.resource.at("labels")?.get(key)
    }

    /// Whether every label is known.
    pub fn labels_known(&self) -> bool {
        self.resource.at("labels").is_none_or(Value::is_known)
    }

    /// In how many subnets its nodes can be; `None` where that is not known.
    pub fn n_subnets(&self) -> Option<usize> {
        let subnets = self.resource.at("subnet_ids")?;
        (!subnets.is_unknown()).then(|| subnets.items().len())
    }
}

impl Taint<'_> {
    /// Whether a toleration of a pod, an item of `tolerations`, lets it stay.
    pub fn is_tolerated_by(&self, toleration: &Value) -> bool {
        let text = |name: &str| toleration.get(name).and_then(Value::scalar);
        // What is not known may be the one.
        if toleration.is_unknown()
            || ["key", "operator", "value", "effect"]
                .iter()
                .any(|name| toleration.get(name).is_some_and(Value::is_unknown))
        {
            return true;
        }
        let effect =
            text("effect").is_none_or(|effect| effect.is_empty() || *effect == *self.effect);
        let key = text("key").unwrap_or_default();
        let exists = text("operator").as_deref() == Some("Exists");
        let fits = if key.is_empty() {
            exists
        } else {
            key == self.key && (exists || text("value").unwrap_or_default() == self.value)
        };
        effect && fits
    }
}

/// Whether pods tolerate a taint.
pub fn tolerates(pods: PodTemplate<'_>, taint: &Taint<'_>) -> bool {
    let Some(tolerations) = pods.spec.get("tolerations") else {
        return false;
    };
    tolerations.is_unknown() || tolerations.items().iter().any(|t| taint.is_tolerated_by(t))
}

/// Whether something makes nodes beside the groups: Karpenter, by its chart, its module or its objects; groups of
/// their own; Fargate.
pub fn made_otherwise(world: &World) -> bool {
    let by_chart = world.facts.kubernetes.clusters.iter().any(|cluster| {
        let chart = |release: &seaworthy_facts::kubernetes::Release| {
            release
                .chart
                .text()
                .is_none_or(|chart| chart.can_be("karpenter"))
        };
        let object = |object: &seaworthy_facts::kubernetes::Object| {
            matches!(
                &*object.kind,
                "NodePool" | "Provisioner" | "NodeClaim" | "MachineDeployment"
            )
        };
        cluster.releases.iter().any(chart) || cluster.objects.iter().any(object)
    });
    let by_configuration = world.facts.terraform.roots.iter().any(|root| {
        let module = root.calls.iter().any(|call| {
            call.registry
                .as_deref()
                .is_some_and(|registry| registry.contains("karpenter"))
        });
        let own = root
            .resources("aws_autoscaling_group")
            .any(|group| !group.from_summary);
        module || own || root.resources("aws_eks_fargate_profile").next().is_some()
    });
    by_chart || by_configuration
}
