//! What runs all the time costs at least.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::{Date, Knowledge};

/// Prices an hour in US dollars, in the cheapest common region.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// When they were read.
    pub read: Date,
    /// A control plane of EKS in standard support.
    pub cluster: f64,
    /// One in extended support.
    pub cluster_extended: f64,
    /// A NAT gateway.
    pub nat_gateway: f64,
    /// An application load balancer.
    pub load_balancer: f64,
    /// Instances by type.
    pub instances: HashMap<String, f64>,
    /// Database instances by class, in one zone.
    pub databases: HashMap<String, f64>,
}

static PRICES: LazyLock<Prices> = LazyLock::new(|| {
    toml::from_str(include_str!("../data/prices.toml")).expect("the tables are tested to parse")
});

impl Knowledge {
    /// Prices.
    pub fn prices(&self) -> &'static Prices {
        &PRICES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_parses() {
        assert!(Knowledge.prices().instances.contains_key("t4g.small"));
    }
}
