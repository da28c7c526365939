//! Faults that real platforms had, by the number that each has in the list of faults to plant.

use seaworthy_aws::{Element, Service};

use crate::platform::{Platform, whole};

const NETWORK: &str = r#"
resource "aws_vpc" "this" {
  cidr_block = "10.0.0.0/16"
  tags       = { Name = "counter-staging" }
}

resource "aws_subnet" "this" {
  for_each = { a = "10.0.0.0/24", b = "10.0.1.0/24" }

  vpc_id            = aws_vpc.this.id
  cidr_block        = each.value
  availability_zone = "eu-west-3${each.key}"
}

output "vpc_id" {
  value = aws_vpc.this.id
}
"#;

/// A network that cannot be destroyed because of a load balancer that a controller made in it.
#[test]
fn planted_fault_25_what_a_controller_made_goes_before_the_network_it_is_in() {
    let platform = Platform::new(&[("network", &[], NETWORK)]);
    let applied = platform.apply();
    applied.unwrap_or_else(|error| panic!("{}", whole(&error)));
    make_a_balancer(&platform);

    let (destroyed, told) = platform.with(|session| session.destroy());
    let destroyed = destroyed.unwrap_or_else(|error| panic!("{}", whole(&error)));
    let at = |what: &str| told.iter().position(|told| told == what);
    let (balancer, network) = (
        at("network: removing load balancer k8s-ingress"),
        at("network: destroying"),
    );
    assert!(balancer.is_some() && balancer < network, "{told:#?}");
    assert_eq!(destroyed.swept.len(), 1);
    assert!(destroyed.proof.holds(), "{:#?}", destroyed.proof);
}

/// As the AWS Load Balancer Controller makes one.
fn make_a_balancer(platform: &Platform) {
    let subnets = query(
        platform,
        (Service::Ec2, "DescribeSubnets", "2016-11-15"),
        &[
            ("Filter.1.Name", "tag:platform"),
            ("Filter.1.Value.1", "counter"),
        ],
    );
    let subnets: Vec<String> = subnets
        .all("subnetSet/item/subnetId")
        .iter()
        .map(|id| id.own_text().to_owned())
        .collect();
    query(
        platform,
        (
            Service::ElasticLoadBalancingV2,
            "CreateLoadBalancer",
            "2015-12-01",
        ),
        &[
            ("Name", "k8s-ingress"),
            ("Subnets.member.1", &subnets[0]),
            ("Subnets.member.2", &subnets[1]),
            ("Tags.member.1.Key", "elbv2.k8s.aws/cluster"),
            ("Tags.member.1.Value", "counter-staging"),
        ],
    );
}

fn query(
    platform: &Platform,
    (service, action, version): (Service, &str, &str),
    parameters: &[(&str, &str)],
) -> Element {
    let parameters: Vec<(String, String)> = parameters
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let answer = platform
        .client()
        .query(service, (action, version), &parameters);
    answer.unwrap_or_else(|error| panic!("{action}: {error}"))
}
