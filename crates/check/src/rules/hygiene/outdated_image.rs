//! Images that have had no security fixes for a year or longer.

use std::collections::BTreeMap;

use seaworthy_facts::{ImageReference, Span};
use seaworthy_link::{World, images};

use super::outdated::ended;
use super::outdated_image_exposed::exposed;
use crate::finding::together;
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "outdated-image",
    severity: Severity::Insecure,
    page: include_str!("outdated-image.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    // By image, since one is often used in many places.
    let mut found: BTreeMap<String, Vec<Span>> = BTreeMap::new();
    let mut add = |reference: &ImageReference, span: Span| {
        let places = found.entry(reference.to_string()).or_default();
        if !places.contains(&span) {
            places.push(span);
        }
    };
    let exposed: Vec<Span> = exposed(world)
        .into_iter()
        .map(|exposed| exposed.image.span)
        .collect();
    for pulled in images::pulled(world) {
        if ended(world, &pulled.reference).is_some()
            && !images::is_sample(world, pulled.object)
            && !exposed.contains(&pulled.image.span)
        {
            add(&pulled.reference, pulled.image.span);
        }
    }
    for dockerfile in &world.facts.delivery.dockerfiles {
        // What runs is the last stage, with those that it is built on.
        let Some(mut stage) = dockerfile.stages.last() else {
            continue;
        };
        for _ in 0..dockerfile.stages.len() {
            let name = stage.from.str().unwrap_or_default();
            match dockerfile
                .stages
                .iter()
                .find(|other| other.name.as_deref() == Some(name))
            {
                Some(base) => stage = base,
                None => break,
            }
        }
        if let Some(text) = stage.from.text() {
            let reference = ImageReference::parse(&text);
            if ended(world, &reference).is_some() {
                add(&reference, stage.from.span);
            }
        }
    }
    for (name, places) in found {
        let Some(ended) = ended(world, &ImageReference::parse(&name.as_str().into())) else {
            continue;
        };
        let mut places = places.into_iter();
        let Some(first) = places.next() else { continue };
        let mut finding = Finding::new(format!(
            "`{name}` has had no security fixes since {}",
            ended.on
        ))
        .at(first, format!("{} ended on {}", ended.what, ended.on))
        .assume(format!(
            "end of support (table of {})",
            world.knowledge.images_read()
        ))
        .about([name.clone()]);
        for place in places.take(10) {
            finding = finding.and(place, "and here");
        }
        findings.push(finding);
    }
    together(findings, |_| ());
}
