//! The Resource Groups Tagging API: everything with the platform's tags, of services that have no listing here.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::containers::tag_list;
use super::{Item, Listing, Scope, item};
use crate::{Client, Error, Service};

const SERVICE: &str = "other services";

pub(super) const LISTINGS: &[Listing] = &[Listing {
    service: SERVICE,
    kind: "anything tagged",
    list,
}];

/// Services whose own listings above are complete, and fresher than this one.
const LISTED_APART: &[&str] = &[
    "ec2",
    "elasticloadbalancing",
    "autoscaling",
    "secretsmanager",
    "kms",
    "s3",
    "logs",
    "sqs",
    "ecr",
];

fn list(client: &Client, scope: &Scope) -> Result<Vec<Item>, Error> {
    if scope.tags.is_empty() {
        return Ok(Vec::new());
    }
    let filters: Vec<Value> = scope
        .tags
        .iter()
        .map(|(name, value)| json!({ "Key": name, "Values": [value] }))
        .collect();
    let mut request = json!({ "TagFilters": filters });
    let mut items = Vec::new();
    loop {
        let target = "ResourceGroupsTaggingAPI_20170126.GetResources";
        let answer = client.json(Service::Tagging, target, &request)?;
        for resource in answer["ResourceTagMappingList"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let arn = resource["ResourceARN"].as_str().unwrap_or_default();
            let service = arn.split(':').nth(2).unwrap_or_default();
            let tags = tag_list(&resource["Tags"], "Key", "Value");
            // Asked for again, as an emulator may filter less strictly.
            if LISTED_APART.contains(&service) {
                continue;
            }
            if let Some(maker) = scope.maker(&tags) {
                items.push(Item {
                    arn: Some(arn.to_owned()),
                    ..item((SERVICE, "resource"), arn, &tags, maker)
                });
            }
        }
        match answer["PaginationToken"].as_str() {
            Some(token) if !token.is_empty() => request["PaginationToken"] = json!(token),
            _ => return Ok(items),
        }
    }
}

/// Leaves out what a service's own listing has found as well.
pub(super) fn leave_out_twins(items: &mut Vec<Item>) {
    let known: HashSet<String> = items
        .iter()
        .filter(|item| item.service != SERVICE)
        .filter_map(|item| item.arn.clone())
        .collect();
    items.retain(|item| {
        item.service != SERVICE || !item.arn.as_ref().is_some_and(|arn| known.contains(arn))
    });
}
