//! What holds data or keeps it: databases and their snapshots, secrets, keys, backups, buckets, logs. Much of it does
//! not go at once, on purpose, and says until when.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::containers::{tag_list, tag_map, texts};
use super::elb::{pages, tags};
use super::{Item, Listing, Maker, Scope, day, item};
use crate::{Client, Error, RestRequest, Service};

pub(super) const LISTINGS: &[Listing] = &[
    Listing {
        service: "RDS",
        kind: "instance",
        list: |client, scope| list_rds(client, scope, &INSTANCES),
    },
    Listing {
        service: "RDS",
        kind: "cluster",
        list: |client, scope| list_rds(client, scope, &CLUSTERS),
    },
    Listing {
        service: "RDS",
        kind: "snapshot",
        list: |client, scope| list_rds(client, scope, &SNAPSHOTS),
    },
    Listing {
        service: "RDS",
        kind: "cluster snapshot",
        list: |client, scope| list_rds(client, scope, &CLUSTER_SNAPSHOTS),
    },
    Listing {
        service: "Secrets Manager",
        kind: "secret",
        list: secrets,
    },
    Listing {
        service: "KMS",
        kind: "key",
        list: keys,
    },
    Listing {
        service: "Backup",
        kind: "vault",
        list: vaults,
    },
    Listing {
        service: "S3",
        kind: "bucket",
        list: buckets,
    },
    Listing {
        service: "CloudWatch Logs",
        kind: "log group",
        list: log_groups,
    },
    Listing {
        service: "SQS",
        kind: "queue",
        list: queues,
    },
];

/// How RDS lists one kind of thing.
struct RdsKind {
    kind: &'static str,
    action: &'static str,
    path: &'static str,
    id: &'static str,
    arn: &'static str,
    state: &'static str,
}

const INSTANCES: RdsKind = RdsKind {
    kind: "instance",
    action: "DescribeDBInstances",
    path: "DescribeDBInstancesResult/DBInstances/DBInstance",
    id: "DBInstanceIdentifier",
    arn: "DBInstanceArn",
    state: "DBInstanceStatus",
};
const CLUSTERS: RdsKind = RdsKind {
    kind: "cluster",
    action: "DescribeDBClusters",
    path: "DescribeDBClustersResult/DBClusters/DBCluster",
    id: "DBClusterIdentifier",
    arn: "DBClusterArn",
    state: "Status",
};
const SNAPSHOTS: RdsKind = RdsKind {
    kind: "snapshot",
    action: "DescribeDBSnapshots",
    path: "DescribeDBSnapshotsResult/DBSnapshots/DBSnapshot",
    id: "DBSnapshotIdentifier",
    arn: "DBSnapshotArn",
    state: "Status",
};
const CLUSTER_SNAPSHOTS: RdsKind = RdsKind {
    kind: "cluster snapshot",
    action: "DescribeDBClusterSnapshots",
    path: "DescribeDBClusterSnapshotsResult/DBClusterSnapshots/DBClusterSnapshot",
    id: "DBClusterSnapshotIdentifier",
    arn: "DBClusterSnapshotArn",
    state: "Status",
};

fn list_rds(client: &Client, scope: &Scope, kind: &RdsKind) -> Result<Vec<Item>, Error> {
    let found = pages(client, Service::Rds, (kind.action, "2014-10-31"), kind.path)?;
    Ok(found
        .iter()
        .filter_map(|element| {
            let id = element.text(kind.id);
            let tags = tags(element, "TagList/Tag");
            // A final snapshot carries its database's tags only where the database says so; its name is ours.
            let maker = scope.maker_by_tags_or_name(&tags, id)?;
            Some(Item {
                arn: Some(element.text(kind.arn).to_owned()),
                state: element.text(kind.state).to_owned(),
                ..item(("RDS", kind.kind), id, &tags, maker)
            })
        })
        .collect())
}

