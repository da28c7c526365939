//! Clusters, and repositories of images.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Item, Listing, Maker, Scope, item};
use crate::{Client, Error, RestRequest, Service};

pub(super) const LISTINGS: &[Listing] = &[
    Listing {
        service: "EKS",
        kind: "cluster",
        list: clusters,
    },
    Listing {
        service: "ECR",
        kind: "repository",
        list: repositories,
    },
];

fn clusters(client: &Client, scope: &Scope) -> Result<Vec<Item>, Error> {
    let get = |action: &str, path: &str, query: &[(&str, &str)]| {
        client.rest_json(
            Service::Eks,
            action,
            RestRequest {
                method: "GET",
                path,
                query,
                ..RestRequest::default()
            },
        )
    };
    let mut names = Vec::new();
    let mut token = String::new();
    loop {
        let query = [("nextToken", token.as_str())];
        let query = if token.is_empty() { &[][..] } else { &query };
        let answer = get("ListClusters", "/clusters", query)?;
        names.extend(texts(&answer["clusters"]));
        match answer["nextToken"].as_str() {
            Some(next) if !next.is_empty() => next.clone_into(&mut token),
            _ => break,
        }
    }
    let mut items = Vec::new();
    for name in names {
        let answer = match get("DescribeCluster", &format!("/clusters/{name}"), &[]) {
            Err(error) if error.is_not_found() => continue,
            answer => answer?,
        };
        let cluster = &answer["cluster"];
        let tags = tag_map(&cluster["tags"]);
        // The cluster itself is ours by its name, too: nothing else would make one of this name.
        let maker = scope
            .maker(&tags)
            .or_else(|| (scope.cluster.as_deref() == Some(&name)).then_some(Maker::OpenTofu));
        if let Some(maker) = maker {
            items.push(Item {
                arn: cluster["arn"].as_str().map(str::to_owned),
                state: cluster["status"].as_str().unwrap_or_default().to_owned(),
                name: name.clone(),
                ..item(("EKS", "cluster"), &name, &tags, maker)
            });
        }
    }
    Ok(items)
}

fn repositories(client: &Client, scope: &Scope) -> Result<Vec<Item>, Error> {
    let prefix = "AmazonEC2ContainerRegistry_V20150921";
    let mut items = Vec::new();
    let mut request = json!({});
    loop {
        let target = format!("{prefix}.DescribeRepositories");
        let answer = client.json(Service::Ecr, &target, &request)?;
        for repository in answer["repositories"].as_array().into_iter().flatten() {
            let arn = repository["repositoryArn"].as_str().unwrap_or_default();
            let target = format!("{prefix}.ListTagsForResource");
            let tags = client.json(Service::Ecr, &target, &json!({ "resourceArn": arn }))?;
            let tags = tag_list(&tags["tags"], "Key", "Value");
            if let Some(maker) = scope.maker(&tags) {
                let name = repository["repositoryName"].as_str().unwrap_or_default();
                items.push(Item {
                    arn: Some(arn.to_owned()),
                    ..item(("ECR", "repository"), name, &tags, maker)
                });
            }
        }
        match &answer["nextToken"] {
            Value::String(token) => request = json!({ "nextToken": token }),
            _ => return Ok(items),
        }
    }
}

/// The texts in a list.
pub(super) fn texts(list: &Value) -> Vec<String> {
    let list = list.as_array().into_iter().flatten();
    list.filter_map(|text| text.as_str().map(str::to_owned))
        .collect()
}

/// Tags written as an object.
pub(super) fn tag_map(object: &Value) -> BTreeMap<String, String> {
    let object = object.as_object().into_iter().flatten();
    object
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect()
}

/// Tags written as a list of pairs.
pub(super) fn tag_list(list: &Value, key: &str, value: &str) -> BTreeMap<String, String> {
    let list = list.as_array().into_iter().flatten();
    list.filter_map(|tag| {
        Some((
            tag[key].as_str()?.to_owned(),
            tag[value].as_str()?.to_owned(),
        ))
    })
    .collect()
}
