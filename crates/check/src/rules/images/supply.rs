//! What the rules of this theme share: places of tags, and who is started by whom.

use seaworthy_facts::delivery::Doer;
use seaworthy_facts::{SourceKind, Span, Value};
use seaworthy_link::World;
use seaworthy_link::images::{Pulled, Push, Repository};

/// Where the value of a tag was first written: its expression, else the command.
pub(crate) fn origin(image: &Value) -> Span {
    image.trail.origin().unwrap_or(image.span)
}

/// The words with which a message names a doer.
pub(crate) fn called(doer: Doer<'_>) -> String {
    match doer {
        Doer::Step { workflow, .. } => format!("workflow `{}`", workflow.name),
        Doer::Pipeline(pipeline) => format!("the {} pipeline", pipeline.system),
        Doer::Script(script) => match &script.target {
            Some(target) => format!("target `{target}`"),
            None => "a script".to_owned(),
        },
    }
}

/// The workloads that pull what is pushed, each place once.
pub(crate) fn pulled_of<'p, 'a>(pulled: &'p [Pulled<'a>], push: &Push<'_>) -> Vec<&'p Pulled<'a>> {
    let mut places: Vec<Span> = Vec::new();
    pulled
        .iter()
        .filter(|pulled| push.goes_to(&pulled.reference))
        .filter(|pulled| {
            let new = !places.contains(&pulled.image.span);
            places.push(pulled.image.span);
            new
        })
        .collect()
}

/// Whether tags of a repository cannot be moved once they are pushed.
pub(crate) fn immutable(repositories: &[Repository<'_>], push: &Push<'_>) -> bool {
    let mut of_push = repositories
        .iter()
        .filter(|repository| push.fills(repository))
        .peekable();
    of_push.peek().is_some()
        && of_push.all(|repository| {
            repository
                .resource
                .at("image_tag_mutability")
                .is_some_and(|value| {
                    value
                        .str()
                        .is_none_or(|value| value.to_ascii_uppercase().starts_with("IMMUTABLE"))
                })
        })
}

/// Whether a condition on the event, the branch or an input decides about a push.
pub(crate) fn is_conditional(world: &World, push: &Push<'_>) -> bool {
    let Doer::Step { job, step, .. } = push.doer else {
        return false;
    };
    let decides = |span: Span| {
        let text = world.sources.slice(span);
        ["github.", "needs.", "inputs.", "GITHUB_", "env.", "vars."]
            .iter()
            .any(|word| text.contains(word))
    };
    push.deed.conditions.iter().copied().any(decides)
        || job
            .condition
            .as_ref()
            .is_some_and(|value| decides(value.span))
        || step
            .condition
            .as_ref()
            .is_some_and(|value| decides(value.span))
        || step
            .with
            .get("push")
            .is_some_and(|push| push.bool() != Some(true))
        || job.runs == Some(false)
}

/// Where a reader changes what a workload pulls: of an image that a chart's template puts together, the value.
pub(crate) fn place(world: &World, pulled: &Pulled<'_>) -> Span {
    let span = pulled.image.span;
    if world.sources.get(span.file).kind == SourceKind::HelmTemplate {
        return pulled.image.trail.origin().unwrap_or(span);
    }
    span
}

/// Adds a span to a list if it is not there.
pub(crate) fn add(spans: &mut Vec<Span>, span: Span) {
    if !spans.contains(&span) {
        spans.push(span);
    }
}