fn secrets(client: &Client, scope: &Scope) -> Result<Vec<Item>, Error> {
    let mut items = Vec::new();
    let mut request = json!({ "IncludePlannedDeletion": true });
    loop {
        let answer = client.json(
            Service::SecretsManager,
            "secretsmanager.ListSecrets",
            &request,
        )?;
        for secret in answer["SecretList"].as_array().into_iter().flatten() {
            let tags = tag_list(&secret["Tags"], "Key", "Value");
            let name = secret["Name"].as_str().unwrap_or_default();
            if let Some(maker) = scope.maker(&tags) {
                let deleted = day(secret["DeletedDate"].as_f64());
                items.push(Item {
                    arn: secret["ARN"].as_str().map(str::to_owned),
                    state: if deleted.is_some() {
                        "deleted".to_owned()
                    } else {
                        String::new()
                    },
                    until: deleted,
                    ..item(("Secrets Manager", "secret"), name, &tags, maker)
                });
            }
        }
        match &answer["NextToken"] {
            Value::String(token) => request["NextToken"] = json!(token),
            _ => return Ok(items),
        }
    }
}

fn keys(client: &Client, scope: &Scope) -> Result<Vec<Item>, Error> {
    let mut items = Vec::new();
    let mut request = json!({});
    loop {
        let answer = client.json(Service::Kms, "TrentService.ListKeys", &request)?;
        for key in answer["Keys"].as_array().into_iter().flatten() {
            items.extend(describe_key(client, scope, &key["KeyId"])?);
        }
        match &answer["NextMarker"] {
            Value::String(marker) => request = json!({ "Marker": marker }),
            _ => return Ok(items),
        }
    }
}

fn describe_key(client: &Client, scope: &Scope, key: &Value) -> Result<Option<Item>, Error> {
    let request = json!({ "KeyId": key });
    let tags = match client.json(Service::Kms, "TrentService.ListResourceTags", &request) {
        // Keys of AWS itself, and of whoever shut us out, are not ours.
        Err(error) if error.is_denied() || error.is_not_found() => return Ok(None),
        answer => tag_list(&answer?["Tags"], "TagKey", "TagValue"),
    };
    let Some(maker) = scope.maker(&tags) else {
        return Ok(None);
    };
    let answer = client.json(Service::Kms, "TrentService.DescribeKey", &request)?;
    let key = &answer["KeyMetadata"];
    Ok(Some(Item {
        arn: key["Arn"].as_str().map(str::to_owned),
        state: key["KeyState"].as_str().unwrap_or_default().to_owned(),
        until: day(key["DeletionDate"].as_f64()),
        ..item(
            ("KMS", "key"),
            key["KeyId"].as_str().unwrap_or_default(),
            &tags,
            maker,
        )
    }))
}

fn vaults(client: &Client, scope: &Scope) -> Result<Vec<Item>, Error> {
    let get = |action: &str, path: &str| {
        client.rest_json(
            Service::Backup,
            action,
            RestRequest {
                method: "GET",
                path,
                ..RestRequest::default()
            },
        )
    };
    let answer = get("ListBackupVaults", "/backup-vaults/")?;
    let mut items = Vec::new();
    for vault in answer["BackupVaultList"].as_array().into_iter().flatten() {
        let name = vault["BackupVaultName"].as_str().unwrap_or_default();
        let arn = vault["BackupVaultArn"].as_str().unwrap_or_default();
        let tags = get("ListTags", &format!("/tags/{arn}"))?;
        let tags = tag_map(&tags["Tags"]);
        if let Some(maker) = scope.maker(&tags) {
            items.push(Item {
                arn: Some(arn.to_owned()),
                state: match vault["NumberOfRecoveryPoints"].as_u64() {
                    None | Some(0) => String::new(),
                    Some(n) => format!("holds {n} recovery points"),
                },
                ..item(("Backup", "vault"), name, &tags, maker)
            });
        }
    }
    Ok(items)
}

fn buckets(client: &Client, scope: &Scope) -> Result<Vec<Item>, Error> {
    let mut items = Vec::new();
    for name in client.bucket_names()? {
        // A bucket of ours may be named as the team likes, so that every bucket is asked for its tags.
        let bucket = client.bucket_of_caller(&name);
        let tags: BTreeMap<String, String> = match bucket.tags() {
            // In another region, or closed to us.
            Err(error) if error.is_denied() || is_elsewhere(&error) => continue,
            tags => tags?.into_iter().collect(),
        };
        if let Some(maker) = scope.maker(&tags) {
            let locked = bucket.retention()?;
            items.push(Item {
                state: locked
                    .map(|lasts| format!("objects are locked for {lasts}"))
                    .unwrap_or_default(),
                ..item(("S3", "bucket"), &name, &tags, maker)
            });
        }
    }
    Ok(items)
}

