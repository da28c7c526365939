//! The releases of charts that `render` installs, and the image of nodes.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::{Date, Knowledge};

/// A release of a chart.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// The chart's name.
    pub name: String,
    /// Where it is served: an `https://` index, or an `oci://` registry without the chart's name.
    pub repository: String,
    /// The chart's version, exactly.
    pub version: String,
    /// Where it was read.
    pub source: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[allow(dead_code, reason = "the day is for those who read the file")]
    read: Date,
    release: Vec<Release>,
    node_image: NodeImage,
    argo_cd: Tag,
    flux: Tag,
}

/// A tag of a repository.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tag {
    version: String,
    #[allow(dead_code, reason = "the source is for those who read the file")]
    source: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NodeImage {
    alias: String,
    #[allow(dead_code, reason = "the source is for those who read the file")]
    source: String,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    toml::from_str(include_str!("../data/releases.toml"))
        .expect("the data file is part of this crate and a test reads it")
});

impl Knowledge {
    /// The release of a chart that is installed.
    pub fn release(&self, chart: &str) -> Option<&'static Release> {
        TABLE.release.iter().find(|release| release.name == chart)
    }

    /// Every release.
    pub fn releases(&self) -> impl Iterator<Item = &'static Release> {
        TABLE.release.iter()
    }

    /// The image of nodes, as Karpenter's `amiSelectorTerms` has it: `bottlerocket@v1.67.0`.
    pub fn node_image(&self) -> &'static str {
        &TABLE.node_image.alias
    }

    /// The tag of Argo CD that is installed: `v3.5.8`.
    pub fn argo_cd(&self) -> &'static str {
        &TABLE.argo_cd.version
    }

    /// The tag of Flux that is installed: `v2.9.6`.
    pub fn flux(&self) -> &'static str {
        &TABLE.flux.version
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_of_the_versions_whose_values_were_read() {
        for release in Knowledge.releases() {
            let host = release.repository.split("://").nth(1);
            if let Some(chart) = Knowledge.chart(&release.name, host) {
                assert_eq!(chart.version, release.version, "{}", release.name);
            }
        }
    }
}
