//! Whether A reaches or may use B: the chain, or the first link that refuses.
//!
//! A question's kinds decide what "reaches" means: from a workload to a database it is security groups
//! ([`databases`]), to a secret it is references and roles ([`secrets`]), from a workflow it is trust and policy
//! ([`roles`]), from a tag it is who pushes and who pulls ([`tags`]). Any other pair is answered by the graph's
//! relations alone.

mod databases;
mod roles;
mod secrets;
mod tags;

use petgraph::graph::NodeIndex;
use seaworthy_facts::Span;

use crate::World;
use crate::graph::{LinkGraph, Node, NodeKind, Relation, kinds_and_name};

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What it is in all.
    pub verdict: Verdict,
    /// In one sentence.
    pub headline: String,
    /// The chain, as far as it holds, and then what refuses or is not seen.
    pub steps: Vec<Step>,
}

/// What an answer or a step says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It holds.
    Yes,
    /// It does not.
    No,
    /// The files do not say.
    Unknown,
}

/// A link of the chain.
#[derive(Debug, Clone)]
pub struct Step {
    /// Whether it holds.
    pub verdict: Verdict,
    /// What it is.
    pub says: String,
    /// The place that says so.
    pub span: Option<Span>,
}

/// Why a question could not be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unclear {
    /// Nothing is called so.
    Nothing {
        /// The word.
        word: String,
        /// What has a similar name, as `kind/name`.
        similar: Vec<String>,
    },
    /// Several things are.
    Several {
        /// The word.
        word: String,
        /// What it can mean, as `kind/name`, with the scope where that tells them apart.
        meanings: Vec<String>,
    },
}

impl Step {
    fn yes(says: impl Into<String>, span: Option<Span>) -> Self {
        Self {
            verdict: Verdict::Yes,
            says: says.into(),
            span,
        }
    }

    fn no(says: impl Into<String>, span: Option<Span>) -> Self {
        Self {
            verdict: Verdict::No,
            says: says.into(),
            span,
        }
    }

    fn unknown(says: impl Into<String>, span: Option<Span>) -> Self {
        Self {
            verdict: Verdict::Unknown,
            says: says.into(),
            span,
        }
    }
}

impl Answer {
    /// The worst step decides: a refusal before an unknown, an unknown before a yes.
    fn of(steps: Vec<Step>, from: &str, to: &str) -> Self {
        let verdict = if steps.iter().any(|step| step.verdict == Verdict::No) {
            Verdict::No
        } else if steps.is_empty() || steps.iter().any(|step| step.verdict == Verdict::Unknown) {
            Verdict::Unknown
        } else {
            Verdict::Yes
        };
        let headline = match verdict {
            Verdict::Yes => format!("`{from}` reaches `{to}`"),
            Verdict::No => format!("`{from}` does not reach `{to}`"),
            Verdict::Unknown => format!("the files do not say whether `{from}` reaches `{to}`"),
        };
        Self {
            verdict,
            headline,
            steps,
        }
    }
}

/// Answers whether `from` reaches or may use `to`. Both are `kind/name`, a name alone where only one thing has it, or
/// for `to` an action of AWS: `ecr:PutImage`.
pub fn why(world: &World, graph: &LinkGraph, from: &str, to: &str) -> Result<Answer, Unclear> {
    let source = one(graph, from)?;
    let a = graph.node(source);
    if is_action(to) {
        let steps = to_action(world, graph, source, to);
        return Ok(Answer::of(steps, &a.label(), to));
    }
    let target = one(graph, to)?;
    let b = graph.node(target);
    let steps = match (a.kind, b.kind) {
        (NodeKind::Workload, NodeKind::Database) => databases::steps(world, a, b),
        (NodeKind::Workload, NodeKind::Secret) => secrets::of_cluster(world, graph, source, target),
        (NodeKind::Workload, NodeKind::CloudSecret) => {
            secrets::of_cloud(world, graph, source, target)
        }
        (NodeKind::Workload, NodeKind::Role) => roles::of_workload(world, a, Some(b)).0,
        (NodeKind::Pipeline | NodeKind::Job, NodeKind::Role) => {
            roles::of_pipeline(world, a, Some(b)).0
        }
        (NodeKind::Tag | NodeKind::Image | NodeKind::Registry, NodeKind::Workload) => {
            tags::steps(graph, source, target)
        }
        (NodeKind::Workload, NodeKind::Tag | NodeKind::Image | NodeKind::Registry) => {
            tags::steps(graph, target, source)
        }
        _ => by_relations(graph, source, target),
    };
    Ok(Answer::of(steps, &a.label(), &b.label()))
}

