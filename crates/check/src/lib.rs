//! The rules: where two files of a platform disagree.
//!
//! [`check`] runs every [`Rule`] over a [`World`] and gives [`Finding`]s. A rule is one file in
//! `rules/<theme>/` with its page beside it; the page's examples are its tests. What the files say is found out by
//! the readers and `seaworthy-link`, not here.

mod akin;
pub mod allow;
mod baseline;
mod finding;
pub mod fingerprint;
mod given;
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

use seaworthy_facts::SourceKind;
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
        finding.diagnostic.place().is_some_and(|place| {
            let source = world.sources.get(place.file);
            let path = source.file.path();
            let is_document = source.kind == SourceKind::Document;
            !source.vendored
                && !is_archived(path)
                && (finding.rule == CREDENTIALS || is_document || !is_for_show(path))
        })
    });
    given::label(world, &mut findings);
    findings.sort_by_key(finding::Finding::order);
    findings.dedup_by(|a, b| a.rule == b.rule && a.diagnostic.labels == b.diagnostic.labels);
    findings
}

/// The rule whose findings count wherever they are: what is committed is known.
const CREDENTIALS: &str = "state-or-credential-committed";

/// Whether a file lies among tests or documents: it is made to be tried, often to be wrong, and nothing runs on it.
fn is_for_show(path: &str) -> bool {
    let mut parts = path.split('/');
    parts.next_back();
    parts.any(|folder| {
        matches!(
            folder,
            "test" | "tests" | "testdata" | "fixtures" | "e2e" | "e2e-tests" | "docs" | "doc"
        )
    })
}

/// Whether a file lies in a folder where people put what they no longer run.
fn is_archived(path: &str) -> bool {
    let mut parts = path.split('/');
    parts.next_back();
    parts.any(|folder| {
        matches!(
            folder.trim_start_matches(['.', '_']),
            "archive" | "archived" | "archives" | "deprecated" | "attic" | "graveyard"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::{is_archived, is_for_show};

    #[test]
    fn what_is_tried_is_not_run() {
        assert!(is_for_show("test/e2e/crds/app.yaml"));
        assert!(is_for_show("docs/getting-started/values.yaml"));
        assert!(!is_for_show("services/test.yaml"));
        assert!(!is_for_show("apps/testing/app.yaml"));
    }

    #[test]
    fn what_is_archived_is_not_run() {
        assert!(is_archived("_archived/web/service.yaml"));
        assert!(is_archived(".archive/kubernetes/a.yaml"));
        assert!(!is_archived("services/archive.yaml"));
        assert!(!is_archived("jobs/archiver/job.yaml"));
    }
}
