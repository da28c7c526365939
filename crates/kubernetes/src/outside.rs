//! Objects and charts that scripts, pipelines and OpenTofu bring.

pub(crate) mod scripts;
pub(crate) mod terraform;

use seaworthy_facts::kubernetes::Release;

use crate::gitops::Group;
use crate::manifest::Manifest;

/// What is brought to a cluster that only its environment, if anything, tells.
#[derive(Default)]
pub(crate) struct Floating {
    /// Its environment.
    pub(crate) environment: Option<&'static str>,
    /// The objects.
    pub(crate) objects: Vec<Manifest>,
    /// The charts.
    pub(crate) releases: Vec<Release>,
    /// Something else is brought that was not seen.
    pub(crate) incomplete: bool,
}

/// Puts it where it belongs: to the clusters of its environment, else to all that are not only alternatives.
pub(crate) fn place(floating: &Floating, groups: &mut Vec<Group>) {
    if floating.objects.is_empty() && floating.releases.is_empty() && !floating.incomplete {
        return;
    }
    let own = floating.environment.is_some()
        && groups
            .iter()
            .any(|group| group.environment.as_deref() == floating.environment);
    // Environments that are told apart elsewhere, and one that only this knows of.
    let new = floating.environment.is_some()
        && !own
        && groups.iter().any(|group| group.environment.is_some());
    if new || !groups.iter().any(|group| !group.alternative) {
        groups.push(Group {
            name: floating.environment.unwrap_or("default").into(),
            environment: floating.environment.map(Into::into),
            ..Group::default()
        });
    }
    for group in groups.iter_mut().filter(|group| !group.alternative) {
        if (own || new) && group.environment.as_deref() != floating.environment {
            continue;
        }
        group.objects.extend(floating.objects.iter().cloned());
        group.releases.extend(floating.releases.iter().cloned());
        group.incomplete |= floating.incomplete;
    }
}
