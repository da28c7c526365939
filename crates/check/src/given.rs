//! Labels that stand in a template of a chart: whoever reads them changes the value, so that its place is a label, too.

use std::collections::HashMap;

use seaworthy_diagnostics::LabelKind;
use seaworthy_facts::kubernetes::Origin;
use seaworthy_facts::{SourceKind, Span};
use seaworthy_link::World;

use crate::Finding;

/// Adds, for every label at a value of a template, one where the value is given, if that is one place.
pub(crate) fn label(world: &World, findings: &mut [Finding]) {
    let is_template = |span: Span| world.sources.get(span.file).kind == SourceKind::HelmTemplate;
    let in_template = |finding: &Finding| {
        finding
            .diagnostic
            .labels
            .iter()
            .any(|label| is_template(label.span))
    };
    if !findings.iter().any(in_template) {
        return;
    }
    let given = places(world);
    for finding in findings.iter_mut().filter(|finding| in_template(finding)) {
        let more: Vec<Span> = finding
            .diagnostic
            .labels
            .iter()
            .filter_map(|label| match given.get(&label.span)?.as_slice() {
                [only] => Some(*only),
                _ => None,
            })
            .collect();
        for span in more {
            let near = |other: Span| {
                other.file == span.file && world.sources.line(other) == world.sources.line(span)
            };
            let labels = &mut finding.diagnostic.labels;
            if !labels.iter().any(|label| near(label.span)) {
                labels.push(seaworthy_diagnostics::Label {
                    span,
                    message: "the value is given here".into(),
                    kind: LabelKind::Secondary,
                });
            }
        }
    }
}

/// Where the values that stand in templates are given: outside of templates, by the place in the template.
fn places(world: &World) -> HashMap<Span, Vec<Span>> {
    let mut given: HashMap<Span, Vec<Span>> = HashMap::new();
    for cluster in &world.facts.kubernetes.clusters {
        for object in &cluster.objects {
            if !matches!(object.origin, Origin::Chart { .. }) {
                continue;
            }
            object.body.walk(&mut |value| {
                let Some(step) = value.trail.steps().find(|step| {
                    world.sources.get(step.span.file).kind != SourceKind::HelmTemplate
                }) else {
                    return;
                };
                let places = given.entry(value.span).or_default();
                if !places.contains(&step.span) {
                    places.push(step.span);
                }
            });
        }
    }
    given
}
