//! Image automation looks for tags that the builds do not make.

use regex::RegexBuilder;
use seaworthy_facts::delivery::Doer;
use seaworthy_facts::{ImageReference, Same, Text, Unknown, Value};
use seaworthy_link::World;
use seaworthy_link::images::{self, Push};

use super::supply::{called, origin};
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "image-update-filter-never-matches",
    severity: Severity::Breaks,
    page: include_str!("image-update-filter-never-matches.md"),
    check,
};

const COMMIT: &str = "3f2a9c1e7b5d8064a1c2e3f405162738495a6b7c";

fn check(world: &World, findings: &mut Vec<Finding>) {
    let pushes = images::pushes(world);
    let mut seen = Vec::new();
    for cluster in &world.facts.kubernetes.clusters {
        for policy in cluster.of("ImagePolicy") {
            let Some(pattern) = policy.at("spec.filterTags.pattern") else {
                continue;
            };
            let Some(text) = pattern.str().filter(|_| !seen.contains(&pattern.span)) else {
                continue;
            };
            // RE2 writes what this crate writes.
            let Ok(regex) = RegexBuilder::new(text).size_limit(1 << 20).build() else {
                continue;
            };
            let wanted = policy
                .at("spec.imageRepositoryRef.name")
                .and_then(Value::str);
            let Some(image) = cluster
                .of("ImageRepository")
                .find(|repository| repository.name() == wanted)
                .and_then(|repository| repository.at("spec.image"))
            else {
                continue;
            };
            let Some(reference) = image.text().map(|text| ImageReference::parse(&text)) else {
                continue;
            };
            let own: Vec<&Push<'_>> = pushes
                .iter()
                .filter(|push| !push.doer.is_document() && goes_to(push, &reference))
                .collect();
            let mut samples = Vec::new();
            let mut known = !own.is_empty() && !pushes.iter().any(Push::is_unknown);
            for push in &own {
                match push
                    .reference
                    .pulled_tag()
                    .and_then(|tag| sample(&tag, push.doer))
                {
                    Some(tag) => samples.push((tag, *push)),
                    None => known = false,
                }
            }
            if !known || samples.iter().any(|(tag, _)| regex.is_match(tag)) {
                continue;
            }
            seen.push(pattern.span);
            let mut finding = Finding::new(format!(
                "policy `{}` finds no tag: the builds make tags such as `{}`",
                policy.name().unwrap_or_default(),
                samples[0].0
            ))
            .at(pattern.span, "does not match any of them")
            .link(image.span, "the repository that it looks at")
            .about([policy.name().unwrap_or_default().to_owned()]);
            let mut places = Vec::new();
            for (tag, push) in samples {
                let place = origin(push.image);
                if !places.contains(&place) && places.len() < 4 {
                    places.push(place);
                    finding = finding.and(place, format!("{} makes `{tag}`", called(push.doer)));
                }
            }
            findings.push(finding);
        }
    }
}

fn goes_to(push: &Push<'_>, reference: &ImageReference) -> bool {
    push.goes_to(reference) && push.reference.repository.same(&reference.repository) != Same::Never
}

/// A tag as it will look, where every part of it has a known shape.
fn sample(tag: &Text, doer: Doer<'_>) -> Option<String> {
    let tags = tag.expanded();
    let [tag] = tags.as_slice() else { return None };
    let mut made = String::new();
    for part in tag.parts() {
        match part {
            seaworthy_facts::Part::Literal(text) => made.push_str(text),
            seaworthy_facts::Part::Hole(hole) => made.push_str(&shape(hole, doer)?),
        }
    }
    Some(made)
}

fn shape(hole: &Unknown, doer: Doer<'_>) -> Option<String> {
    let name = &*hole.name;
    if let Some((of, cut)) = name.rsplit_once(':')
        && (name.contains("sha") || name.contains("SHA"))
    {
        let length: usize = cut.trim_end_matches('}').trim().parse().ok()?;
        return of
            .contains(':')
            .then(|| COMMIT[..length.min(40)].to_owned());
    }
    match name {
        "github.sha" | "GITHUB_SHA" | "CI_COMMIT_SHA" | "$(git rev-parse HEAD)" => {
            return Some(COMMIT.to_owned());
        }
        "CI_COMMIT_SHORT_SHA" => return Some(COMMIT[..8].to_owned()),
        "$(git rev-parse --short HEAD)" | "$(git log -1 --pretty=%h)" => {
            return Some(COMMIT[..7].to_owned());
        }
        "github.run_id" => return Some("11998877665".to_owned()),
        "github.run_number" | "BUILD_NUMBER" | "env.BUILD_NUMBER" => return Some("42".to_owned()),
        "$(date +%s)" => return Some("1795219200".to_owned()),
        _ => {}
    }
    if let Some(format) = name
        .strip_prefix("$(date +")
        .and_then(|rest| rest.strip_suffix(')'))
    {
        return date(format.trim_matches(['"', '\'']));
    }
    if matches!(
        name,
        "github.ref_name" | "slug(github.ref_name)" | "slug(github.ref_name on push)"
    ) {
        let Doer::Step { workflow, .. } = doer else {
            return None;
        };
        let push = workflow
            .triggers
            .iter()
            .find(|trigger| &*trigger.event == "push")?;
        let branch = push.branches.first()?.str()?;
        return (!branch.contains(['*', '/'])).then(|| branch.to_owned());
    }
    None
}

fn date(format: &str) -> Option<String> {
    let mut made = String::new();
    let mut characters = format.chars();
    while let Some(character) = characters.next() {
        if character != '%' {
            made.push(character);
            continue;
        }
        made.push_str(match characters.next()? {
            'Y' => "2026",
            'y' => "26",
            'm' => "11",
            'd' => "21",
            'H' => "09",
            'M' => "05",
            'S' => "07",
            's' => "1795219200",
            'F' => "2026-11-21",
            'j' => "325",
            _ => return None,
        });
    }
    Some(made)
}
