//! What an EKS cluster has to make volumes with.

use seaworthy_facts::kubernetes::Cluster;
use seaworthy_facts::terraform::{Resource, Root};
use seaworthy_facts::{Span, Value};
use seaworthy_link::nodes::environment_of;
use seaworthy_link::{World, environment};

/// The EKS cluster that objects go to: the only one, or the one of the same environment.
pub(super) fn under<'a>(world: &'a World, cluster: &Cluster) -> Option<(&'a Root, &'a Resource)> {
    let all: Vec<_> = world.facts.terraform.resources("aws_eks_cluster").collect();
    if let [only] = all.as_slice() {
        return Some(*only);
    }
    let wanted = environment_of(cluster)?;
    let mut fits = all
        .into_iter()
        .filter(|(root, _)| environment::of_root(root, &world.sources) == Some(wanted));
    let first = fits.next()?;
    fits.next().is_none().then_some(first)
}

/// Its minor version: 30 for `1.30`.
pub(super) fn minor(eks: &Resource) -> Option<(u32, &Value)> {
    let value = eks.at("version")?;
    let text = value.scalar()?;
    let minor = text.strip_prefix("1.")?.parse().ok()?;
    Some((minor, value))
}

/// Where the place of the cluster is that says so: the version, else its header.
pub(super) fn place(eks: &Resource) -> Span {
    eks.at("version").map_or(eks.span, |version| version.span)
}
