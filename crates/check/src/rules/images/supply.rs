//! What the rules of this theme share: places of tags, and who is started by whom.

use seaworthy_facts::delivery::Doer;
use seaworthy_facts::{Span, Value};
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

/// Adds a span to a list if it is not there.
pub(crate) fn add(spans: &mut Vec<Span>, span: Span) {
    if !spans.contains(&span) {
        spans.push(span);
    }
}
