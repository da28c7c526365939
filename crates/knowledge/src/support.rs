//! How long versions are supported, and what newer ones no longer take.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::{Date, Knowledge};

/// Support dates, as read on a day.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Support {
    /// When they were read.
    pub read: Date,
    /// Kubernetes on EKS.
    pub kubernetes: Vec<KubernetesVersion>,
    /// Engines of RDS and Aurora.
    pub engines: Vec<EngineVersion>,
    /// What charts of the cluster autoscaler are made for, oldest first.
    pub autoscaler_charts: Vec<AutoscalerChart>,
}

/// A minor version of Kubernetes on EKS.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KubernetesVersion {
    /// `1.33`.
    pub version: String,
    /// The end of standard support.
    pub standard: Date,
    /// The end of extended support: it can no longer be had.
    pub extended: Date,
}

/// A major version of a database engine.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EngineVersion {
    /// `postgres`, `aurora-postgresql`.
    pub engine: String,
    /// `14`, `5.7`.
    pub version: String,
    /// The end of standard support.
    pub standard: Date,
    /// The end of extended support, where there is any.
    #[serde(default)]
    pub extended: Option<Date>,
    /// The first minor version that can still be created.
    #[serde(default)]
    pub first_minor: Option<u32>,
}

/// What a chart of the cluster autoscaler is made for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AutoscalerChart {
    /// The first chart version.
    pub chart: String,
    /// The Kubernetes version of the autoscaler in it.
    pub kubernetes: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RemovedApis {
    #[expect(dead_code, reason = "every table says when it was read")]
    read: Date,
    removed: Vec<RemovedApi>,
}

/// An API version that is no longer served.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemovedApi {
    /// `autoscaling/v2beta2`.
    pub api: String,
    /// Its kinds.
    pub kinds: Vec<String>,
    /// The minor version of Kubernetes 1 that no longer serves it.
    pub gone: u32,
    /// What to write instead.
    pub instead: String,
}

static SUPPORT: LazyLock<Support> = LazyLock::new(|| {
    toml::from_str(include_str!("../data/support.toml")).expect("the tables are tested to parse")
});

static REMOVED: LazyLock<RemovedApis> = LazyLock::new(|| {
    toml::from_str(include_str!("../data/removed-apis.toml"))
        .expect("the tables are tested to parse")
});

impl Knowledge {
    /// Support dates.
    pub fn support(&self) -> &'static Support {
        &SUPPORT
    }

    /// The removal of an API version of a kind.
    pub fn removed_api(&self, api: &str, kind: &str) -> Option<&'static RemovedApi> {
        REMOVED
            .removed
            .iter()
            .find(|removed| removed.api == api && removed.kinds.iter().any(|one| one == kind))
    }
}

impl Support {
    /// The minor version of the oldest Kubernetes that EKS still offers on a day.
    pub fn oldest_minor(&self, today: Date) -> Option<u32> {
        self.kubernetes
            .iter()
            .find(|version| version.extended > today)
            .and_then(|version| minor(&version.version))
    }

    /// What is known of a Kubernetes version.
    pub fn kubernetes(&self, version: &str) -> Option<&KubernetesVersion> {
        let minor = minor(version)?;
        self.kubernetes
            .iter()
            .find(|known| self::minor(&known.version) == Some(minor))
    }

    /// What is known of an engine's version: of its major version.
    pub fn engine(&self, engine: &str, version: &str) -> Option<&EngineVersion> {
        self.engines.iter().find(|known| {
            known.engine == engine
                && version
                    .strip_prefix(known.version.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }

    /// The Kubernetes minor version that a chart version of the cluster autoscaler is for.
    pub fn autoscaler_chart(&self, version: &str) -> Option<u32> {
        let wanted = numbers(version)?;
        self.autoscaler_charts
            .iter()
            .rev()
            .find(|chart| numbers(&chart.chart).is_some_and(|first| first <= wanted))
            .and_then(|chart| minor(&chart.kubernetes))
    }
}

/// The minor version in `1.33` or `v1.33.2`.
pub fn minor(version: &str) -> Option<u32> {
    let mut numbers = version.trim_start_matches('v').split('.');
    (numbers.next()? == "1").then_some(())?;
    let digits: String = numbers
        .next()?
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    digits.parse().ok()
}

fn numbers(version: &str) -> Option<[u32; 3]> {
    let mut numbers = version
        .trim_start_matches('v')
        .splitn(3, '.')
        .map(str::parse::<u32>);
    Some([
        numbers.next()?.ok()?,
        numbers.next()?.ok()?,
        numbers.next()?.ok()?,
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_the_tables() {
        let support = Knowledge.support();
        assert!(support.kubernetes("1.33").is_some());
        assert!(support.kubernetes("2.1").is_none());
        assert_eq!(
            support.oldest_minor("2026-11-21".parse().unwrap()),
            Some(31)
        );
        assert!(support.engine("postgres", "14.1").is_some());
        assert!(support.engine("postgres", "1").is_none());
        assert_eq!(support.autoscaler_chart("9.18.0"), Some(23));
        assert!(
            Knowledge
                .removed_api("autoscaling/v2beta2", "HorizontalPodAutoscaler")
                .is_some()
        );
        assert!(Knowledge.removed_api("apps/v1", "Deployment").is_none());
    }
}
