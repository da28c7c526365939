//! Charts that are told the name of the cluster they run in.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::{Date, Knowledge};

/// A chart that is told its cluster's name.
#[derive(Debug, Deserialize)]
pub struct ToldName {
    /// The chart.
    pub name: String,
    /// The path in its values.
    pub path: String,
    /// What it does with it.
    #[serde(rename = "use")]
    pub purpose: Purpose,
    /// It must be the name that the cloud knows the cluster by.
    pub cloud: bool,
    /// What becomes of it under another cluster's name, for charts that act on the cluster: "finds no subnet".
    #[serde(default)]
    pub otherwise: Option<String>,
}

/// What a chart does with its cluster's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// It marks metrics and logs with it.
    Telemetry,
    /// It finds the cluster's groups of nodes by it.
    Scaling,
    /// It marks the cluster's load balancers with it.
    Balancing,
}

#[derive(Debug, Deserialize)]
struct Table {
    read: Date,
    chart: Vec<ToldName>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    toml::from_str(include_str!("../data/cluster-names.toml")).expect("the table is tested")
});

impl Knowledge {
    /// Where a chart is told its cluster's name: one place, or several where that changed.
    pub fn told_cluster_names(&self, chart: &str) -> impl Iterator<Item = &'static ToldName> {
        TABLE.chart.iter().filter(move |row| row.name == chart)
    }

    /// The day that the table of cluster names was read.
    pub fn cluster_names_read(&self) -> Date {
        TABLE.read
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charts_say_where_the_name_stands() {
        let row = Knowledge
            .told_cluster_names("cluster-autoscaler")
            .next()
            .unwrap();
        assert_eq!(row.path, "autoDiscovery.clusterName");
        assert_eq!(row.purpose, Purpose::Scaling);
        assert!(Knowledge.told_cluster_names("nginx").next().is_none());
    }
}
