//! From a workload to a secret: by reference, by what fills the Secret, and by the role that may read it in the cloud.

use seaworthy_facts::kubernetes::{Cluster, Object};
use seaworthy_facts::{Text, Value};

use super::roles::{may, object, of_account, of_workload};
use super::{Step, chain};
use crate::World;
use crate::graph::{LinkGraph, Node, Relation};
use petgraph::graph::NodeIndex;

/// To a Secret of Kubernetes: the reference, and whether what fills the Secret can.
pub(super) fn of_cluster(
    world: &World,
    graph: &LinkGraph,
    workload: NodeIndex,
    secret: NodeIndex,
) -> Vec<Step> {
    let direct =
        |edge: &crate::graph::Edge| matches!(edge.relation, Relation::Reads | Relation::Makes);
    let Some(path) = graph.path(workload, secret, direct) else {
        let mut steps = vec![Step::no(
            format!(
                "`{}` takes nothing from `{}`",
                graph.node(workload).label(),
                graph.node(secret).label()
            ),
            graph.node(workload).span,
        )];
        for (edge, other) in graph.from(workload) {
            if edge.relation == Relation::Reads {
                steps.push(Step::yes(
                    format!("it reads `{}`", graph.node(other).label()),
                    edge.span,
                ));
            }
        }
        return steps;
    };
    let mut steps = chain(graph, &path);
    let filler = graph
        .into_node(secret)
        .find(|(edge, _)| edge.relation == Relation::Makes)
        .map(|(_, index)| graph.node(index));
    match filler {
        Some(source) => steps.extend(fills(world, source)),
        None if graph.node(secret).span.is_none() => steps.push(Step::unknown(
            format!(
                "nothing in these files makes `{}`",
                graph.node(secret).label()
            ),
            None,
        )),
        None => {}
    }
    steps
}

/// To a secret of the cloud: by its own role, or through what fills a Secret that the workload reads.
pub(super) fn of_cloud(
    world: &World,
    graph: &LinkGraph,
    workload: NodeIndex,
    secret: NodeIndex,
) -> Vec<Step> {
    let reads = |edge: &crate::graph::Edge| edge.relation == Relation::Reads;
    if let Some(path) = graph.path(workload, secret, reads) {
        let mut steps = chain(graph, &path);
        let source = path
            .iter()
            .map(|(_, index)| graph.node(*index))
            .find(|node| node.kind == crate::graph::NodeKind::SecretSource);
        if let Some(source) = source {
            steps.extend(fills(world, source));
        }
        return steps;
    }
    let (mut steps, role) = of_workload(world, graph.node(workload), None);
    if let Some(role) = role {
        steps.push(may(
            role,
            "secretsmanager:GetSecretValue",
            Some(&arn(graph.node(secret))),
        ));
    }
    steps
}

/// Whether what fills a Secret may read what it fills it from.
fn fills(world: &World, source: &Node) -> Vec<Step> {
    let Some((cluster, object)) = object(world, source) else {
        return Vec::new();
    };
    match &*object.kind {
        "ExternalSecret" => external(world, cluster, object),
        _ => Vec::new(),
    }
}

fn external(world: &World, cluster: &Cluster, secret: &Object) -> Vec<Step> {
    let kind = secret
        .at("spec.secretStoreRef.kind")
        .and_then(Value::str)
        .unwrap_or("SecretStore");
    let name = secret.at("spec.secretStoreRef.name");
    let namespace = secret.namespace.as_ref().and_then(Value::text);
    let store = name.and_then(Value::text).and_then(|text| {
        let namespace = (kind == "SecretStore")
            .then_some(namespace.as_ref())
            .flatten();
        cluster.find(kind, namespace, &text)
    });
    let Some(store) = store else {
        return vec![Step::no(
            format!("{kind} `{}` is not declared here", shown(name)),
            name.map(|name| name.span),
        )];
    };
    let mut steps = vec![Step::yes(
        format!("it asks {kind} `{}`", shown(name)),
        name.map(|name| name.span),
    )];
    let account = store.at("spec.provider.aws.auth.jwt.serviceAccountRef");
    let Some(account) = account else {
        steps.push(Step::unknown(
            "the store uses the identity of External Secrets itself",
            Some(store.span),
        ));
        return steps;
    };
    let Some(account_name) = account.get("name").and_then(Value::text) else {
        return steps;
    };
    let namespace = account
        .get("namespace")
        .or(store.namespace.as_ref())
        .and_then(Value::text);
    let first = Step::yes(
        format!("the store uses service account `{account_name}`"),
        Some(account.span),
    );
    let (more, role) = of_account(
        world,
        cluster,
        namespace.as_ref(),
        &account_name,
        None,
        vec![first],
    );
    steps.extend(more);
    if let Some(role) = role {
        steps.push(may(role, "secretsmanager:GetSecretValue", None));
    }
    steps
}

/// The ARN of a secret of Secrets Manager, as far as its name says it: account and region are anybody's, and six
/// random characters follow the name.
fn arn(secret: &Node) -> Text {
    use seaworthy_facts::{Unknown, UnknownKind};
    let hole = |name: &str| Unknown::new(UnknownKind::Attribute, name);
    let mut text = Text::from("arn:aws:secretsmanager:");
    text.push_hole(hole("region"));
    text.push_str(":");
    text.push_hole(hole("account"));
    text.push_str(&format!(":secret:{}-", secret.name));
    text.push_hole(hole("suffix"));
    text
}

fn shown(name: Option<&Value>) -> String {
    name.and_then(Value::text)
        .map(|text| text.to_string())
        .unwrap_or_default()
}
