//! What of a platform there is in an account and a region: a listing per service, to prove that nothing is left.
//!
//! Each service has its listing, since tags alone do not reach everything, and what reaches all (the Resource Groups
//! Tagging API) lags behind by minutes and knows neither instances that end nor keys that wait for their deletion.
//! A listing gives what [`Scope`] says belongs to the platform, nothing of anybody else.

mod containers;
mod data;
pub(crate) mod ec2;
pub(crate) mod elb;
mod iam;
mod tagged;

use std::collections::BTreeMap;

use crate::{Client, Error};

/// What belongs to the platform whose remains are looked for.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Tags that all must be there: what OpenTofu made.
    pub tags: BTreeMap<String, String>,
    /// The Kubernetes cluster's name: what controllers made in its name.
    pub cluster: Option<String>,
    /// How names begin where a thing has no tags.
    pub name_prefix: String,
}

/// Something that is there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Item {
    /// The service: `EC2`, `RDS`.
    pub service: &'static str,
    /// What it is: `load balancer`, `volume`.
    pub kind: &'static str,
    /// Its id or name, as a person would look for it.
    pub id: String,
    /// Its ARN, where the listing says it.
    pub arn: Option<String>,
    /// Its state, in AWS's word; empty where it has none.
    pub state: String,
    /// Who made it, as far as its tags tell.
    pub maker: Maker,
    /// When it goes by itself, in words; `None`: it stays.
    pub until: Option<String>,
    /// The Name tag, or whatever people call it; may be the id.
    pub name: String,
    /// The root that made it, by its tag.
    pub root: Option<String>,
}

/// Who made a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Maker {
    /// OpenTofu: it carries the platform's tags.
    OpenTofu,
    /// A controller in the cluster: it carries the cluster's tags.
    Controller,
}

/// A listing that could not be made.
#[derive(Debug)]
pub struct Unseen {
    /// The service whose listing it is.
    pub service: &'static str,
    /// What was to be listed.
    pub kind: &'static str,
    /// Why it could not be.
    pub error: Error,
}

/// Everything that was found, and what could not be looked at.
#[derive(Debug, Default)]
pub struct Inventory {
    /// What is there, by service and kind.
    pub items: Vec<Item>,
    /// Which listings were made, by service and kind, those that found nothing included.
    pub seen: Vec<(&'static str, &'static str)>,
    /// Which were not: these places are not proven empty.
    pub unseen: Vec<Unseen>,
}

/// One listing.
struct Listing {
    service: &'static str,
    kind: &'static str,
    list: fn(&Client, &Scope) -> Result<Vec<Item>, Error>,
}

impl Client {
    /// Lists everything of a platform. A listing that fails is told in the result and does not hinder the others.
    pub fn inventory(&self, scope: &Scope) -> Inventory {
        self.inventory_of(scope, |_| true)
    }

    /// Lists only the kinds that `wanted` accepts.
    pub(crate) fn inventory_of(&self, scope: &Scope, wanted: impl Fn(&str) -> bool) -> Inventory {
        let mut inventory = Inventory::default();
        let listings = [
            ec2::LISTINGS,
            elb::LISTINGS,
            containers::LISTINGS,
            data::LISTINGS,
            iam::LISTINGS,
            tagged::LISTINGS,
        ];
        for listing in listings.into_iter().flatten() {
            if !wanted(listing.kind) {
                continue;
            }
            match (listing.list)(self, scope) {
                Ok(items) => {
                    inventory.seen.push((listing.service, listing.kind));
                    inventory.items.extend(items);
                }
                Err(error) => inventory.unseen.push(Unseen {
                    service: listing.service,
                    kind: listing.kind,
                    error,
                }),
            }
        }
        inventory.items.sort();
        tagged::leave_out_twins(&mut inventory.items);
        inventory
    }
}

impl Scope {
    /// Who of us made the thing with these tags; `None`: it is not ours.
    pub fn maker(&self, tags: &BTreeMap<String, String>) -> Option<Maker> {
        let ours = !self.tags.is_empty()
            && self
                .tags
                .iter()
                .all(|(name, value)| tags.get(name) == Some(value));
        if ours {
            return Some(Maker::OpenTofu);
        }
        let cluster = self.cluster.as_deref()?;
        is_of_cluster(tags, cluster).then_some(Maker::Controller)
    }
}

/// Tags by which controllers mark what they make for a cluster. Sources: the documentation of the AWS Load Balancer
/// Controller, the EBS CSI driver, Karpenter, the VPC CNI and EKS Auto Mode.
fn is_of_cluster(tags: &BTreeMap<String, String>, cluster: &str) -> bool {
    const NAMED_BY_VALUE: &[&str] = &[
        "elbv2.k8s.aws/cluster",
        "eks:cluster-name",
        "eks:eks-cluster-name",
        "aws:eks:cluster-name",
        "karpenter.k8s.aws/cluster",
        "cluster.k8s.amazonaws.com/name",
        "KubernetesCluster",
    ];
    // `shared` is what a cluster uses and did not make.
    tags.get(&format!("kubernetes.io/cluster/{cluster}"))
        .is_some_and(|value| value == "owned")
        || NAMED_BY_VALUE
            .iter()
            .any(|name| tags.get(*name).is_some_and(|value| value == cluster))
}

/// An item with what its tags tell.
fn item(
    (service, kind): (&'static str, &'static str),
    id: &str,
    tags: &BTreeMap<String, String>,
    maker: Maker,
) -> Item {
    Item {
        service,
        kind,
        id: id.to_owned(),
        arn: None,
        state: String::new(),
        maker,
        until: None,
        name: tags.get("Name").map_or(id, String::as_str).to_owned(),
        root: tags.get("root").cloned(),
    }
}

/// Seconds since 1970, as services with JSON write times, as a day.
fn day(seconds: Option<f64>) -> Option<String> {
    let seconds = seconds.filter(|seconds| *seconds > 0.0)?;
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs_f64(seconds);
    let text = humantime::format_rfc3339_seconds(time).to_string();
    Some(text[..10].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn only_what_carries_every_tag_or_the_clusters_is_of_the_platform() {
        let scope = Scope {
            tags: tags(&[("platform", "counter"), ("environment", "production")]),
            cluster: Some("counter-production".to_owned()),
            name_prefix: "counter-production".to_owned(),
        };
        let maker = |pairs: &[(&str, &str)]| scope.maker(&tags(pairs));
        let ours = [
            ("environment", "production"),
            ("platform", "counter"),
            ("root", "data"),
        ];
        assert_eq!(maker(&ours), Some(Maker::OpenTofu));
        assert_eq!(maker(&[("platform", "counter")]), None);
        assert_eq!(
            maker(&[("platform", "counter"), ("environment", "development")]),
            None
        );
        let owned = [("kubernetes.io/cluster/counter-production", "owned")];
        assert_eq!(maker(&owned), Some(Maker::Controller));
        let shared = [("kubernetes.io/cluster/counter-production", "shared")];
        assert_eq!(maker(&shared), None);
        let other = [("elbv2.k8s.aws/cluster", "counter-production-b")];
        assert_eq!(maker(&other), None);
    }

    #[test]
    fn a_scope_without_tags_owns_nothing() {
        assert_eq!(Scope::default().maker(&tags(&[("a", "b")])), None);
    }
}
