//! The tag that a workload pulls is none that anyone pushes.

use seaworthy_link::{World, images};

use seaworthy_facts::Span;

use super::supply::{called, origin, place};
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "image-tag-never-pushed",
    severity: Severity::Breaks,
    page: include_str!("image-tag-never-pushed.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let pushes = images::pushes(world);
    let mut seen: Vec<(String, Vec<Span>)> = Vec::new();
    let first = findings.len();
    for pulled in images::pulled(world) {
        let Some(tag) = pulled.reference.pulled_tag() else {
            continue;
        };
        let Some(tag) = tag.literal() else { continue };
        if images::is_sample(world, pulled.object) {
            continue;
        }
        let own: Vec<_> = pushes
            .iter()
            .filter(|push| push.goes_to(&pulled.reference))
            .collect();
        let nobody = !own.is_empty()
            && own.iter().all(|push| {
                push.reference.digest.is_none() && !push.can_tag(tag) && !was_pushed(push, tag)
            });
        if !nobody || pushes.iter().any(images::Push::is_unknown) {
            continue;
        }
        let name = pulled.reference.repository.to_string();
        let place = place(world, &pulled);
        // One tag that is deployed in several places is one mistake.
        let key = format!("{name}:{tag}");
        match seen.iter().position(|(other, _)| *other == key) {
            Some(at) => {
                if !seen[at].1.contains(&place) && seen[at].1.len() < 8 {
                    seen[at].1.push(place);
                    let finding = findings.remove(first + at);
                    findings.insert(first + at, finding.and(place, "and here"));
                }
                continue;
            }
            None => seen.push((key, vec![place])),
        }
        let mut finding = Finding::new(format!(
            "`{}` pulls `{name}:{tag}`, a tag that nothing here pushes",
            pulled.object.name().unwrap_or("a workload")
        ))
        .at(place, format!("tag `{tag}`"))
        .trail(pulled.image)
        .about([name, tag.to_owned()]);
        let mut places = Vec::new();
        for push in own {
            let place = origin(push.image);
            if places.contains(&place) || places.len() > 4 {
                continue;
            }
            places.push(place);
            let pushed = push.reference.pulled_tag().unwrap_or_default();
            finding = finding.and(place, format!("{} pushes `{pushed}`", called(push.doer)));
        }
        findings.push(finding.hint("deploy a tag that is pushed, or push this one too"));
    }
}

/// Whether an earlier release can have pushed it: the version that is written now is only the newest.
fn was_pushed(push: &images::Push<'_>, tag: &str) -> bool {
    let now = push.reference.pulled_tag().unwrap_or_default();
    images::is_version(tag) && now.literal().is_some_and(images::is_version)
}
