//! Every rule, by theme. The themes are those of the catalogue; `hygiene` holds what one file is enough for.

mod autoscaling;
mod backup;
mod cost;
mod delivery;
mod exposure;
mod gitops;
mod hygiene;
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

/// Every rule, by theme and then in the order of its list.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    [
        images::RULES,
        identity::RULES,
        network::RULES,
        naming::RULES,
        secrets::RULES,
        scheduling::RULES,
        autoscaling::RULES,
        storage::RULES,
        gitops::RULES,
        delivery::RULES,
        observability::RULES,
        exposure::RULES,
        backup::RULES,
        versions::RULES,
        cost::RULES,
        hygiene::RULES,
    ]
    .into_iter()
    .flatten()
}

/// A rule by its name.
pub fn find(name: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.name == name)
}
