//! The proof that nothing is left: what each service still lists, and why it may.

use seaworthy_aws::inventory::{Inventory, Item};

use crate::Target;

/// What is left of an environment.
#[derive(Debug)]
pub struct Proof {
    /// What stays on purpose.
    pub explained: Vec<Remnant>,
    /// What should not be there.
    pub unexplained: Vec<Item>,
    /// What was looked at: service and kind.
    pub seen: Vec<(&'static str, &'static str)>,
    /// What could not be looked at, and why.
    pub unseen: Vec<String>,
}

/// Something that stays on purpose.
#[derive(Debug, Clone)]
pub struct Remnant {
    /// What it is.
    pub item: Item,
    /// Why it is there, until when, and how it goes earlier.
    pub why: String,
}

impl Proof {
    /// Whether everything was looked at, and nothing is there that should not be.
    pub fn holds(&self) -> bool {
        self.unexplained.is_empty() && self.unseen.is_empty()
    }

    pub(crate) fn of(target: &Target, inventory: Inventory) -> Self {
        let mut explained = Vec::new();
        let mut unexplained = Vec::new();
        for item in inventory.items {
            match explanation(target, &item) {
                Some(why) => explained.push(Remnant { item, why }),
                None => unexplained.push(item),
            }
        }
        Self {
            explained,
            unexplained,
            seen: inventory.seen,
            unseen: inventory
                .unseen
                .into_iter()
                .map(|unseen| format!("{} {}: {}", unseen.service, unseen.kind, unseen.error))
                .collect(),
        }
    }
}

/// Why something may be there; `None`: it may not.
fn explanation(target: &Target, item: &Item) -> Option<String> {
    if let Some(until) = &item.until {
        return Some(match item.service {
            "KMS" => format!(
                "pending deletion until {until}, so that what it encrypted can still be saved"
            ),
            _ => format!("deleted, and recoverable until {until}"),
        });
    }
    match (item.service, item.kind) {
        ("RDS", "snapshot") => Some(format!(
            "the final snapshot, kept until you delete it: `aws rds delete-db-snapshot --region {} --db-snapshot-identifier {}`",
            target.region, item.id
        )),
        ("RDS", "cluster snapshot") => Some(format!(
            "the final snapshot, kept until you delete it: `aws rds delete-db-cluster-snapshot --region {} --db-cluster-snapshot-identifier {}`",
            target.region, item.id
        )),
        ("S3", "bucket") if item.state.contains("locked") => Some(format!(
            "{}; it can be deleted when the last lock has ended",
            item.state
        )),
        ("Backup", "vault") if item.state.starts_with("holds") => Some(format!(
            "{}, each kept as long as its plan said",
            item.state
        )),
        // It is billed until its minutes are over, and goes by itself.
        ("EC2", "instance") if item.state == "shutting-down" => Some("is ending".to_owned()),
        ("EC2", "NAT gateway") if item.state == "deleting" => Some("is being deleted".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use seaworthy_aws::inventory::Maker;

    use super::*;

    fn target() -> Target {
        Target {
            folder: "/platform".into(),
            platform: "counter".to_owned(),
            environment: "staging".to_owned(),
            account: "111111111111".to_owned(),
            region: "eu-west-3".to_owned(),
            protected: false,
            name_prefix: "counter-staging".to_owned(),
            cluster: "counter-staging".to_owned(),
            tags: BTreeMap::new(),
            roots: Vec::new(),
        }
    }

    fn item(service: &'static str, kind: &'static str, until: Option<&str>) -> Item {
        Item {
            service,
            kind,
            id: "x".to_owned(),
            arn: None,
            state: String::new(),
            maker: Maker::OpenTofu,
            until: until.map(str::to_owned),
            name: "x".to_owned(),
            root: None,
        }
    }

    #[test]
    fn what_stays_on_purpose_is_told_from_what_should_not_be_there() {
        let inventory = Inventory {
            items: vec![
                item("KMS", "key", Some("2026-12-21")),
                item("RDS", "snapshot", None),
                item("EC2", "volume", None),
            ],
            ..Inventory::default()
        };
        let proof = Proof::of(&target(), inventory);
        assert!(!proof.holds());
        assert_eq!(proof.unexplained.len(), 1);
        assert_eq!(proof.unexplained[0].kind, "volume");
        assert!(proof.explained[0].why.contains("2026-12-21"));
        assert!(proof.explained[1].why.contains("delete-db-snapshot"));
        assert!(Proof::of(&target(), Inventory::default()).holds());
    }
}
