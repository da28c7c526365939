//! What the words of a definition are in AWS: sizes of databases, and the rate at which a firewall refuses.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::{Date, Knowledge};

/// The words and what they are.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sizes {
    /// Where it was read.
    pub source: String,
    /// When it was read.
    pub read: Date,
    /// Sizes of databases in RDS.
    pub rds: ByWord<RdsSize>,
    /// Instance classes of databases in Aurora, whose storage has no size.
    pub aurora: ByWord<String>,
    /// The firewall.
    pub firewall: Firewall,
}

/// Something for each word of a size.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ByWord<T> {
    /// For development and small loads.
    pub small: T,
    /// For ordinary production.
    pub medium: T,
    /// For heavy production.
    pub large: T,
}

/// The size of a database in RDS.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RdsSize {
    /// The instance class: `db.m7g.large`.
    pub class: String,
    /// Storage at the start, in GiB.
    pub storage_gib: u32,
    /// What storage may grow to, in GiB.
    pub max_storage_gib: u32,
}

/// The firewall's numbers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Firewall {
    /// Requests that one address may send in five minutes.
    pub rate_limit: u32,
}

static SIZES: LazyLock<Sizes> = LazyLock::new(|| {
    toml::from_str(include_str!("../data/sizes.toml")).expect("the table is tested")
});

impl Knowledge {
    /// What the words of a definition are in AWS.
    pub fn sizes(&self) -> &'static Sizes {
        &SIZES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_size_is_larger_than_the_one_before_and_can_grow() {
        let sizes = Knowledge.sizes();
        let rds = [&sizes.rds.small, &sizes.rds.medium, &sizes.rds.large];
        for size in rds {
            // What RDS asks for.
            assert!(size.storage_gib >= 20 && size.max_storage_gib >= size.storage_gib * 11 / 10);
            assert!(size.class.starts_with("db."));
        }
        assert!(
            rds.windows(2)
                .all(|pair| pair[0].storage_gib < pair[1].storage_gib)
        );
        // WAF refuses a limit below.
        assert!(sizes.firewall.rate_limit >= 10);
        assert!(sizes.read >= "2026-01-01".parse().expect("a date"));
    }
}
