//! What EC2 lists: networks, machines and disks. One shape of request and answer for all of it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Item, Listing, Scope, item};
use crate::{Client, Element, Error, Service};

pub(crate) const VERSION: &str = "2016-11-15";

/// How EC2 lists one kind of thing.
struct Resource {
    kind: &'static str,
    action: &'static str,
    /// The elements in the answer.
    path: &'static str,
    /// The id below an element.
    id: &'static str,
    /// The state below an element; empty: it has none.
    state: &'static str,
    /// States in which it is as good as gone.
    gone: &'static [&'static str],
    /// Where the tags are.
    tags: &'static str,
}

macro_rules! listings {
    ($($name:ident: $kind:literal, $action:literal, $path:literal, $id:literal, $state:literal, $gone:expr, $tags:literal;)*) => {
        $(
            const $name: Resource = Resource {
                kind: $kind, action: $action, path: $path, id: $id, state: $state, gone: $gone, tags: $tags,
            };
        )*
        pub(super) const LISTINGS: &[Listing] = &[$(
            Listing { service: "EC2", kind: $kind, list: |client, scope| list(client, scope, &$name) },
        )*];
    };
}

listings! {
    INSTANCES: "instance", "DescribeInstances", "reservationSet/item/instancesSet/item", "instanceId", "instanceState/name", &["terminated"], "tagSet/item";
    VOLUMES: "volume", "DescribeVolumes", "volumeSet/item", "volumeId", "status", &["deleted"], "tagSet/item";
    INTERFACES: "network interface", "DescribeNetworkInterfaces", "networkInterfaceSet/item", "networkInterfaceId", "status", &[], "tagSet/item";
    GROUPS: "security group", "DescribeSecurityGroups", "securityGroupInfo/item", "groupId", "", &[], "tagSet/item";
    TEMPLATES: "launch template", "DescribeLaunchTemplates", "launchTemplates/item", "launchTemplateId", "", &[], "tagSet/item";
    NATS: "NAT gateway", "DescribeNatGateways", "natGatewaySet/item", "natGatewayId", "state", &["deleted"], "tagSet/item";
    ADDRESSES: "elastic IP", "DescribeAddresses", "addressesSet/item", "allocationId", "", &[], "tagSet/item";
    ENDPOINTS: "VPC endpoint", "DescribeVpcEndpoints", "vpcEndpointSet/item", "vpcEndpointId", "state", &["deleted"], "tagSet/item";
    GATEWAYS: "internet gateway", "DescribeInternetGateways", "internetGatewaySet/item", "internetGatewayId", "", &[], "tagSet/item";
    TABLES: "route table", "DescribeRouteTables", "routeTableSet/item", "routeTableId", "", &[], "tagSet/item";
    LISTS: "network ACL", "DescribeNetworkAcls", "networkAclSet/item", "networkAclId", "", &[], "tagSet/item";
    SUBNETS: "subnet", "DescribeSubnets", "subnetSet/item", "subnetId", "", &[], "tagSet/item";
    FLOW_LOGS: "flow log", "DescribeFlowLogs", "flowLogSet/item", "flowLogId", "", &[], "tagSet/item";
    VPCS: "VPC", "DescribeVpcs", "vpcSet/item", "vpcId", "", &[], "tagSet/item";
}

/// Tags whose presence or value EC2 can look for itself, so that an account of thousands is not read whole.
fn filters(scope: &Scope) -> Vec<Vec<(String, String)>> {
    let filter = |pairs: &[(String, String)]| {
        let mut parameters = Vec::new();
        for (number, (name, value)) in pairs.iter().enumerate() {
            let number = number + 1;
            parameters.push((format!("Filter.{number}.Name"), name.clone()));
            parameters.push((format!("Filter.{number}.Value.1"), value.clone()));
        }
        parameters
    };
    let mut filters = Vec::new();
    if !scope.tags.is_empty() {
        let tags: Vec<(String, String)> = scope
            .tags
            .iter()
            .map(|(name, value)| (format!("tag:{name}"), value.clone()))
            .collect();
        filters.push(filter(&tags));
    }
    if let Some(cluster) = &scope.cluster {
        // Any tag that has the cluster's name as its value, or in its own name.
        filters.push(filter(&[("tag-value".to_owned(), cluster.clone())]));
        let owned = format!("kubernetes.io/cluster/{cluster}");
        filters.push(filter(&[("tag-key".to_owned(), owned)]));
    }
    filters
}

fn list(client: &Client, scope: &Scope, kind: &Resource) -> Result<Vec<Item>, Error> {
    let mut items = BTreeSet::new();
    for filter in filters(scope) {
        for element in pages(client, kind.action, &filter, kind.path)? {
            let tags = tags(&element, kind.tags);
            let state = if kind.state.is_empty() {
                ""
            } else {
                element.text(kind.state)
            };
            if kind.gone.contains(&state) {
                continue;
            }
            if let Some(maker) = scope.maker(&tags) {
                items.insert(Item {
                    state: state.to_owned(),
                    ..item(("EC2", kind.kind), element.text(kind.id), &tags, maker)
                });
            }
        }
    }
    Ok(items.into_iter().collect())
}

/// Every element at `path`, over all pages of an answer.
pub(crate) fn pages(
    client: &Client,
    action: &str,
    parameters: &[(String, String)],
    path: &str,
) -> Result<Vec<Element>, Error> {
    let mut parameters = parameters.to_vec();
    let mut elements = Vec::new();
    loop {
        let answer = client.query(Service::Ec2, (action, VERSION), &parameters)?;
        elements.extend(answer.all(path).into_iter().cloned());
        let token = answer.text("nextToken").to_owned();
        if token.is_empty() {
            return Ok(elements);
        }
        parameters.retain(|(name, _)| name != "NextToken");
        parameters.push(("NextToken".to_owned(), token));
    }
}

/// Tags written as `key` and `value` below each element at `path`.
pub(crate) fn tags(element: &Element, path: &str) -> BTreeMap<String, String> {
    let tags = element.all(path);
    tags.iter()
        .map(|tag| (tag.text("key").to_owned(), tag.text("value").to_owned()))
        .collect()
}
