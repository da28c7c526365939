//! Images are built for one processor and the nodes have another.

use seaworthy_facts::delivery::What;
use seaworthy_facts::{ImageReference, Span, Value};
use seaworthy_link::images::{self, Pulled};
use seaworthy_link::{World, nodes};

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "arch-mismatch",
    severity: Severity::Breaks,
    page: include_str!("arch-mismatch.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let pulled = images::pulled(world);
    let mut seen: Vec<Span> = Vec::new();
    let mut builds: Vec<(ImageReference, &Value, Span)> = Vec::new();
    // Builds of one name for several processors, one after the other, count together.
    for (doer, deed) in world.facts.delivery.deeds() {
        let What::BuildImage {
            tags, platforms, ..
        } = &deed.what
        else {
            continue;
        };
        let Some(first) = platforms.first().filter(|_| !doer.is_document()) else {
            continue;
        };
        let mut names: Vec<ImageReference> = tags
            .iter()
            .filter_map(|tag| Some(ImageReference::parse(&tag.text()?)))
            .collect();
        // What a local name is called when it is pushed.
        for (_, other) in world.facts.delivery.deeds() {
            if let What::TagImage { from, to } = &other.what
                && other.span.file == deed.span.file
                && let (Some(from), Some(to)) = (from.text(), to.text())
            {
                let from = ImageReference::parse(&from);
                if names.iter().any(|name| name.repository == from.repository) {
                    names.push(ImageReference::parse(&to));
                }
            }
        }
        let all: Option<Vec<&str>> = platforms
            .iter()
            .map(|platform| processor(platform.str()?))
            .collect();
        let Some(all) = all else { continue };
        for name in names {
            let others = all.len() > 1;
            if !others {
                builds.push((name, first, deed.span));
            }
        }
    }
    for (reference, platform, build) in &builds {
        let Some(built) = platform.str().and_then(processor) else {
            continue;
        };
        let others = builds.iter().any(|(other, other_platform, _)| {
            other.repository == reference.repository
                && other_platform.str().and_then(processor) != Some(built)
        });
        if others || seen.contains(&platform.span) {
            continue;
        }
        let run: Vec<&Pulled<'_>> = pulled
            .iter()
            .filter(|pulled| same(reference, &pulled.reference))
            .collect();
        let Some(first) = run.first() else { continue };
        let groups = nodes::under(world, first.cluster);
        let Some(all) = groups
            .iter()
            .map(|group| of_group(group))
            .collect::<Option<Vec<_>>>()
        else {
            continue;
        };
        let Some((wanted, place)) = all.first().copied() else {
            continue;
        };
        if all.iter().any(|(other, _)| *other == built) {
            continue;
        }
        seen.push(platform.span);
        findings.push(
            Finding::new(format!(
                "`{}` is built for {built} and all nodes are {wanted}: it does not start",
                first.reference.repository
            ))
            .at(platform.span, format!("built for {built}"))
            .and(place, format!("nodes with {wanted} processors"))
            .and(first.image.span, "runs there")
            .link(*build, "the build")
            .hint(format!(
                "build with `--platform linux/{wanted}`, or for both"
            ))
            .about([first.reference.repository.to_string()]),
        );
    }
}

fn same(built: &ImageReference, pulled: &ImageReference) -> bool {
    built.repository.expanded().iter().any(|name| {
        name.literal().is_some_and(|name| {
            pulled
                .repository
                .literal()
                .is_some_and(|pulled| pulled == name)
        })
    }) && (built.registry.is_some() || pulled.registry.is_none())
}

/// `amd64` or `arm64`, of a platform such as `linux/arm64/v8`.
fn processor(platform: &str) -> Option<&'static str> {
    match platform.trim_start_matches("linux/").split('/').next()? {
        "amd64" | "x86_64" => Some("amd64"),
        "arm64" | "aarch64" => Some("arm64"),
        _ => None,
    }
}

/// The processors of a group of nodes, and what says so.
fn of_group(group: &nodes::NodeGroup<'_>) -> Option<(&'static str, Span)> {
    if let Some(kind) = group
        .resource
        .at("ami_type")
        .filter(|value| !value.is_null())
    {
        let text = kind.str()?;
        if text == "CUSTOM" {
            return None;
        }
        let processor = if text.contains("ARM") {
            "arm64"
        } else {
            "amd64"
        };
        return Some((processor, kind.span));
    }
    let first = group.instance_types.first()?;
    let of_type = |value: &Value| {
        let family = value.str()?.split('.').next()?;
        // A `g` behind the generation is Graviton: `t4g`, `m7gd`, `c6gn`; `a1` too.
        let behind = family
            .trim_start_matches(|c: char| c.is_ascii_alphabetic())
            .trim_start_matches(|c: char| c.is_ascii_digit());
        Some(if family == "a1" || behind.contains('g') {
            "arm64"
        } else {
            "amd64"
        })
    };
    let processors: Option<Vec<&'static str>> = group
        .instance_types
        .iter()
        .map(|kind| of_type(kind))
        .collect();
    let processors = processors?;
    processors
        .iter()
        .all(|processor| *processor == processors[0])
        .then_some((processors[0], first.span))
}
