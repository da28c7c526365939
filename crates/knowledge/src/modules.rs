//! Modules of a registry that are often used and seldom on disk: their arguments, defaults, outputs, and the resources
//! they make as far as rules ask for them.
//!
//! A file under `data/modules/` is one module. Each of its versions may hold a small configuration that makes the
//! resources which the module would make; it is evaluated in the module's place.

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

use serde::Deserialize;

use crate::{Date, Knowledge};

/// What is known of a module.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Module {
    /// `terraform-aws-modules/eks/aws`, or `…/iam/aws//modules/x` for a submodule.
    pub name: String,
    /// Where it was read.
    pub source: String,
    /// When it was read.
    pub read: Date,
    /// The newest major version on that day.
    pub newest: u32,
    /// The first major version in which a submodule no longer is, where that is so.
    #[serde(default)]
    pub gone_in: Option<u32>,
    /// What to use instead, in words.
    #[serde(default)]
    pub instead: Option<String>,
    /// By major version.
    #[serde(default)]
    pub versions: Vec<Version>,
}

/// What is known of a range of major versions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// The first major version.
    pub from: u32,
    /// The last major version.
    pub to: u32,
    /// Every argument's name; empty: not listed.
    #[serde(default)]
    pub arguments: Vec<String>,
    /// Arguments of type `any` that hold maps of settings, with the keys that are read: others are ignored.
    #[serde(default)]
    pub untyped: HashMap<String, Untyped>,
    /// What an argument was called in another version, and what it is called in this one.
    #[serde(default)]
    pub renamed: HashMap<String, String>,
    /// A configuration that makes what the module makes.
    #[serde(default)]
    pub hcl: Option<String>,
}

/// An argument whose keys nobody checks.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Untyped {
    /// The keys that are read.
    pub keys: Vec<String>,
    /// It is a map of such maps.
    #[serde(default)]
    pub each: bool,
    /// It is a list of such maps.
    #[serde(default)]
    pub list: bool,
}

/// Every file under `data/modules/`.
const FILES: [&str; 29] = [
    include_str!("../data/modules/alb.toml"),
    include_str!("../data/modules/cloudposse-ecr.toml"),
    include_str!("../data/modules/ecr.toml"),
    include_str!("../data/modules/eks.toml"),
    include_str!("../data/modules/iam-account.toml"),
    include_str!("../data/modules/iam-assumable-role-with-oidc.toml"),
    include_str!("../data/modules/iam-assumable-role-with-saml.toml"),
    include_str!("../data/modules/iam-assumable-role.toml"),
    include_str!("../data/modules/iam-assumable-roles-with-saml.toml"),
    include_str!("../data/modules/iam-assumable-roles.toml"),
    include_str!("../data/modules/iam-eks-role.toml"),
    include_str!("../data/modules/iam-github-oidc-provider.toml"),
    include_str!("../data/modules/iam-github-oidc-role.toml"),
    include_str!("../data/modules/iam-group-with-assumable-roles-policy.toml"),
    include_str!("../data/modules/iam-group-with-policies.toml"),
    include_str!("../data/modules/iam-group.toml"),
    include_str!("../data/modules/iam-oidc-provider.toml"),
    include_str!("../data/modules/iam-policy.toml"),
    include_str!("../data/modules/iam-read-only-policy.toml"),
    include_str!("../data/modules/iam-role-for-service-accounts-eks.toml"),
    include_str!("../data/modules/iam-role-for-service-accounts.toml"),
    include_str!("../data/modules/iam-role.toml"),
    include_str!("../data/modules/iam-user.toml"),
    include_str!("../data/modules/rds-aurora.toml"),
    include_str!("../data/modules/rds.toml"),
    include_str!("../data/modules/s3-bucket.toml"),
    include_str!("../data/modules/security-group.toml"),
    include_str!("../data/modules/subnets-cidr.toml"),
    include_str!("../data/modules/vpc.toml"),
];

/// Each table's text, and what it says once it was asked for.
struct Table {
    text: &'static str,
    module: OnceLock<Module>,
}

static TABLES: LazyLock<HashMap<&'static str, Table>> = LazyLock::new(|| {
    FILES
        .iter()
        .map(|text| {
            let name = text
                .split_once("\nname = \"")
                .and_then(|(_, rest)| rest.split_once('"'))
                .map_or("", |(name, _)| name);
            let module = OnceLock::new();
            (name, Table { text, module })
        })
        .collect()
});

impl Table {
    fn module(&self) -> &Module {
        self.module
            .get_or_init(|| toml::from_str(self.text).expect("the tables are tested to parse"))
    }
}

impl Knowledge {
    /// What is known of a module of a registry, by its name with its submodule.
    pub fn module(&self, name: &str) -> Option<&'static Module> {
        Some(TABLES.get(name)?.module())
    }

    /// Every module that is known.
    pub fn modules(&self) -> impl Iterator<Item = &'static Module> {
        TABLES.values().map(Table::module)
    }
}

impl Module {
    /// The version that a constraint picks: the newest it allows, the newest of all without one.
    pub fn at(&self, constraint: Option<&str>) -> Option<&Version> {
        let major = match constraint {
            Some(constraint) => newest_major(constraint, self.newest)?,
            None => self.newest,
        };
        self.versions
            .iter()
            .find(|version| (version.from..=version.to).contains(&major))
    }
}

/// The newest major version, up to `newest`, that a constraint such as `~> 20.8` or `>= 18.0, < 20` allows.
pub fn newest_major(constraint: &str, newest: u32) -> Option<u32> {
    let mut most = newest;
    for part in constraint.split(',') {
        let part = part.trim();
        let (operator, version) =
            part.split_at(part.find(|letter: char| letter.is_ascii_digit() || letter == 'v')?);
        let version = version.trim_start_matches('v');
        let mut numbers = version.split('.').map(str::parse::<u32>);
        let major = numbers.next()?.ok()?;
        let several = numbers.next().is_some();
        // Below 20.0.0 is at most 19; below 20.1 may be 20.
        let is_start = version
            .split('.')
            .skip(1)
            .all(|number| number.parse::<u32>() == Ok(0));
        most = match operator.trim() {
            "<" if is_start => most.min(major.checked_sub(1)?),
            "~>" if !several => most,
            "" | "=" | "~>" | "<=" | "<" => most.min(major),
            _ => most,
        };
    }
    Some(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constraint_picks_the_newest_major_it_allows() {
        assert_eq!(newest_major("~> 20.8", 21), Some(20));
        assert_eq!(newest_major("18.20.5", 21), Some(18));
        assert_eq!(newest_major(">= 18.0, < 20.0", 21), Some(19));
        assert_eq!(newest_major(">= 5.0", 6), Some(6));
        assert_eq!(newest_major("~> 5", 6), Some(6));
        assert_eq!(newest_major("latest", 6), None);
    }

    #[test]
    fn every_table_parses_and_its_versions_are_in_order() {
        for module in Knowledge.modules() {
            assert!(std::ptr::eq(
                module,
                Knowledge.module(&module.name).unwrap()
            ));
            for version in &module.versions {
                assert!(version.from <= version.to, "{}", module.name);
            }
        }
    }
}