fn is_elsewhere(error: &Error) -> bool {
    matches!(
        error,
        Error::Call {
            status: 301 | 307 | 400,
            ..
        }
    )
}

fn log_groups(client: &Client, scope: &Scope) -> Result<Vec<Item>, Error> {
    let mut items = Vec::new();
    let mut request = json!({});
    loop {
        let answer = client.json(
            Service::CloudWatchLogs,
            "Logs_20140328.DescribeLogGroups",
            &request,
        )?;
        for group in answer["logGroups"].as_array().into_iter().flatten() {
            let name = group["logGroupName"].as_str().unwrap_or_default();
            // Only those that could be ours are asked for their tags: an account has thousands.
            let ours = !scope.name_prefix.is_empty() && name.contains(&scope.name_prefix);
            if !ours {
                continue;
            }
            let arn = group["arn"].as_str().unwrap_or_default();
            let arn = arn.strip_suffix(":*").unwrap_or(arn);
            let tags = client.json(
                Service::CloudWatchLogs,
                "Logs_20140328.ListTagsForResource",
                &json!({ "resourceArn": arn }),
            )?;
            let tags = tag_map(&tags["tags"]);
            // EKS makes its log group again when a cluster ends after it was deleted, without any tag.
            let maker = scope.maker(&tags).or_else(|| {
                let untagged = tags.is_empty();
                untagged.then(|| scope.by_part_of_name(name)).flatten()
            });
            if let Some(maker) = maker {
                let kept = group["retentionInDays"].as_u64();
                items.push(Item {
                    arn: Some(arn.to_owned()),
                    state: kept
                        .map(|days| format!("lines are kept {days} days"))
                        .unwrap_or_default(),
                    ..item(("CloudWatch Logs", "log group"), name, &tags, maker)
                });
            }
        }
        match &answer["nextToken"] {
            Value::String(token) => request = json!({ "nextToken": token }),
            _ => return Ok(items),
        }
    }
}

fn queues(client: &Client, scope: &Scope) -> Result<Vec<Item>, Error> {
    let request = json!({ "QueueNamePrefix": scope.name_prefix });
    let answer = client.json(Service::Sqs, "AmazonSQS.ListQueues", &request)?;
    let mut items = Vec::new();
    for url in texts(&answer["QueueUrls"]) {
        let request = json!({ "QueueUrl": url });
        let tags = match client.json(Service::Sqs, "AmazonSQS.ListQueueTags", &request) {
            Err(error) if error.is_not_found() => continue,
            tags => tag_map(&tags?["Tags"]),
        };
        if let Some(maker) = scope.maker(&tags) {
            let name = url.rsplit('/').next().unwrap_or(&url);
            items.push(Item {
                name: name.to_owned(),
                ..item(("SQS", "queue"), &url, &tags, maker)
            });
        }
    }
    Ok(items)
}

impl Scope {
    /// Decided by the tags where it has any of ours, and by the name where it has none: an environment `production-blue`
    /// must not be taken for `production`.
    pub(super) fn maker_by_tags_or_name(
        &self,
        tags: &BTreeMap<String, String>,
        name: &str,
    ) -> Option<Maker> {
        if self.tags.keys().any(|key| tags.contains_key(key)) {
            return self.maker(tags);
        }
        self.maker(tags).or_else(|| self.by_name(name))
    }

    /// Ours by how its name begins: `counter-production-…`, and not `counter-production2`.
    pub(super) fn by_name(&self, name: &str) -> Option<Maker> {
        let rest = name.strip_prefix(&self.name_prefix)?;
        let ours = !self.name_prefix.is_empty() && (rest.is_empty() || rest.starts_with('-'));
        ours.then_some(Maker::OpenTofu)
    }

    /// Ours by a segment of its name: `/aws/eks/counter-production/cluster`.
    fn by_part_of_name(&self, name: &str) -> Option<Maker> {
        name.split('/').find_map(|part| self.by_name(part))
    }
}
