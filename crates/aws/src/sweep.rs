//! Removes what controllers made in a cluster's name and what nobody will remove once the cluster is gone: load
//! balancers, machines, network interfaces, disks, and security groups, in the order in which each frees the next.
//!
//! OpenTofu does not know these things, and a network cannot be destroyed while they are in it.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use crate::inventory::{Item, Maker, Scope, ec2, elb};
use crate::{Client, Error, Service};

/// How long things may take to be gone: a machine ends within a few minutes, a balancer's interfaces after it.
const PATIENCE: Duration = Duration::from_mins(15);
const PAUSE: Duration = Duration::from_secs(5);

/// What is swept together, in this order: each frees the next.
const WAVES: &[&[&str]] = &[
    &["load balancer", "classic load balancer"],
    &["target group"],
    &["instance"],
    &["launch template", "network interface"],
    &["volume"],
    &["security group"],
];

/// What a sweep tells while it goes on.
#[derive(Debug)]
pub enum Step<'a> {
    /// It is asked to go.
    Remove(&'a Item),
    /// So many of a wave are still there.
    Wait(usize),
}

/// Why a sweep ended early.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// It could not be listed what there is.
    #[error("what controllers made cannot be listed ({what})")]
    List {
        /// The listing.
        what: &'static str,
        /// Why.
        #[source]
        source: Error,
    },
    /// One thing does not go.
    #[error("{kind} `{id}` cannot be removed")]
    Remove {
        /// What it is.
        kind: &'static str,
        /// Which.
        id: String,
        /// Why.
        #[source]
        source: Error,
    },
    /// They were told to go, and are still there.
    #[error("still there after {} minutes: {}", PATIENCE.as_secs() / 60, left.join(", "))]
    Wait {
        /// Which.
        left: Vec<String>,
    },
}

/// What controllers made for a cluster, and would keep its network from being destroyed.
///
/// # Errors
/// When a listing fails.
pub fn leftovers(client: &Client, scope: &Scope) -> Result<Vec<Item>, SweepError> {
    let only_cluster = Scope {
        tags: std::collections::BTreeMap::new(),
        ..scope.clone()
    };
    if only_cluster.cluster.is_none() {
        return Ok(Vec::new());
    }
    let kinds: BTreeSet<&str> = WAVES.iter().flat_map(|wave| wave.iter().copied()).collect();
    let listed = client.inventory_of(&only_cluster, |kind| kinds.contains(kind));
    if let Some(unseen) = listed.unseen.into_iter().next() {
        return Err(SweepError::List {
            what: unseen.kind,
            source: unseen.error,
        });
    }
    // What carries the platform's tags and its root's as well is OpenTofu's: a node group's template. Controllers pass
    // the platform's tags on to what they make, and no root's.
    let known = client.inventory_of(scope, |kind| kinds.contains(kind));
    let of_tofu: BTreeSet<&str> = known
        .items
        .iter()
        .filter(|item| item.maker == Maker::OpenTofu && item.root.is_some())
        .map(|item| item.id.as_str())
        .collect();
    let mut items = listed.items;
    items.retain(|item| !of_tofu.contains(item.id.as_str()));
    Ok(items)
}

