//! Images without security fixes behind an entry from the internet.

use seaworthy_facts::ImageReference;
use seaworthy_facts::{Span, Value};
use seaworthy_knowledge::images::Ended;
use seaworthy_link::World;
use seaworthy_link::exposure::{self, Audience};

use super::outdated::ended;
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "outdated-image-exposed",
    severity: Severity::Insecure,
    page: include_str!("outdated-image-exposed.md"),
    check,
};

/// An outdated image that the internet reaches.
pub(super) struct Exposed<'a> {
    pub(super) image: &'a Value,
    ended: Ended,
    entry: Span,
    says: String,
    assumed: Option<String>,
    name: String,
}

/// Every outdated image that the internet reaches, each place once.
pub(super) fn exposed(world: &World) -> Vec<Exposed<'_>> {
    let mut found: Vec<Exposed<'_>> = Vec::new();
    for entry in exposure::entries(world) {
        let Audience::Public {
            span,
            says,
            assumed,
        } = &entry.audience
        else {
            continue;
        };
        for (_, workload) in entry.workloads() {
            let Some(pods) = workload.pods() else {
                continue;
            };
            for image in pods
                .containers()
                .filter_map(|container| container.get("image"))
            {
                let Some(text) = image.text() else { continue };
                let reference = ImageReference::parse(&text);
                let Some(ended) = ended(world, &reference) else {
                    continue;
                };
                if found.iter().any(|other| other.image.span == image.span) {
                    continue;
                }
                found.push(Exposed {
                    image,
                    ended,
                    entry: *span,
                    says: says.to_string(),
                    assumed: assumed.as_ref().map(ToString::to_string),
                    name: reference.to_string(),
                });
            }
        }
    }
    found
}

fn check(world: &World, findings: &mut Vec<Finding>) {
    for exposed in exposed(world) {
        let mut finding = Finding::new(format!(
            "the internet reaches `{}`, which has had no security fixes since {}",
            exposed.name, exposed.ended.on
        ))
        .at(
            exposed.image.span,
            format!("{} ended on {}", exposed.ended.what, exposed.ended.on),
        )
        .and(exposed.entry, format!("public: {}", exposed.says))
        .assume(format!(
            "end of support (table of {})",
            world.knowledge.images_read()
        ))
        .about([exposed.name.clone()]);
        if let Some(assumed) = exposed.assumed {
            finding = finding.assume(assumed);
        }
        findings.push(finding);
    }
}
