//! What an earlier run left when it was killed: an OpenTofu that still works, a lock that nobody holds any more, and
//! things in AWS that no state knows.

use std::collections::{BTreeMap, BTreeSet};

use seaworthy_aws::inventory::{Item, Scope};
use serde_json::Value;

use crate::journal::{Unfinished, entries, unfinished};
use crate::state::State;
use crate::tofu::{lines, wait_for_end};
use crate::{Error, Event, Root, Session, lock};

/// What OpenTofu made, or was making, when it was killed, and what its state does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orphan {
    /// The root's folder.
    pub folder: String,
    /// The address that it belongs to; `None`: it carries the root's tags, and nothing says which it is.
    pub address: Option<String>,
    /// What to import it by; `None`: it was being made, and it is not known whether it is there.
    pub id: Option<String>,
    /// What it is.
    pub kind: String,
}

impl std::fmt::Display for Orphan {
    /// The command that takes it into the state.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.address, &self.id) {
            (Some(address), Some(id)) => {
                write!(f, "tofu -chdir={} import '{address}' '{id}'", self.folder)
            }
            (Some(address), None) => write!(
                f,
                "{address} was being made: look whether it is there ({}), then import or leave it",
                self.kind
            ),
            (None, id) => write!(
                f,
                "{} `{}` carries the tags of {} and is in no state",
                self.kind,
                id.as_deref().unwrap_or("?"),
                self.folder
            ),
        }
    }
}

/// How a step of OpenTofu ended, as its log tells.
#[derive(Debug, Default)]
struct Story {
    /// It came to its own end.
    ended: bool,
    /// What was made: the address, and the id it got.
    made: BTreeMap<String, String>,
    /// What was begun and of which nothing more is said.
    begun: BTreeSet<String>,
}

