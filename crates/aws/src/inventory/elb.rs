//! Load balancers, their target groups, and groups of machines.

use std::collections::BTreeMap;

use super::{Item, Listing, Scope, item};
use crate::{Client, Element, Error, Service};

pub(super) const LISTINGS: &[Listing] = &[
    Listing {
        service: "ELB",
        kind: "load balancer",
        list: load_balancers,
    },
    Listing {
        service: "ELB",
        kind: "target group",
        list: target_groups,
    },
    Listing {
        service: "ELB",
        kind: "classic load balancer",
        list: classic_load_balancers,
    },
    Listing {
        service: "Auto Scaling",
        kind: "group",
        list: groups,
    },
];

pub(crate) const V2: &str = "2015-12-01";
pub(crate) const CLASSIC: &str = "2012-06-01";

/// How many things one call for tags may name.
const TAGS_AT_ONCE: usize = 20;

fn load_balancers(client: &Client, scope: &Scope) -> Result<Vec<Item>, Error> {
    let path = "DescribeLoadBalancersResult/LoadBalancers/member";
    let found = pages(
        client,
        Service::ElasticLoadBalancingV2,
        ("DescribeLoadBalancers", V2),
        path,
    )?;
    let tagged = tags_of(client, &found, "LoadBalancerArn")?;
    let mut items = Vec::new();
    for (balancer, tags) in found.iter().zip(&tagged) {
        if let Some(maker) = scope.maker(tags) {
            let arn = balancer.text("LoadBalancerArn");
            items.push(Item {
                arn: Some(arn.to_owned()),
                state: balancer.text("State/Code").to_owned(),
                name: balancer.text("LoadBalancerName").to_owned(),
                ..item(("ELB", "load balancer"), arn, tags, maker)
            });
        }
    }
    Ok(items)
}

fn target_groups(client: &Client, scope: &Scope) -> Result<Vec<Item>, Error> {
    let path = "DescribeTargetGroupsResult/TargetGroups/member";
    let found = pages(
        client,
        Service::ElasticLoadBalancingV2,
        ("DescribeTargetGroups", V2),
        path,
    )?;
    let tagged = tags_of(client, &found, "TargetGroupArn")?;
    let mut items = Vec::new();
    for (group, tags) in found.iter().zip(&tagged) {
        if let Some(maker) = scope.maker(tags) {
            let arn = group.text("TargetGroupArn");
            items.push(Item {
                arn: Some(arn.to_owned()),
                name: group.text("TargetGroupName").to_owned(),
                ..item(("ELB", "target group"), arn, tags, maker)
            });
        }
    }
    Ok(items)
}

fn classic_load_balancers(client: &Client, scope: &Scope) -> Result<Vec<Item>, Error> {
    let service = Service::ElasticLoadBalancing;
    let path = "DescribeLoadBalancersResult/LoadBalancerDescriptions/member";
    let found = pages(client, service, ("DescribeLoadBalancers", CLASSIC), path)?;
    let mut items = Vec::new();
    for some in found.chunks(TAGS_AT_ONCE) {
        let names = members("LoadBalancerNames", some, "LoadBalancerName");
        let answer = client.query(service, ("DescribeTags", CLASSIC), &names)?;
        for described in answer.all("DescribeTagsResult/TagDescriptions/member") {
            let tags = tags(described, "Tags/member");
            if let Some(maker) = scope.maker(&tags) {
                let name = described.text("LoadBalancerName");
                items.push(item(("ELB", "classic load balancer"), name, &tags, maker));
            }
        }
    }
    Ok(items)
}

fn groups(client: &Client, scope: &Scope) -> Result<Vec<Item>, Error> {
    let path = "DescribeAutoScalingGroupsResult/AutoScalingGroups/member";
    let action = ("DescribeAutoScalingGroups", "2011-01-01");
    let found = pages(client, Service::AutoScaling, action, path)?;
    Ok(found
        .iter()
        .filter_map(|group| {
            let tags = tags(group, "Tags/member");
            let maker = scope.maker(&tags)?;
            Some(Item {
                state: group.text("Status").to_owned(),
                ..item(
                    ("Auto Scaling", "group"),
                    group.text("AutoScalingGroupName"),
                    &tags,
                    maker,
                )
            })
        })
        .collect())
}

/// Tags of things that are asked for by ARN, in their order.
fn tags_of(
    client: &Client,
    found: &[Element],
    arn: &str,
) -> Result<Vec<BTreeMap<String, String>>, Error> {
    let mut by_arn = BTreeMap::new();
    for some in found.chunks(TAGS_AT_ONCE) {
        let arns = members("ResourceArns", some, arn);
        let answer = client.query(Service::ElasticLoadBalancingV2, ("DescribeTags", V2), &arns)?;
        for described in answer.all("DescribeTagsResult/TagDescriptions/member") {
            let of = described.text("ResourceArn").to_owned();
            by_arn.insert(of, tags(described, "Tags/member"));
        }
    }
    Ok(found
        .iter()
        .map(|element| by_arn.get(element.text(arn)).cloned().unwrap_or_default())
        .collect())
}

/// `NAME.member.1=…` for the text at `path` of each element.
fn members(name: &str, elements: &[Element], path: &str) -> Vec<(String, String)> {
    let numbered = elements.iter().enumerate();
    numbered
        .map(|(number, element)| {
            let name = format!("{name}.member.{}", number + 1);
            (name, element.text(path).to_owned())
        })
        .collect()
}

/// Tags written as `Key` and `Value`.
pub(super) fn tags(element: &Element, path: &str) -> BTreeMap<String, String> {
    let tags = element.all(path);
    tags.iter()
        .map(|tag| (tag.text("Key").to_owned(), tag.text("Value").to_owned()))
        .collect()
}

/// Every element at `path` over all pages, of services that page by a marker or a token.
pub(super) fn pages(
    client: &Client,
    service: Service,
    action: (&str, &str),
    path: &str,
) -> Result<Vec<Element>, Error> {
    let mut parameters = Vec::new();
    let mut elements = Vec::new();
    loop {
        let answer = client.query(service, action, &parameters)?;
        elements.extend(answer.all(path).into_iter().cloned());
        let result = format!("{}Result", action.0);
        // The next page's name in the answer, and what it is called in the request.
        let next = [
            ("NextMarker", "Marker"),
            ("Marker", "Marker"),
            ("NextToken", "NextToken"),
        ];
        let next = next.iter().find_map(|(given, asked)| {
            let text = answer.text(&format!("{result}/{given}"));
            (!text.is_empty()).then(|| ((*asked).to_owned(), text.to_owned()))
        });
        match next {
            Some(next) => parameters = vec![next],
            None => return Ok(elements),
        }
    }
}
