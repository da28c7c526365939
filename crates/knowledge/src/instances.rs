//! Instance types of EC2, as far as nodes of a cluster are concerned, and what add-ons run on them.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::{Date, Knowledge};

/// An instance type.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instance {
    /// How many pods the VPC CNI gives addresses to, without prefix delegation.
    pub pods: u32,
    /// Virtual CPUs.
    pub cpus: u32,
    /// Memory in GiB.
    pub gib: f64,
    /// Its architecture.
    pub arch: Arch,
}

/// An architecture, as images name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Arch {
    /// x86-64.
    Amd64,
    /// Graviton.
    Arm64,
}

/// How many pods an add-on runs.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddonPods {
    /// For the whole cluster.
    pub once: i64,
    /// On each node.
    pub on_each_node: i64,
}

#[derive(Deserialize)]
struct Addons {
    addons: HashMap<String, AddonPods>,
}

static ADDONS: LazyLock<Addons> = LazyLock::new(|| {
    toml::from_str(include_str!("../data/addon-pods.toml")).expect("the table is tested")
});

#[derive(Deserialize)]
struct Table {
    read: Date,
    types: HashMap<String, Instance>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    toml::from_str(include_str!("../data/instances.toml")).expect("the table is tested")
});

impl Knowledge {
    /// What is known of an instance type: `t4g.small`.
    pub fn instance(&self, name: &str) -> Option<&'static Instance> {
        TABLE.types.get(name)
    }

    /// How many pods an add-on of EKS runs.
    pub fn addon_pods(&self, name: &str) -> Option<AddonPods> {
        ADDONS.addons.get(name).copied()
    }

    /// The day that the table of instance types was read.
    pub fn instances_read(&self) -> Date {
        TABLE.read
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_read() {
        let small = Knowledge.instance("t4g.small").expect("it is there");
        assert_eq!((small.pods, small.cpus, small.arch), (11, 2, Arch::Arm64));
        assert!(
            Knowledge
                .addon_pods("coredns")
                .is_some_and(|pods| pods.once == 2)
        );
        assert!(Knowledge.instance("t4g.gigantic").is_none());
        assert_eq!(Knowledge.instances_read().to_string(), "2026-11-21");
    }
}
