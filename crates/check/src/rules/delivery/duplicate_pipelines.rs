//! Two systems build one folder and publish it under different names.

use seaworthy_facts::delivery::{Doer, What};
use seaworthy_facts::{FileId, ImageReference, Same, Span, Value, join};
use seaworthy_link::World;

use crate::{Confidence, Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "duplicate-pipelines",
    severity: Severity::Unreliable,
    page: include_str!("duplicate-pipelines.md"),
    check,
};

struct Published {
    system: String,
    file: FileId,
    folder: String,
    name: ImageReference,
    span: Span,
}

fn check(world: &World, findings: &mut Vec<Finding>) {
    let mut published: Vec<Published> = Vec::new();
    for (doer, deed) in world.facts.delivery.deeds() {
        let system = match doer {
            Doer::Step { .. } => "GitHub Actions".to_owned(),
            Doer::Pipeline(pipeline) => pipeline.system.to_string(),
            Doer::Script(_) => continue,
        };
        let What::BuildImage {
            tags,
            context: Some(context),
            dockerfile,
            ..
        } = &deed.what
        else {
            continue;
        };
        let (Some(at), Some(context), Some(tag)) =
            (deed.folder.literal(), context.str(), tags.first())
        else {
            continue;
        };
        // The Dockerfile tells builds of one folder apart.
        let file = dockerfile
            .as_ref()
            .and_then(Value::str)
            .unwrap_or("Dockerfile");
        let Some(text) = tag.text() else { continue };
        published.push(Published {
            system,
            file: doer.file(),
            folder: join(&join(at, context), seaworthy_facts::file_name(file)),
            name: ImageReference::parse(&text),
            span: tag.span,
        });
    }
    let mut seen: Vec<(FileId, FileId)> = Vec::new();
    for (at, one) in published.iter().enumerate() {
        for other in &published[at + 1..] {
            let differ = one.name.repository.same(&other.name.repository) == Same::Never
                || matches!((&one.name.registry, &other.name.registry), (Some(one), Some(other)) if one.same(other) == Same::Never);
            if one.system == other.system
                || one.folder != other.folder
                || !differ
                || seen.contains(&(one.file, other.file))
            {
                continue;
            }
            seen.push((one.file, other.file));
            findings.push(
                Finding::new(format!(
                    "{} and {} build the same image and name it `{}` and `{}`",
                    one.system, other.system, one.name, other.name
                ))
                .at(one.span, format!("{} names it so", one.system))
                .and(other.span, format!("{} names it so", other.system))
                .confidence(Confidence::Possible)
                .hint("keep one of them, or let both push to one place")
                .about([one.folder.clone()]),
            );
        }
    }
}