impl Session<'_> {
    /// Clears up after a run that was killed: waits for its OpenTofu, takes away its locks, and finds what is in no
    /// state. Gives the folders of the roots in which it was interrupted.
    pub(crate) fn clear_up(&self, import: bool) -> Result<Vec<String>, Error> {
        let mut interrupted = Vec::new();
        for step in unfinished(&entries(self.target)?) {
            let Some(root) = self.target.root(&step.root) else {
                continue;
            };
            self.tell(Event::Note(format!(
                "an earlier run was interrupted in `{}` ({})",
                root.name, step.since
            )));
            interrupted.push(root.folder.clone());
            for log in ["apply", "destroy"] {
                self.clear_up_step(root, &step, log, import)?;
            }
        }
        Ok(interrupted)
    }

    fn clear_up_step(
        &self,
        root: &Root,
        step: &Unfinished,
        name: &str,
        import: bool,
    ) -> Result<(), Error> {
        let place = self.place(root);
        let log = self.log(&place, name)?;
        if !log.exists() {
            return Ok(());
        }
        wait_for_end(&log, || {
            self.tell(Event::Note(format!(
                "its OpenTofu still works in `{}`: waiting for its end",
                root.name
            )));
        });
        let story = Story::read(&lines(&log));
        if story.ended {
            return Ok(());
        }
        self.take_lock_away(root, step)?;
        // What is destroyed and still recorded is found gone by the next plan.
        if name == "destroy" {
            return Ok(());
        }
        let orphans = self.orphans(root, &story)?;
        if orphans.is_empty() {
            return Ok(());
        }
        if !import {
            return Err(Error::Orphans {
                root: root.name.clone(),
                orphans,
            });
        }
        self.init(&place)?;
        for orphan in orphans {
            if let (Some(address), Some(id)) = (&orphan.address, &orphan.id) {
                self.tell(Event::Note(format!("importing {address}")));
                self.ask(
                    &place,
                    &["import", "-input=false", "-no-color", address, id],
                )?;
            }
        }
        Ok(())
    }

    /// Takes away the lock of an OpenTofu that was killed: taken by the same person on the same machine after the step
    /// began, whose process is gone.
    fn take_lock_away(&self, root: &Root, step: &Unfinished) -> Result<(), Error> {
        for held in lock::locks(self.client(), self.target)? {
            let same = held.key == root.lock_key()
                && held.holder.who == self.settings.who
                && held.holder.since.get(..19) >= step.since.get(..19);
            if same {
                self.tell(Event::Note(format!(
                    "its lock on `{}` is taken away ({})",
                    root.name, held.holder.id
                )));
                lock::remove(self.client(), self.target, &held)?;
            }
        }
        Ok(())
    }

    fn orphans(&self, root: &Root, story: &Story) -> Result<Vec<Orphan>, Error> {
        let state = State::read(self.client(), self.target, root)?.unwrap_or_default();
        let known: BTreeSet<&str> = state
            .resources
            .iter()
            .map(|managed| managed.address.as_str())
            .collect();
        let mut known_ids: BTreeSet<String> = BTreeSet::new();
        for managed in &state.resources {
            for key in ["id", "arn", "name", "allocation_id"] {
                known_ids.extend(managed.attributes[key].as_str().map(str::to_owned));
            }
        }
        let orphan = |address: &str, id: Option<&str>| Orphan {
            folder: root.folder.clone(),
            address: Some(address.to_owned()),
            id: id.map(str::to_owned),
            kind: kind_of(address).to_owned(),
        };
        let mut orphans: Vec<Orphan> = story
            .made
            .iter()
            .filter(|(address, _)| !known.contains(address.as_str()))
            .map(|(address, id)| orphan(address, Some(id)))
            .collect();
        let made: BTreeSet<&String> = story.made.values().collect();
        let begun: BTreeSet<&str> = story.begun.iter().map(|address| kind_of(address)).collect();
        // What was under way may be there: by the tags of this root, and in no state.
        let mut tags = self.target.tags.clone();
        tags.insert("root".to_owned(), root.name.clone());
        let scope = Scope {
            tags,
            cluster: None,
            name_prefix: String::new(),
        };
        let mut unknown: Vec<Item> = self.client().inventory(&scope).items;
        unknown.retain(|item| {
            begun.iter().any(|kind| is_of_type(item, kind))
                && !known_ids.contains(&item.id)
                && !made.contains(&item.id)
                && item.until.is_none()
                && !item.arn.as_ref().is_some_and(|arn| known_ids.contains(arn))
        });
        for address in story
            .begun
            .iter()
            .filter(|address| !known.contains(address.as_str()))
        {
            // The only thing of its kind that nobody knows is the one that was being made.
            let of_kind: Vec<usize> = (0..unknown.len())
                .filter(|index| is_of_type(&unknown[*index], kind_of(address)))
                .collect();
            match of_kind.as_slice() {
                [index] => {
                    let item = unknown.remove(*index);
                    orphans.push(orphan(address, Some(import_id(&item))));
                }
                [] => {}
                _ => orphans.push(orphan(address, None)),
            }
        }
        orphans.extend(unknown.into_iter().map(|item| Orphan {
            folder: root.folder.clone(),
            address: None,
            id: Some(item.id),
            kind: format!("{} {}", item.service, item.kind),
        }));
        Ok(orphans)
    }
}

impl Story {
    fn read(lines: &[Value]) -> Self {
        let mut story = Self::default();
        for line in lines {
            let hook = &line["hook"];
            let address = hook["resource"]["addr"].as_str().unwrap_or_default();
            match line["type"].as_str().unwrap_or_default() {
                "apply_start" if hook["action"] == "create" => {
                    story.begun.insert(address.to_owned());
                }
                "apply_complete" if hook["action"] == "create" => {
                    story.begun.remove(address);
                    if let Some(id) = hook["id_value"].as_str() {
                        story.made.insert(address.to_owned(), id.to_owned());
                    }
                }
                "apply_errored" => {
                    story.begun.remove(address);
                }
                "change_summary" if line["changes"]["operation"] != "plan" => story.ended = true,
                // An error that ends it is the last thing it says, after the state was written.
                "diagnostic" if line["diagnostic"]["severity"] == "error" => story.ended = true,
                _ => {}
            }
        }
        story
    }
}

/// `aws_vpc` of `module.network.aws_vpc.this["a"]`.
fn kind_of(address: &str) -> &str {
    let parts = address.split('.');
    parts
        .into_iter()
        .find(|part| part.starts_with("aws_"))
        .unwrap_or(address)
}

