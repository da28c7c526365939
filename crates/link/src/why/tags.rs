//! From an image's tag to a workload: who pushes it, who pulls it.

use petgraph::graph::NodeIndex;
use seaworthy_facts::{ImageReference, Same, Span};

use super::Step;
use crate::graph::{LinkGraph, Node, NodeKind, Relation};

pub(super) fn steps(graph: &LinkGraph, image: NodeIndex, workload: NodeIndex) -> Vec<Step> {
    let asked = graph.node(image);
    let pulled: Vec<_> = graph
        .from(workload)
        .filter(|(edge, _)| edge.relation == Relation::Pulls)
        .map(|(edge, tag)| (edge.span, graph.node(tag)))
        .collect();
    let mut steps = Vec::new();
    let same_image: Vec<_> = pulled
        .iter()
        .filter(|(_, tag)| names_same(asked, tag))
        .collect();
    let Some((span, tag)) = same_image.first() else {
        steps.push(Step::no(
            format!("`{}` pulls other images only", graph.node(workload).label()),
            graph.node(workload).span,
        ));
        for (span, tag) in pulled {
            steps.push(Step::yes(format!("it pulls `{}`", tag.name), span));
        }
        return steps;
    };
    let pushers = pushers(graph, tag);
    if asked.kind == NodeKind::Tag && !can_be_same(asked, tag) {
        steps.push(Step::no(
            format!("`{}` pulls `{}`", graph.node(workload).label(), tag.name),
            *span,
        ));
    } else {
        steps.push(Step::yes(
            format!("`{}` pulls `{}`", graph.node(workload).label(), tag.name),
            *span,
        ));
    }
    if pushers.is_empty() {
        steps.push(Step::unknown("nothing in these files pushes it", None));
    }
    // One pusher whose tag fits is enough; the others say nothing then.
    let fits = pushers
        .iter()
        .any(|(_, pushed, _)| can_be_same(pushed, tag));
    for (pusher, pushed, place) in pushers {
        let says = format!("`{pusher}` pushes `{}`", pushed.name);
        if can_be_same(pushed, tag) {
            steps.push(Step::yes(says, place));
        } else if !fits {
            steps.push(Step::no(
                format!("{says}, which is never `{}`", tag.name),
                place,
            ));
        }
    }
    steps
}

/// Everybody who pushes to the repository of a tag: who, what, where.
fn pushers<'a>(graph: &'a LinkGraph, tag: &Node) -> Vec<(String, &'a Node, Option<Span>)> {
    let mut pushers = Vec::new();
    for (index, node) in graph.nodes() {
        if node.kind != NodeKind::Tag || !names_same(node, tag) {
            continue;
        }
        for (edge, from) in graph.into_node(index) {
            if edge.relation == Relation::Pushes {
                pushers.push((graph.node(from).label(), node, edge.span));
            }
        }
    }
    pushers
}

/// Whether two nodes name one repository.
fn names_same(a: &Node, b: &Node) -> bool {
    match (&a.image, &b.image) {
        (Some(a), Some(b)) => a.same_repository(b) != Same::Never,
        // A registry is named by its repository alone.
        (None, Some(image)) => image.repository.can_be(&a.name),
        _ => false,
    }
}

/// Whether what one node pushes can be what the other pulls.
fn can_be_same(a: &Node, b: &Node) -> bool {
    let tag = |node: &Node| node.image.as_ref().and_then(ImageReference::pulled_tag);
    match (tag(a), tag(b)) {
        (Some(a), Some(b)) => a.same(&b) != Same::Never,
        _ => true,
    }
}
