//! The rules: where two files of a platform disagree.
//!
//! [`check`] runs every [`Rule`] over a [`World`](seaworthy_link::World) and gives [`Finding`]s. A rule is one file in
//! `rules/<theme>/` with its page beside it; the page's examples are its tests. What the files say is found out by
//! the readers and `seaworthy-link`, not here.

pub mod allow;
mod baseline;
mod finding;
pub mod fingerprint;
pub mod page;
pub mod report;
mod rule;
mod rules;
mod select;
pub mod settings;
pub mod verdict;

pub use baseline::Baseline;
pub use finding::{Confidence, Finding, Link};
pub use rule::{Rule, Severity};
pub use rules::{Theme, all, find, theme_of, themes};
pub use select::{Deny, SEVERITIES, SYNTAX, Selection, Selector, UnknownSelector};
pub use settings::Settings;

use seaworthy_link::World;

/// What every rule finds, sorted by place; what one rule says twice of the same places is said once.
pub fn check(world: &World) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in all() {
        let mut of_rule = Vec::new();
        (rule.check)(world, &mut of_rule);
        for finding in &mut of_rule {
            finding.settle(rule);
        }
        findings.extend(of_rule);
    }
    findings.retain(|finding| {
        finding
            .diagnostic
            .place()
            .is_some_and(|place| !world.sources.get(place.file).vendored)
    });
    findings.sort_by_key(finding::Finding::order);
    findings.dedup_by(|a, b| a.rule == b.rule && a.diagnostic.labels == b.diagnostic.labels);
    findings
}
