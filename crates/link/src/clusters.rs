//! What clusters are called: where a configuration makes them, and where charts and agents are told.

use std::sync::Arc;

use seaworthy_facts::terraform::{Resource, Root};
use seaworthy_facts::{Same, Sources, Span, Text, Value};

use crate::{World, environment};

/// A cluster that a configuration makes.
#[derive(Debug, Clone)]
pub struct MadeCluster<'a> {
    /// The configuration.
    pub root: &'a Root,
    /// The address of the resource, or of the module that makes it.
    pub address: Arc<str>,
    /// Its name.
    pub name: Text,
    /// Where the name is said.
    pub span: Span,
    /// The value of the name, where there is one.
    pub value: &'a Value,
    /// The environment of the configuration, else that which the name says.
    pub environment: Option<&'static str>,
}

/// Whether a name can be that of a cluster that is made here.
#[derive(Debug)]
pub enum Match<'a> {
    /// It is, or it can be; the cluster.
    Fits(MadeCluster<'a>),
    /// No cluster made here is called so. The one that it is most likely meant for, if there is one.
    Misses(Option<MadeCluster<'a>>),
    /// No cluster is made here, or a name is not known.
    Unknown,
}

impl MadeCluster<'_> {
    /// Where the name is put together: the step nearest to the cluster that does more than pass a value on, else where
    /// the value is first written.
    pub fn written(&self, sources: &Sources) -> Span {
        let steps = || {
            let behind = self.value.trail.steps().map(|step| step.span);
            std::iter::once(self.span).chain(behind)
        };
        let is_made = |span: &Span| {
            let text = sources.slice(*span);
            text.contains("${") || text.contains('(')
        };
        steps()
            .find(is_made)
            .or_else(|| steps().last())
            .unwrap_or(self.span)
    }
}

/// Whether a cluster is, or may be, in Auto Mode: AWS brings its nodes, its volumes' driver and its metrics.
pub fn is_auto(eks: &Resource) -> bool {
    eks.at("compute_config.enabled")
        .is_some_and(|value| value.bool() != Some(false))
}

/// Every EKS cluster that is made here, by resource or by module.
pub fn made(world: &World) -> Vec<MadeCluster<'_>> {
    let mut clusters: Vec<MadeCluster<'_>> = Vec::new();
    for root in &world.facts.terraform.roots {
        let environment = environment::of_root(root, &world.sources);
        let mut found = Vec::new();
        for call in &root.calls {
            let registry = call.registry.as_deref().unwrap_or_default();
            let name = match registry {
                "terraform-aws-modules/eks/aws" => call
                    .arguments
                    .get("cluster_name")
                    .or_else(|| call.arguments.get("name")),
                "aws-ia/eks-blueprints/aws" => call.arguments.get("cluster_name"),
                _ => None,
            };
            if let Some(name) = name {
                found.push((call.address.clone(), name));
            }
        }
        for resource in root.resources("aws_eks_cluster") {
            // One that a module's summary made up is there by its call already.
            if resource.from_summary {
                continue;
            }
            if let Some(name) = resource.at("name") {
                found.push((resource.address.clone(), name));
            }
        }
        for (address, value) in found {
            let Some(name) = value.text() else { continue };
            clusters.push(MadeCluster {
                root,
                address,
                environment: environment.or_else(|| environment::of_name(name.known_suffix())),
                name,
                span: value.span,
                value,
            });
        }
    }
    clusters
}

/// Holds a name that a chart or an agent is told against the clusters that are made here. `environment` is that of the
/// place where it is told.
pub fn named<'a>(world: &'a World, name: &Text, environment: Option<&str>) -> Match<'a> {
    let Some(literal) = name.literal() else {
        return Match::Unknown;
    };
    let clusters = made(world);
    if clusters.is_empty() {
        return Match::Unknown;
    }
    let same = |cluster: &&MadeCluster<'_>| cluster.name.same(name) != Same::Never;
    let of_here = |cluster: &&MadeCluster<'_>| {
        environment.is_none() || cluster.environment.is_none() || cluster.environment == environment
    };
    // A name whose holes are not known fits everything; a cluster of another environment with just this name does not.
    if let Some(fits) = clusters.iter().find(|c| same(c) && of_here(c)) {
        return Match::Fits(fits.clone());
    }
    if environment.is_some()
        && let Some(other) = clusters.iter().find(|c| same(c))
        && !clusters.iter().any(|c| c.environment == environment)
    {
        // Nothing here is of that environment: the name is taken for right.
        return Match::Fits(other.clone());
    }
    let mut candidates: Vec<&MadeCluster<'_>> = clusters
        .iter()
        .filter(|cluster| environment.is_some() && cluster.environment == environment)
        .collect();
    if candidates.is_empty() {
        candidates = clusters.iter().collect();
    }
    let shared = |cluster: &&&MadeCluster<'_>| {
        cluster
            .name
            .to_string()
            .bytes()
            .zip(literal.bytes())
            .take_while(|(a, b)| a == b)
            .count()
    };
    let best = candidates.iter().max_by_key(shared).copied().cloned();
    // Of several, one must resemble the name; else it is not known which was meant.
    let best = best.filter(|best| candidates.len() == 1 || shared(&&best) > 2);
    Match::Misses(best)
}
