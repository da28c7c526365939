//! A document says that the platform can move to any region, and files in several languages name one.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;
use seaworthy_facts::documents::ClaimKind;
use seaworthy_facts::{FileId, SourceKind, Span};
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "region-pinned-against-claim",
    severity: Severity::Unreliable,
    page: include_str!("region-pinned-against-claim.md"),
    check,
};

static REGION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"\b(?:af|ap|ca|eu|il|me|mx|sa|us)-(?:central|north|south|east|west|northeast|northwest|southeast|southwest)-[1-9]\b",
    )
    .expect("the pattern is plain")
});

/// The most places that are named.
const MOST: usize = 12;

fn check(world: &World, findings: &mut Vec<Finding>) {
    let Some(claim) = super::claims::promised(world, &[ClaimKind::AnyRegion]) else {
        return;
    };
    let mut places: BTreeMap<FileId, (String, Span)> = BTreeMap::new();
    let mut languages = Vec::new();
    for source in world.sources.iter() {
        if source.vendored || !is_configuration(source.kind) {
            continue;
        }
        if let Some((region, span)) = first_region(source.file.id(), source.file.text()) {
            if !languages.contains(&source.kind) {
                languages.push(source.kind);
            }
            places.insert(source.file.id(), (region, span));
        }
    }
    // One place, or one language, is where a region may stand.
    if places.len() < 3 || languages.len() < 2 {
        return;
    }
    let mut finding = Finding::new(format!(
        "the platform is said to move to any region, and {} files name one: each must be found and changed first",
        places.len()
    ))
    .at(claim.span, "said here");
    for (region, span) in places.values().take(MOST) {
        finding = finding.and(*span, format!("`{region}`"));
    }
    findings.push(finding.about(["region"]));
}

fn is_configuration(kind: SourceKind) -> bool {
    matches!(
        kind,
        SourceKind::Terraform
            | SourceKind::TerraformVariables
            | SourceKind::Yaml
            | SourceKind::HelmTemplate
            | SourceKind::Shell
            | SourceKind::Makefile
            | SourceKind::Jenkinsfile
    )
}

/// The first region that a text names outside of comments.
fn first_region(file: FileId, text: &str) -> Option<(String, Span)> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim_start();
        if !trimmed.starts_with('#')
            && !trimmed.starts_with("//")
            && let Some(found) = REGION.find(line)
            && !line[..found.start()].contains(" #")
        {
            let span = Span::new(file, at + found.start()..at + found.end());
            return Some((found.as_str().to_owned(), span));
        }
        at += line.len();
    }
    None
}
