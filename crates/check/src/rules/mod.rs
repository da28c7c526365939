//! Every rule, by theme. The themes are those of the catalogue; `hygiene` holds what one file is enough for.

mod autoscaling;
mod backup;
mod cost;
mod delivery;
mod exposure;
mod gitops;
pub(crate) mod hygiene;
mod identity;
mod images;
mod naming;
mod network;
mod observability;
mod scheduling;
mod secrets;
mod storage;
mod versions;

use crate::Rule;

/// Rules that are about the same part of a platform.
#[derive(Debug, Clone, Copy)]
pub struct Theme {
    /// Its word in settings and on the command line: `identity`.
    pub name: &'static str,
    /// What it is about.
    pub about: &'static str,
    /// Its rules.
    pub rules: &'static [Rule],
}

const THEMES: &[Theme] = &[
    Theme {
        name: "images",
        about: "What is built, pushed, tagged and run",
        rules: images::RULES,
    },
    Theme {
        name: "identity",
        about: "Roles, trusts, service accounts and who may do what",
        rules: identity::RULES,
    },
    Theme {
        name: "network",
        about: "Security groups, subnets, ports and who reaches whom",
        rules: network::RULES,
    },
    Theme {
        name: "naming",
        about: "Names that one file gives and another uses",
        rules: naming::RULES,
    },
    Theme {
        name: "secrets",
        about: "Secrets, their keys and who reads them",
        rules: secrets::RULES,
    },
    Theme {
        name: "scheduling",
        about: "Nodes, labels, taints and what fits where",
        rules: scheduling::RULES,
    },
    Theme {
        name: "autoscaling",
        about: "What grows and shrinks, and by which signal",
        rules: autoscaling::RULES,
    },
    Theme {
        name: "storage",
        about: "Volumes, claims and what is kept",
        rules: storage::RULES,
    },
    Theme {
        name: "gitops",
        about: "What is applied, in which order, from which path",
        rules: gitops::RULES,
    },
    Theme {
        name: "delivery",
        about: "Pipelines, their triggers, rights and effects",
        rules: delivery::RULES,
    },
    Theme {
        name: "observability",
        about: "Metrics, logs, alerts and dashboards",
        rules: observability::RULES,
    },
    Theme {
        name: "exposure",
        about: "What the outside can see and reach",
        rules: exposure::RULES,
    },
    Theme {
        name: "backup",
        about: "What is kept, for how long, and what can be lost",
        rules: backup::RULES,
    },
    Theme {
        name: "versions",
        about: "What is supported until when, and what no longer exists",
        rules: versions::RULES,
    },
    Theme {
        name: "cost",
        about: "What is paid for and not needed",
        rules: cost::RULES,
    },
    Theme {
        name: "hygiene",
        about: "What one file is enough for",
        rules: hygiene::RULES,
    },
];

/// Every theme.
pub fn themes() -> &'static [Theme] {
    THEMES
}

/// Every rule, by theme and then in the order of its list.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    THEMES.iter().flat_map(|theme| theme.rules)
}

/// A rule by its name.
pub fn find(name: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.name == name)
}

/// The theme of a rule.
pub fn theme_of(name: &str) -> Option<&'static Theme> {
    THEMES
        .iter()
        .find(|theme| theme.rules.iter().any(|rule| rule.name == name))
}
