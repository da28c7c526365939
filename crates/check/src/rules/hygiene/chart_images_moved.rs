//! Charts whose images can no longer be had where the chart looks for them.

use std::collections::HashSet;

use seaworthy_facts::Value;
use seaworthy_facts::kubernetes::Release;
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "chart-images-moved",
    severity: Severity::Breaks,
    page: include_str!("chart-images-moved.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let mut seen = HashSet::new();
    for cluster in &world.facts.kubernetes.clusters {
        for release in &cluster.releases {
            let repository = release.repository.as_ref();
            let address = repository.and_then(Value::str);
            let Some((chart, moved)) = release
                .chart
                .str()
                .filter(|_| address.is_some())
                .and_then(|name| world.knowledge.chart(name, address))
                .and_then(|chart| Some((chart, chart.images_moved.as_ref()?)))
            else {
                continue;
            };
            if release.unseen_values
                || is_later(release, &chart.version)
                || has_own_images(&release.values)
                || !seen.insert(release.span)
            {
                continue;
            }
            let mut finding = Finding::new(format!(
                "the images of chart `{}` are no longer where it looks for them: new pods cannot pull",
                chart.name
            ))
            .at(place(release), "this chart")
            .note(moved.clone())
            .assume(format!("the move of the images (read {})", chart.read))
            .about([cluster.name.to_string(), chart.name.clone()]);
            if let Some(repository) =
                repository.filter(|repository| repository.span != release.span)
            {
                finding = finding.and(repository.span, "from this catalogue");
            }
            findings.push(finding);
        }
    }
}

/// Whether the release takes a later major version of the chart than the one whose images are known to have moved.
fn is_later(release: &Release, known: &str) -> bool {
    let major = |version: &str| -> Option<u64> {
        version
            .trim_start_matches('v')
            .split('.')
            .next()?
            .parse()
            .ok()
    };
    let asked = release.version.as_ref().and_then(Value::scalar);
    asked
        .and_then(|asked| major(&asked))
        .zip(major(known))
        .is_some_and(|(asked, known)| asked > known)
}

fn place(release: &Release) -> seaworthy_facts::Span {
    release.span
}

/// Whether the values name another registry or repository for images.
fn has_own_images(values: &Value) -> bool {
    values.at("global.imageRegistry").is_some()
        || ["image.registry", "image.repository"]
            .iter()
            .any(|path| values.at(path).is_some())
}
