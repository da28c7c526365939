//! The AWS load-balancer controller is told to inject readiness gates, and the namespaces it serves lack the label
//! that lets it. The controller's default (on) is not held against anybody; only who asks for it is told.

use seaworthy_facts::delivery::What;
use seaworthy_facts::documents::ClaimKind;
use seaworthy_facts::kubernetes::{Cluster, Object};
use seaworthy_facts::{Same, Span, Value};
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "readiness-gate-not-enabled",
    severity: Severity::Unreliable,
    page: include_str!("readiness-gate-not-enabled.md"),
    check,
};

const LABEL: &str = "elbv2.k8s.aws/pod-readiness-gate-inject";

fn check(world: &World, findings: &mut Vec<Finding>) {
    for cluster in &world.facts.kubernetes.clusters {
        let asked = cluster.releases.iter().find_map(|release| {
            (release.chart.str()? == "aws-load-balancer-controller").then_some(())?;
            let value = release.values.get("enablePodReadinessGateInject")?;
            (value.bool() == Some(true)).then_some(value)
        });
        let Some(asked) = asked else { continue };
        for namespace in cluster.of("Namespace") {
            let labels = namespace.at("metadata.labels");
            if labels.is_some_and(|labels| labels.is_unknown() || labels.get(LABEL).is_some()) {
                continue;
            }
            let Some(target) = served(cluster, namespace) else {
                continue;
            };
            if labelled_by_command(world, namespace) {
                continue;
            }
            let name = namespace.name().unwrap_or_default();
            findings.push(
                Finding::new(format!(
                    "namespace `{name}` lacks the label that enables readiness gates: pods count as ready before the load balancer knows them, and rollouts drop requests"
                ))
                .at(place(namespace), format!("no label `{LABEL}: enabled`"))
                .and(asked.span, "the controller is told to inject readiness gates")
                .and_maybe(no_downtime(world).map(|span| {
                    (span, "and releases are to pass without interruption".to_owned())
                }))
                .link(target, "the load balancer sends to pods of this namespace by address")
                .trail(asked)
                .assume("the AWS load-balancer controller injects gates only in namespaces with the label (2026-11-21)")
                .about([name.to_owned()]),
            );
        }
    }
}

/// The labels, where there are some; a name that a kustomization gives stands in another file.
fn place(namespace: &Object) -> Span {
    let labels = namespace.at("metadata.labels");
    [labels, Some(&namespace.name)]
        .into_iter()
        .flatten()
        .map(|value| value.span)
        .find(|span| span.file == namespace.file)
        .unwrap_or(namespace.span)
}

/// What sends to the pods of a namespace by their addresses.
fn served(cluster: &Cluster, namespace: &Object) -> Option<Span> {
    let name = namespace.name()?;
    let own = |object: &&Object| object.namespace() == Some(name);
    let by_ingress = cluster.of("Ingress").filter(own).find_map(|ingress| {
        let value = ingress.annotation("alb.ingress.kubernetes.io/target-type")?;
        (value.str() == Some("ip")).then_some(value.span)
    });
    let by_service = || {
        cluster.of("Service").filter(own).find_map(|service| {
            let value = service
                .annotation("service.beta.kubernetes.io/aws-load-balancer-nlb-target-type")?;
            (value.str() == Some("ip")).then_some(value.span)
        })
    };
    let by_binding = || {
        cluster
            .of("TargetGroupBinding")
            .filter(own)
            .find_map(|binding| {
                let value = binding.at("spec.targetType")?;
                (value.str() == Some("ip")).then_some(value.span)
            })
    };
    by_ingress.or_else(by_service).or_else(by_binding)
}

fn labelled_by_command(world: &World, namespace: &Object) -> bool {
    let Some(own) = namespace.name.text() else {
        return true;
    };
    world
        .facts
        .delivery
        .deeds()
        .any(|(_, deed)| match &deed.what {
            What::Mark {
                verb,
                kind,
                name,
                marks,
                ..
            } => {
                &**verb == "label"
                    && &**kind == "Namespace"
                    && name
                        .as_ref()
                        .and_then(Value::text)
                        .is_none_or(|name| name.same(&own) != Same::Never)
                    && marks.iter().any(|(key, _)| key.can_be(LABEL))
            }
            _ => false,
        })
}

fn no_downtime(world: &World) -> Option<Span> {
    world
        .facts
        .documents
        .claims
        .iter()
        .find(|claim| claim.about == ClaimKind::NoDowntime)
        .map(|claim| claim.span)
}
