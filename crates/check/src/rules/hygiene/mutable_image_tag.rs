//! Images without a tag, or with `latest`: what runs is what somebody pushed last.

use std::collections::HashSet;

use seaworthy_facts::delivery::{Dockerfile, Stage};
use seaworthy_facts::kubernetes::Taken;
use seaworthy_facts::{Data, ImageReference, Span, is_under};
use seaworthy_link::{World, images};

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "mutable-image-tag",
    severity: Severity::Unreliable,
    page: include_str!("mutable-image-tag.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let mut places: Vec<(Span, String)> = Vec::new();
    let unreleased = unreleased(world);
    for pulled in images::pulled(world) {
        if images::is_sample(world, pulled.object) || images::is_filled(world, &pulled.reference) {
            continue;
        }
        let path = world.sources.path(pulled.image.span.file);
        if pulled.reference.tag.is_none() && unreleased.iter().any(|base| is_under(path, base)) {
            continue;
        }
        if let Some(name) = moving(&pulled.reference) {
            add(&mut places, pulled.image.span, name);
        }
    }
    let deployed = places.len();
    for dockerfile in &world.facts.delivery.dockerfiles {
        for stage in &dockerfile.stages {
            if let Some(name) = base(dockerfile, stage) {
                add(&mut places, stage.from.span, name);
            }
        }
    }
    let mut places = places.into_iter();
    let Some((span, name)) = places.next() else {
        return;
    };
    let rest = places.len();
    let mut finding = Finding::new(match (deployed, rest) {
        (0, 0) => format!("`{name}` is built on whatever was pushed last"),
        (_, 0) => format!("`{name}` runs whatever was pushed last"),
        _ => format!("`{name}` and {rest} other images are whatever was pushed last"),
    })
    .at(span, tag_says(&name))
    .hint("name a version, better with its digest: `image:1.2.3@sha256:…`")
    .about(["images"]);
    for (span, name) in places.take(20) {
        finding = finding.and(span, tag_says(&name));
    }
    findings.push(finding);
}

fn tag_says(name: &str) -> &'static str {
    if name.ends_with(":latest") {
        "`latest` moves"
    } else {
        "no tag, so `latest`, which moves"
    }
}

/// Bases whose users take in a component with an empty list of images: the file that releases write into, before the
/// first of them.
fn unreleased(world: &World) -> Vec<&str> {
    let kustomizations = &world.facts.kubernetes.kustomizations;
    let lists: HashSet<&str> = kustomizations
        .iter()
        .filter(|kustomization| {
            let images = kustomization.body.get("images");
            images.is_some_and(|images| matches!(&images.data, Data::List(list) if list.is_empty()))
        })
        .map(|kustomization| &*kustomization.folder)
        .collect();
    kustomizations
        .iter()
        .filter(|kustomization| {
            let takes = |taken: &Taken| lists.contains(&*taken.path);
            kustomization.takes.iter().any(takes)
        })
        .flat_map(|kustomization| &kustomization.takes)
        .filter(|taken| &*taken.field == "resources")
        .map(|taken| &*taken.path)
        .collect()
}

/// The name of an image whose tag moves.
fn moving(reference: &ImageReference) -> Option<String> {
    let name = reference.repository.literal().unwrap_or_default();
    // `controller` stands for the image that whoever builds an operator gives with `kustomize edit set image`, `auto`
    // for the one that Istio puts in.
    if reference.digest.is_some() || name.is_empty() || matches!(name, "controller" | "auto") {
        return None;
    }
    match &reference.tag {
        None => Some(reference.to_string()),
        Some(tag) if tag.literal() == Some("latest") => Some(reference.to_string()),
        Some(_) => None,
    }
}

fn base(dockerfile: &Dockerfile, stage: &Stage) -> Option<String> {
    let name = stage.from.str()?;
    let earlier = dockerfile.stages.iter().any(|other| {
        other
            .name
            .as_deref()
            .is_some_and(|other| other.eq_ignore_ascii_case(name))
    });
    if earlier || name == "scratch" || name.is_empty() {
        return None;
    }
    moving(&ImageReference::parse(&stage.from.text()?))
}

fn add(places: &mut Vec<(Span, String)>, span: Span, name: String) {
    if !places.iter().any(|(other, _)| *other == span) {
        places.push((span, name));
    }
}
