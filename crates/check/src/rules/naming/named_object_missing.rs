//! An object names another that is not there, and one of nearly the name is.

use seaworthy_facts::kubernetes::Object;
use seaworthy_link::World;
use seaworthy_link::references::{Dangling, Why, dangling};

use crate::{Confidence, Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "named-object-missing",
    severity: Severity::Breaks,
    page: include_str!("named-object-missing.md"),
    check,
};

/// The kinds whose names are held against what is there. Secrets, and what autoscalers and Ingresses name, have rules
/// of their own.
const KINDS: &[&str] = &[
    "ConfigMap",
    "ServiceAccount",
    "PersistentVolumeClaim",
    "SecretProviderClass",
    "PriorityClass",
    "RuntimeClass",
    "IngressClass",
    "IngressClassParams",
    "Role",
    "ClusterRole",
    "Service",
    "Gateway",
    "GatewayClass",
    "Issuer",
    "ClusterIssuer",
    "SecretStore",
    "ClusterSecretStore",
    "Password",
    "TriggerAuthentication",
    "ClusterTriggerAuthentication",
    "EC2NodeClass",
    "NodeClass",
    "AWSNodeTemplate",
    "AppProject",
    "AnalysisTemplate",
    "ClusterAnalysisTemplate",
    "WorkflowTemplate",
    "ClusterWorkflowTemplate",
    "GitRepository",
    "OCIRepository",
    "HelmRepository",
    "HelmChart",
    "Bucket",
    "Kustomization",
    "HelmRelease",
    "ImageRepository",
    "Provider",
    "Kafka",
    "KafkaConnect",
    "BackendConfig",
    "FrontendConfig",
    "ManagedCertificate",
    "Namespace",
    "Deployment",
    "StatefulSet",
];

fn check(world: &World, findings: &mut Vec<Finding>) {
    for dangling in dangling(world, KINDS) {
        if &*dangling.reference.kind == "Namespace"
            && is_made_by_a_tool(&dangling.reference.name.to_string())
        {
            continue;
        }
        if is_made_otherwise(world, &dangling) {
            continue;
        }
        if !matches!(
            &*dangling.reference.from.kind,
            "HorizontalPodAutoscaler" | "Ingress"
        ) || !matches!(
            &*dangling.reference.kind,
            "Deployment" | "StatefulSet" | "Service"
        ) {
            findings.push(finding(&dangling));
        }
    }
}

/// Whether something of the same tree has the name after all: a `ClusterAnalysisTemplate` beside `AnalysisTemplate`s, or
/// an object under the name that it had before kustomize put a prefix to it, which kustomize follows.
fn is_made_otherwise(world: &World, dangling: &Dangling<'_>) -> bool {
    let reference = &dangling.reference;
    let Some(name) = reference.name.literal() else {
        return false;
    };
    let cluster = &world.facts.kubernetes.clusters[reference.cluster];
    let wide = &*reference.kind == "AnalysisTemplate"
        && cluster
            .of("ClusterAnalysisTemplate")
            .any(|object| object.name() == Some(name));
    let before = || {
        cluster.of(&reference.kind).any(|object| {
            object.name() != Some(name)
                && world
                    .sources
                    .slice(object.name.span)
                    .trim_matches(['"', '\''])
                    == name
        })
    };
    wide || before()
}

/// Namespaces that come with the cluster, or that installing a controller makes before any file is applied.
fn is_made_by_a_tool(namespace: &str) -> bool {
    namespace.starts_with("kube-")
        || namespace.ends_with("-system")
        || matches!(namespace, "default" | "argocd" | "argo-cd")
}

fn finding(dangling: &Dangling<'_>) -> Finding {
    let reference = &dangling.reference;
    let (kind, name) = (&reference.kind, &reference.name);
    let near = &dangling.near.named;
    let who = shown(reference.from);
    if dangling.near.why == Why::Namespace {
        return in_another_namespace(dangling, &who);
    }
    let finding = Finding::new(format!(
        "{who} names {kind} `{name}`, which is not there; there is `{}`",
        near.name
    ))
    .at(
        reference.span(),
        format!(
            "no {kind} is called `{name}` where `{}` looks",
            reference.field
        ),
    )
    .and(
        near.span,
        match dangling.near.why {
            Why::Unused => format!("`{}` is here, and nothing names it", near.name),
            Why::Spelling => format!("the {kind} is called `{}`", near.name),
            Why::Others | Why::Namespace => format!("the others name `{}`", near.name),
        },
    )
    .trail(reference.value)
    .about([who, kind.to_string(), name.to_string()]);
    // Its pods run all the same.
    if reference.field == "serviceName" {
        return finding
            .confidence(Confidence::Possible)
            .note("the pods start without it; they have no DNS names of their own");
    }
    match dangling.near.why {
        Why::Unused | Why::Spelling => finding.hint(format!("did you mean `{}`?", near.name)),
        Why::Others | Why::Namespace => finding.confidence(Confidence::Likely),
    }
}

fn in_another_namespace(dangling: &Dangling<'_>, who: &str) -> Finding {
    let reference = &dangling.reference;
    let (kind, name) = (&reference.kind, &reference.name);
    let near = &dangling.near.named;
    let own = reference.namespace.clone().unwrap_or_default();
    let other = near
        .object
        .and_then(|object| object.namespace())
        .unwrap_or_default();
    let finding = Finding::new(format!(
        "{who} names {kind} `{name}` in namespace `{own}`; it is in `{other}`, and is not seen from there"
    ))
    .at(
        reference.span(),
        format!("no {kind} is called `{name}` in `{own}`"),
    )
    .and(near.span, format!("`{name}` is in `{other}`"));
    match &reference.from.namespace {
        Some(namespace) => finding.and(namespace.span, format!("this is in `{own}`")),
        None => finding,
    }
    .trail(reference.value)
    .about([who.to_owned(), kind.to_string(), name.to_string()])
}

fn shown(object: &Object) -> String {
    format!(
        "{} `{}`",
        object.kind,
        object.name.text().unwrap_or_default()
    )
}