/// What OpenTofu imports a listed thing by.
fn import_id(item: &Item) -> &str {
    match (item.service, item.kind, &item.arn) {
        ("Secrets Manager", _, Some(arn)) | ("IAM", "policy", Some(arn)) => arn,
        _ => &item.id,
    }
}

/// Whether a thing that was listed may be a resource of a type.
fn is_of_type(item: &Item, kind: &str) -> bool {
    let listed = match (item.service, item.kind) {
        ("EC2", "instance") => "aws_instance",
        ("EC2", "volume") => "aws_ebs_volume",
        ("EC2", "network interface") => "aws_network_interface",
        ("EC2", "security group") => "aws_security_group",
        ("EC2", "launch template") => "aws_launch_template",
        ("EC2", "NAT gateway") => "aws_nat_gateway",
        ("EC2", "elastic IP") => "aws_eip",
        ("EC2", "VPC endpoint") => "aws_vpc_endpoint",
        ("EC2", "internet gateway") => "aws_internet_gateway",
        ("EC2", "route table") => "aws_route_table",
        ("EC2", "network ACL") => "aws_network_acl",
        ("EC2", "subnet") => "aws_subnet",
        ("EC2", "flow log") => "aws_flow_log",
        ("EC2", "VPC") => "aws_vpc",
        ("ELB", "load balancer") => "aws_lb",
        ("ELB", "target group") => "aws_lb_target_group",
        ("Auto Scaling", "group") => "aws_autoscaling_group",
        ("EKS", "cluster") => "aws_eks_cluster",
        ("ECR", "repository") => "aws_ecr_repository",
        ("RDS", "instance") => "aws_db_instance",
        ("RDS", "cluster") => "aws_rds_cluster",
        ("Secrets Manager", "secret") => "aws_secretsmanager_secret",
        ("KMS", "key") => "aws_kms_key",
        ("Backup", "vault") => "aws_backup_vault",
        ("S3", "bucket") => "aws_s3_bucket",
        ("CloudWatch Logs", "log group") => "aws_cloudwatch_log_group",
        ("SQS", "queue") => "aws_sqs_queue",
        ("IAM", "role") => "aws_iam_role",
        ("IAM", "policy") => "aws_iam_policy",
        ("IAM", "instance profile") => "aws_iam_instance_profile",
        _ => return false,
    };
    listed == kind
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn line(kind: &str, address: &str, id: &str) -> Value {
        json!({ "type": kind, "hook": { "resource": { "addr": address }, "action": "create", "id_key": "id", "id_value": id } })
    }

    #[test]
    fn the_log_tells_what_was_made_and_what_was_under_way() {
        let story = Story::read(&[
            line("apply_start", "aws_vpc.a", ""),
            line("apply_start", "aws_eip.b", ""),
            line("apply_start", "aws_eip.c", ""),
            line("apply_complete", "aws_vpc.a", "vpc-1"),
            line("apply_errored", "aws_eip.c", ""),
        ]);
        assert!(!story.ended);
        assert_eq!(story.made["aws_vpc.a"], "vpc-1");
        assert_eq!(story.begun.iter().collect::<Vec<_>>(), ["aws_eip.b"]);
        let summary = json!({ "type": "change_summary", "changes": { "operation": "apply" } });
        assert!(Story::read(&[summary]).ended);
        let planned = json!({ "type": "change_summary", "changes": { "operation": "plan" } });
        assert!(!Story::read(&[planned]).ended);
    }

    #[test]
    fn an_orphan_is_shown_as_the_command_that_imports_it() {
        let orphan = Orphan {
            folder: "infra/production/network".to_owned(),
            address: Some("module.network.aws_subnet.this[\"eu-west-3a\"]".to_owned()),
            id: Some("subnet-1".to_owned()),
            kind: "aws_subnet".to_owned(),
        };
        assert_eq!(
            orphan.to_string(),
            "tofu -chdir=infra/production/network import 'module.network.aws_subnet.this[\"eu-west-3a\"]' 'subnet-1'"
        );
    }
}
