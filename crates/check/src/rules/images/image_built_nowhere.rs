//! What is built is used by nobody, and what is used, under nearly the same name, is built by nobody.

use std::collections::HashSet;

use seaworthy_diagnostics::suggest;
use seaworthy_facts::{ImageReference, Same, Span, Text, Value};
use seaworthy_link::World;
use seaworthy_link::images::{self, is_sample};

use super::supply::{origin, place};
use crate::{Confidence, Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "image-built-nowhere",
    severity: Severity::Breaks,
    page: include_str!("image-built-nowhere.md"),
    check,
};

/// An image, as one side names it.
struct Side {
    reference: ImageReference,
    /// The last part of its name.
    last: String,
    span: Span,
}

impl Side {
    fn new(image: &Value, span: Span) -> Option<Self> {
        let reference = ImageReference::parse(&image.text()?);
        let end = reference.repository.known_suffix();
        let last = match end.rsplit_once('/') {
            Some((_, last)) => last,
            None => reference.repository.literal()?,
        };
        (!last.is_empty()).then(|| Self {
            last: last.to_owned(),
            span,
            reference: reference.clone(),
        })
    }

    /// Whether it can be the same image; of names that are not known in part, the end decides.
    fn is(&self, other: &Self) -> bool {
        self.reference.repository.same(&other.reference.repository) != Same::Never
            || self.last == other.last
    }

    /// What stands before the last part: the registry and the owner.
    fn owner(&self) -> Text {
        self.reference
            .repository
            .rsplit_once('/')
            .map(|(owner, _)| owner)
            .unwrap_or_default()
    }
}

fn check(world: &World, findings: &mut Vec<Finding>) {
    let mut built: Vec<Side> = images::pushes(world)
        .into_iter()
        .filter(|push| !push.doer.is_document())
        .filter_map(|push| Side::new(push.image, push.image.span).map(|side| (side, push)))
        .map(|(side, push)| {
            let span = written(world, push.image, &side.last);
            Side { span, ..side }
        })
        .collect();
    built.extend(
        world
            .facts
            .delivery
            .builds
            .iter()
            .filter_map(|build| Side::new(&build.image, build.image.span)),
    );
    if built.is_empty() {
        return;
    }
    let used: Vec<Side> = images::pulled(world)
        .into_iter()
        .filter(|pulled| !is_sample(world, pulled.object) || !pulled.object.applied_by.is_empty())
        .filter_map(|pulled| Side::new(pulled.image, place(world, &pulled)))
        .collect();
    let unused: Vec<&Side> = built
        .iter()
        .filter(|built| !used.iter().any(|used| used.is(built)))
        .collect();
    let mut told: HashSet<Span> = HashSet::new();
    for built_side in unused {
        let Some(used) = used
            .iter()
            .filter(|used| !built.iter().any(|built| built.is(used)))
            .find(|used| meant(built_side, used))
        else {
            continue;
        };
        if !told.insert(built_side.span) {
            continue;
        }
        findings.push(
            Finding::new(format!(
                "image `{}` is built and nothing runs it; `{}` runs and nothing builds it",
                built_side.last, used.last
            ))
            .at(
                built_side.span,
                format!("this builds `{}`", built_side.last),
            )
            .and(used.span, format!("this runs `{}`", used.last))
            .hint(format!("did you mean `{}`?", used.last))
            .confidence(Confidence::Likely)
            .about([built_side.last.clone(), used.last.clone()]),
        );
    }
}

/// Where a part of an image's name is written: of the steps that it took, the first that says it.
fn written(world: &World, image: &Value, part: &str) -> Span {
    std::iter::once(image.span)
        .chain(image.trail.steps().map(|step| step.span))
        .find(|span| world.sources.slice(*span).contains(part))
        .unwrap_or_else(|| origin(image))
}

/// Whether one was meant to be the other: of one owner, and called almost the same.
fn meant(built: &Side, used: &Side) -> bool {
    let registries = match (&built.reference.registry, &used.reference.registry) {
        (Some(a), Some(b)) => a.same(b) != Same::Never,
        _ => true,
    };
    let alike = suggest(&built.last, [&*used.last]).is_some()
        || used.last.ends_with(&format!("-{}", built.last))
        || built.last.ends_with(&format!("-{}", used.last));
    registries && alike && built.owner().same(&used.owner()) != Same::Never
}