/// `ecr:PutImage`: a service in lower case and an action; a node's kind and name are parted by `/`.
fn is_action(word: &str) -> bool {
    word.split_once(':').is_some_and(|(service, action)| {
        !word.contains(['/', '.'])
            && service
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && action.starts_with(|c: char| c.is_ascii_uppercase())
    })
}

fn to_action(world: &World, graph: &LinkGraph, source: NodeIndex, action: &str) -> Vec<Step> {
    let node = graph.node(source);
    let (mut steps, role) = match node.kind {
        NodeKind::Pipeline | NodeKind::Job => roles::of_pipeline(world, node, None),
        NodeKind::Role => {
            let role = world
                .iam()
                .roles
                .iter()
                .find(|role| Some(role.span) == node.span);
            (Vec::new(), role)
        }
        _ => roles::of_workload(world, node, None),
    };
    match role {
        Some(role) => steps.push(roles::may(role, action, None)),
        None if steps.is_empty() => steps.push(Step::unknown(
            format!("`{}` is not declared here", node.label()),
            node.span,
        )),
        None => {}
    }
    steps
}

/// The one thing that a word means.
pub fn one(graph: &LinkGraph, word: &str) -> Result<NodeIndex, Unclear> {
    let found = graph.find(word);
    // What is declared comes before what is only spoken of.
    let declared: Vec<_> = found
        .iter()
        .copied()
        .filter(|index| graph.node(*index).span.is_some())
        .collect();
    let found = if declared.is_empty() { found } else { declared };
    match found.as_slice() {
        [index] => Ok(*index),
        [] => Err(Unclear::Nothing {
            word: word.to_owned(),
            similar: similar(graph, word),
        }),
        several => Err(Unclear::Several {
            word: word.to_owned(),
            meanings: several
                .iter()
                .take(12)
                .map(|index| {
                    let node = graph.node(*index);
                    if node.scope.is_empty() {
                        node.label()
                    } else {
                        format!("{} (in {})", node.label(), node.scope)
                    }
                })
                .collect(),
        }),
    }
}

/// What has a similar name, of the kind that was asked for; where there is none, what there is of the kind.
fn similar(graph: &LinkGraph, word: &str) -> Vec<String> {
    let (kinds, name) = kinds_and_name(word);
    let of_kind: Vec<&Node> = graph
        .nodes()
        .map(|(_, node)| node)
        .filter(|node| kinds.contains(&node.kind))
        .collect();
    let mut similar: Vec<String> = of_kind
        .iter()
        .filter(|node| node.name.contains(name) || name.contains(&*node.name))
        .map(|node| node.label())
        .take(6)
        .collect();
    if similar.is_empty() {
        let names = of_kind.iter().map(|node| &*node.name);
        let close = seaworthy_diagnostics::suggest(name, names);
        similar.extend(
            of_kind
                .iter()
                .filter(|node| close == Some(&*node.name))
                .map(|node| node.label()),
        );
    }
    if similar.is_empty() && kinds.len() < NodeKind::ALL.len() {
        similar.extend(of_kind.iter().map(|node| node.label()).take(6));
    }
    similar
}

/// The shortest chain of relations; without one, how far the source gets.
fn by_relations(graph: &LinkGraph, from: NodeIndex, to: NodeIndex) -> Vec<Step> {
    // That a state makes two things does not let one use the other.
    let counts = |edge: &crate::graph::Edge| edge.relation != Relation::Makes;
    if let Some(path) = graph.path(from, to, counts) {
        return chain(graph, &path);
    }
    if let Some(path) = graph.path(to, from, counts) {
        let mut steps = chain(graph, &path);
        steps.insert(
            0,
            Step::no(
                format!(
                    "nothing leads from `{}` to `{}`; the relation goes the other way",
                    graph.node(from).label(),
                    graph.node(to).label()
                ),
                graph.node(from).span,
            ),
        );
        return steps;
    }
    let mut steps = vec![Step::no(
        format!(
            "no relation in these files leads from `{}` to `{}`",
            graph.node(from).label(),
            graph.node(to).label()
        ),
        graph.node(from).span,
    )];
    for (edge, next) in graph.from(from).take(5) {
        steps.push(Step::yes(
            format!(
                "`{}` {} `{}`",
                graph.node(from).label(),
                edge.relation.as_str(),
                graph.node(next).label()
            ),
            edge.span,
        ));
    }
    steps
}

fn chain(graph: &LinkGraph, path: &[(Option<&crate::graph::Edge>, NodeIndex)]) -> Vec<Step> {
    path.windows(2)
        .filter_map(|pair| {
            let edge = pair[1].0?;
            Some(Step::yes(
                format!(
                    "`{}` {} `{}`",
                    graph.node(pair[0].1).label(),
                    edge.relation.as_str(),
                    graph.node(pair[1].1).label()
                ),
                edge.span,
            ))
        })
        .collect()
}