/// Removes what [`leftovers`] lists, wave by wave, until nothing is left.
///
/// # Errors
/// When something cannot be listed, is not allowed to go, or does not go in time.
pub fn sweep(
    client: &Client,
    scope: &Scope,
    tell: &mut dyn FnMut(Step<'_>),
) -> Result<Vec<Item>, SweepError> {
    let mut removed = Vec::new();
    for wave in WAVES {
        let until = Instant::now() + PATIENCE;
        let mut asked = BTreeSet::new();
        loop {
            let mut left = leftovers(client, scope)?;
            left.retain(|item| wave.contains(&item.kind) && !is_going(item, &asked));
            let in_the_way = left.len();
            for item in left {
                if asked.contains(&item.id) {
                    continue;
                }
                tell(Step::Remove(&item));
                match remove(client, &item) {
                    Ok(()) => {
                        asked.insert(item.id.clone());
                        removed.push(item);
                    }
                    // What uses it is on its way: asked again in a moment.
                    Err(error) if is_in_use(&error) && Instant::now() < until => {}
                    Err(error) if error.is_not_found() => {}
                    Err(source) => {
                        return Err(SweepError::Remove {
                            kind: item.kind,
                            id: item.id,
                            source,
                        });
                    }
                }
            }
            if in_the_way == 0 {
                break;
            }
            let left: Vec<String> = leftovers(client, scope)?
                .into_iter()
                .filter(|item| wave.contains(&item.kind) && !is_gone_enough(item))
                .map(|item| format!("{} {}", item.kind, item.id))
                .collect();
            if left.is_empty() {
                break;
            }
            if Instant::now() >= until {
                return Err(SweepError::Wait { left });
            }
            tell(Step::Wait(left.len()));
            thread::sleep(PAUSE);
        }
    }
    Ok(removed)
}

/// An instance that is told to end is listed until it has.
fn is_going(item: &Item, asked: &BTreeSet<String>) -> bool {
    item.state == "shutting-down" && asked.contains(&item.id)
}

fn is_gone_enough(item: &Item) -> bool {
    item.state == "deleting"
}

fn is_in_use(error: &Error) -> bool {
    error.code().is_some_and(|code| {
        [
            "DependencyViolation",
            "ResourceInUse",
            "VolumeInUse",
            "InvalidParameterValue",
            "InvalidNetworkInterface.InUse",
            "IncorrectState",
        ]
        .contains(&code)
    })
}

fn remove(client: &Client, item: &Item) -> Result<(), Error> {
    let one = |name: &str| vec![(name.to_owned(), item.id.clone())];
    let ec2 = |action: &str, parameters: &[(String, String)]| {
        client.query(Service::Ec2, (action, ec2::VERSION), parameters)
    };
    let v2 = Service::ElasticLoadBalancingV2;
    match item.kind {
        "load balancer" => {
            // A controller may have set the balancer's own protection.
            let mut protection = one("LoadBalancerArn");
            protection.push((
                "Attributes.member.1.Key".to_owned(),
                "deletion_protection.enabled".to_owned(),
            ));
            protection.push(("Attributes.member.1.Value".to_owned(), "false".to_owned()));
            client.query(v2, ("ModifyLoadBalancerAttributes", elb::V2), &protection)?;
            client.query(v2, ("DeleteLoadBalancer", elb::V2), &one("LoadBalancerArn"))?;
        }
        "classic load balancer" => {
            let service = Service::ElasticLoadBalancing;
            let name = one("LoadBalancerName");
            client.query(service, ("DeleteLoadBalancer", elb::CLASSIC), &name)?;
        }
        "target group" => {
            client.query(v2, ("DeleteTargetGroup", elb::V2), &one("TargetGroupArn"))?;
        }
        "instance" => {
            ec2("TerminateInstances", &one("InstanceId.1"))?;
        }
        "launch template" => {
            ec2("DeleteLaunchTemplate", &one("LaunchTemplateId"))?;
        }
        "network interface" => {
            ec2("DeleteNetworkInterface", &one("NetworkInterfaceId"))?;
        }
        "volume" => {
            ec2("DeleteVolume", &one("VolumeId"))?;
        }
        "security group" => {
            // Groups that name each other in their rules hold each other.
            revoke_all(client, &item.id)?;
            ec2("DeleteSecurityGroup", &one("GroupId"))?;
        }
        _ => {}
    }
    Ok(())
}

/// Takes a group's own rules away, and the rules of other groups that name it.
fn revoke_all(client: &Client, group: &str) -> Result<(), Error> {
    for (filter, ingress_only) in [("group-id", false), ("referenced-group-id", true)] {
        let parameters = [
            ("Filter.1.Name".to_owned(), filter.to_owned()),
            ("Filter.1.Value.1".to_owned(), group.to_owned()),
        ];
        let path = "securityGroupRuleSet/item";
        let rules = match ec2::pages(client, "DescribeSecurityGroupRules", &parameters, path) {
            // An emulator may not know the second filter; then the deletion says what is in the way.
            Err(error) if ingress_only && error.code().is_some() => continue,
            rules => rules?,
        };
        for rule in rules {
            let action = if rule.text("isEgress") == "true" {
                "RevokeSecurityGroupEgress"
            } else {
                "RevokeSecurityGroupIngress"
            };
            let parameters = [
                ("GroupId".to_owned(), rule.text("groupId").to_owned()),
                (
                    "SecurityGroupRuleId.1".to_owned(),
                    rule.text("securityGroupRuleId").to_owned(),
                ),
            ];
            match client.query(Service::Ec2, (action, ec2::VERSION), &parameters) {
                Err(error) if !error.is_not_found() => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}
