//! What controllers in a cluster make and OpenTofu does not know.

use seaworthy_aws::{Client, Element, Service};

use crate::place::Place;
use crate::states::{States, text};

const EC2: &str = "2016-11-15";
const BALANCERS: &str = "2015-12-01";

/// Makes an instance as Karpenter does, a balancer as the load balancer controller, a volume as the EBS driver, and a
/// network interface as the VPC CNI; gives the kind and name of each.
pub(crate) fn plant(place: &Place) -> Vec<(&'static str, String)> {
    let client = place.client();
    let states = States::of(place);
    let cluster = text(states.output("cluster", "cluster_name")).to_owned();
    assert!(!cluster.is_empty(), "it has a cluster");
    let subnets = states.output("network", "private_subnet_ids");
    let subnets: Vec<&str> = subnets
        .as_object()
        .expect("by zone")
        .values()
        .map(text)
        .collect();
    let owned = (format!("kubernetes.io/cluster/{cluster}"), "owned");

    let instance = ec2(
        &client,
        "RunInstances",
        &[
            ("ImageId", "ami-12c6146b"),
            ("MinCount", "1"),
            ("MaxCount", "1"),
            ("SubnetId", subnets[0]),
        ],
        Some(("instance", &owned.0, owned.1)),
    );
    let volume = ec2(
        &client,
        "CreateVolume",
        &[("Size", "1"), ("AvailabilityZone", "eu-west-3a")],
        Some(("volume", "KubernetesCluster", &cluster)),
    );
    let interface = ec2(
        &client,
        "CreateNetworkInterface",
        &[("SubnetId", subnets[0])],
        Some((
            "network-interface",
            "cluster.k8s.amazonaws.com/name",
            &cluster,
        )),
    );
    let balancer = format!("k8s-{}", &cluster[cluster.len().saturating_sub(20)..]);
    query(
        &client,
        (
            Service::ElasticLoadBalancingV2,
            "CreateLoadBalancer",
            BALANCERS,
        ),
        &[
            ("Name", &balancer),
            ("Subnets.member.1", subnets[0]),
            ("Subnets.member.2", subnets[1]),
            ("Tags.member.1.Key", "elbv2.k8s.aws/cluster"),
            ("Tags.member.1.Value", &cluster),
        ],
    );
    let id = |element: &Element, path: &str| {
        let id = element.text(path).to_owned();
        assert!(!id.is_empty(), "{element:?}");
        id
    };
    vec![
        ("instance", id(&instance, "instancesSet/item/instanceId")),
        ("volume", id(&volume, "volumeId")),
        (
            "network interface",
            id(&interface, "networkInterface/networkInterfaceId"),
        ),
        ("load balancer", balancer),
    ]
}

/// What costs money or holds a network: none is left in the whole account, whatever its tags or names say. Network
/// interfaces are left out: the emulator keeps those of gateways and instances that are gone.
pub(crate) fn nothing_is_left(client: &Client) {
    for (action, path, state, gone) in [
        (
            "DescribeInstances",
            "reservationSet/item/instancesSet/item",
            "instanceState/name",
            "terminated",
        ),
        ("DescribeVolumes", "volumeSet/item", "status", "deleted"),
        (
            "DescribeNatGateways",
            "natGatewaySet/item",
            "state",
            "deleted",
        ),
        ("DescribeAddresses", "addressesSet/item", "domain", ""),
        (
            "DescribeVpcEndpoints",
            "vpcEndpointSet/item",
            "state",
            "deleted",
        ),
        (
            "DescribeLaunchTemplates",
            "launchTemplates/item",
            "launchTemplateId",
            "",
        ),
        // The account's own network is not ours.
        ("DescribeVpcs", "vpcSet/item", "isDefault", "true"),
    ] {
        let answer = ec2(client, action, &[], None);
        let left: Vec<String> = answer
            .all(path)
            .into_iter()
            .filter(|element| element.text(state) != gone)
            .map(|element| format!("{element:?}"))
            .collect();
        assert!(left.is_empty(), "{action}: {left:#?}");
    }
    for (service, version, action, path) in [
        (
            Service::ElasticLoadBalancingV2,
            BALANCERS,
            "DescribeLoadBalancers",
            "DescribeLoadBalancersResult/LoadBalancers/member",
        ),
        (
            Service::Rds,
            "2014-10-31",
            "DescribeDBInstances",
            "DescribeDBInstancesResult/DBInstances/DBInstance",
        ),
        (
            Service::Rds,
            "2014-10-31",
            "DescribeDBClusters",
            "DescribeDBClustersResult/DBClusters/DBCluster",
        ),
    ] {
        let answer = query(client, (service, action, version), &[]);
        assert!(answer.all(path).is_empty(), "{action}: {answer:?}");
    }
}

fn ec2(
    client: &Client,
    action: &str,
    parameters: &[(&str, &str)],
    tag: Option<(&str, &str, &str)>,
) -> Element {
    let mut parameters = parameters.to_vec();
    if let Some((kind, key, value)) = tag {
        parameters.extend([
            ("TagSpecification.1.ResourceType", kind),
            ("TagSpecification.1.Tag.1.Key", key),
            ("TagSpecification.1.Tag.1.Value", value),
        ]);
    }
    query(client, (Service::Ec2, action, EC2), &parameters)
}

fn query(
    client: &Client,
    (service, action, version): (Service, &str, &str),
    parameters: &[(&str, &str)],
) -> Element {
    let parameters: Vec<(String, String)> = parameters
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    client
        .query(service, (action, version), &parameters)
        .unwrap_or_else(|error| panic!("{action}: {error}"))
}
