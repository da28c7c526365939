//! A setter marker of Flux's image automation names a policy that is not there.

use seaworthy_facts::kubernetes::Object;
use seaworthy_facts::{SourceKind, Span};
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "automation-marker-mismatch",
    severity: Severity::Breaks,
    page: include_str!("automation-marker-mismatch.md"),
    check,
};

const MARK: &str = "\"$imagepolicy\"";

fn check(world: &World, findings: &mut Vec<Finding>) {
    let policies: Vec<&Object> = world
        .facts
        .kubernetes
        .clusters
        .iter()
        .flat_map(|cluster| cluster.of("ImagePolicy"))
        .collect();
    // Without any policy in sight they are in another repository.
    if policies.is_empty() {
        return;
    }
    for source in world.sources.of(SourceKind::Yaml) {
        let text = source.file.text();
        for (at, _) in text.match_indices(MARK) {
            let line_end = text[at..].find('\n').map_or(text.len(), |end| at + end);
            let line_start = text[..at].rfind('\n').map_or(0, |start| start + 1);
            if !text[line_start..at].contains('#') {
                continue;
            }
            let rest = &text[at + MARK.len()..line_end];
            let Some(open) = rest.find('"') else { continue };
            let Some(close) = rest[open + 1..].find('"') else {
                continue;
            };
            let start = at + MARK.len() + open + 1;
            let named = &text[start..start + close];
            let span = source.file.span(start..start + close);
            judge(world, &policies, named, span, findings);
        }
    }
}

fn judge(
    world: &World,
    policies: &[&Object],
    named: &str,
    span: Span,
    findings: &mut Vec<Finding>,
) {
    let mut parts = named.split(':');
    let (Some(namespace), Some(name)) = (parts.next(), parts.next()) else {
        return;
    };
    let fits = |policy: &&&Object| {
        policy.name.text().is_none_or(|own| own.can_be(name))
            && policy.namespace().is_none_or(|own| own == namespace)
    };
    if policies.iter().any(|policy| fits(&policy)) {
        return;
    }
    // The same name in another namespace, else a name that is almost it; policies that are filled in at the end count
    // as anything.
    let near = policies
        .iter()
        .find(|policy| policy.name() == Some(name))
        .or_else(|| {
            let near = seaworthy_diagnostics::suggest(
                name,
                policies.iter().filter_map(|policy| policy.name()),
            )?;
            policies.iter().find(|policy| policy.name() == Some(near))
        })
        .or_else(|| {
            // The only one of its repository: it is the one that is meant.
            let [one] = policies else { return None };
            Some(one)
        });
    let mut finding = Finding::new(format!(
        "the marker names image policy `{namespace}:{name}`, which does not exist: the tag on this line is never updated"
    ))
    .at(span, format!("no ImagePolicy `{name}` in namespace `{namespace}`"))
    .about([named.to_owned(), world.sources.path(span.file).to_owned()]);
    if let Some(near) = near {
        let own = near.name.text().unwrap_or_default();
        let place = match (&near.namespace, near.name() == Some(name)) {
            (Some(namespace), true) => namespace.span,
            _ => near.name.span,
        };
        finding = finding.and(
            place,
            format!(
                "the policy that is there is `{}:{own}`",
                near.namespace().unwrap_or_default()
            ),
        );
    }
    findings.push(finding);
}
