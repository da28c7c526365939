//! What EKS offers: the versions of its add-ons, and instance types for nodes when nobody chooses.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::instances::Arch;
use crate::{Date, Knowledge};

/// The table `data/eks.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Eks {
    /// Where it was read.
    pub source: String,
    /// The day it was read.
    pub read: Date,
    /// By Kubernetes' minor version (`1.36`): each add-on and its version.
    addons: BTreeMap<String, BTreeMap<String, String>>,
    nodes: ByArch<Vec<String>>,
    monitoring: ByArch<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ByArch<T> {
    amd64: T,
    arm64: T,
}

static TABLE: LazyLock<Eks> = LazyLock::new(|| {
    toml::from_str(include_str!("../data/eks.toml")).expect("the table is tested")
});

impl Knowledge {
    /// What EKS offers.
    pub fn eks(&self) -> &'static Eks {
        &TABLE
    }
}

impl Eks {
    /// The version of an add-on for a minor version of Kubernetes: `vpc-cni` for `1.36`.
    pub fn addon(&self, kubernetes: &str, addon: &str) -> Option<&str> {
        self.addons.get(kubernetes)?.get(addon).map(String::as_str)
    }

    /// Whether versions of add-ons are known for a minor version of Kubernetes.
    pub fn knows(&self, kubernetes: &str) -> bool {
        self.addons.contains_key(kubernetes)
    }

    /// Instance types for services, the best first.
    pub fn node_types(&self, arch: Arch) -> &[String] {
        match arch {
            Arch::Amd64 => &self.nodes.amd64,
            Arch::Arm64 => &self.nodes.arm64,
        }
    }

    /// The instance type for monitoring.
    pub fn monitoring_type(&self, arch: Arch) -> &str {
        match arch {
            Arch::Amd64 => &self.monitoring.amd64,
            Arch::Arm64 => &self.monitoring.arm64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_in_standard_support_has_every_addon() {
        let eks = Knowledge.eks();
        let names: Vec<_> = eks.addons["1.36"].keys().collect();
        for version in &Knowledge.support().kubernetes {
            if version.standard < eks.read {
                continue;
            }
            let addons = eks
                .addons
                .get(&version.version)
                .unwrap_or_else(|| panic!("no add-ons are known for {}", version.version));
            assert_eq!(addons.keys().collect::<Vec<_>>(), names);
        }
    }

    #[test]
    fn kube_proxy_is_of_its_own_version_of_kubernetes() {
        for (kubernetes, addons) in &Knowledge.eks().addons {
            assert!(
                addons["kube-proxy"].starts_with(&format!("v{kubernetes}.")),
                "{kubernetes}: {}",
                addons["kube-proxy"]
            );
        }
    }

    #[test]
    fn node_types_are_instances_of_their_architecture() {
        let eks = Knowledge.eks();
        for arch in [Arch::Amd64, Arch::Arm64] {
            let types = eks.node_types(arch);
            // The module for node groups refuses fewer for spot capacity.
            assert!(types.len() >= 3, "{types:?}");
            for name in types
                .iter()
                .map(String::as_str)
                .chain([eks.monitoring_type(arch)])
            {
                let instance = Knowledge
                    .instance(name)
                    .unwrap_or_else(|| panic!("{name} is not in the table of instances"));
                assert_eq!(instance.arch, arch, "{name}");
            }
        }
    }
}
