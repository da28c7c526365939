//! What the definition asks for and no object is rendered for, and what to do about it.

use seaworthy_definition::model::{EdgeKind, Logs, MonitoringPlace, SecretDelivery};

use super::{is_released, runs};
use crate::{Input, Note, Scope};

/// Everything that is left out.
pub(super) fn notes(input: &Input<'_>) -> Vec<Note> {
    let mut notes = services(input);
    for note in input.scopes().flat_map(of_the_cluster) {
        // Most are the same in every environment.
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    notes
}

/// Services that do not run in a cluster, or do not yet.
fn services(input: &Input<'_>) -> Vec<Note> {
    let mut notes = Vec::new();
    for service in input.base.services.values() {
        let about = format!("services.{}", service.name);
        if !runs(service) {
            notes.push(Note {
                about,
                text: "it is left out of the cluster: it has neither `build` nor `image`, so that there is no image to \
                       run"
                .to_owned(),
            });
            continue;
        }
        let waiting: Vec<_> = input
            .scopes()
            .filter(|scope| !is_released(input, *scope, service))
            .map(|scope| scope.environment.name.to_string())
            .collect();
        if !waiting.is_empty() {
            notes.push(Note {
                about,
                text: format!(
                    "it has not been released to {}, so that nothing is applied there: its image has no digest in {}",
                    waiting.join(", "),
                    images_file_of(&waiting)
                ),
            });
        }
    }
    notes
}

fn images_file_of(environments: &[String]) -> String {
    match environments {
        [one] => format!("`gitops/environments/{one}/images/kustomization.yaml`"),
        _ => "their `images/kustomization.yaml`".to_owned(),
    }
}

/// What the cluster would need and nothing rendered brings.
fn of_the_cluster(scope: Scope<'_>) -> Vec<Note> {
    let platform = scope.platform;
    let routed = platform.services.values().any(|s| s.route.is_some());
    let mut notes = Vec::new();
    let mut note = |about: &str, text: &str| {
        notes.push(Note {
            about: about.to_owned(),
            text: text.to_owned(),
        });
    };
    if platform.cluster.secrets == SecretDelivery::SecretsStoreCsi {
        note(
            "cluster.secrets",
            "the Secrets Store CSI driver is not rendered, and the Secrets that workloads ask for are made by nobody: \
             take `external-secrets`, or make them yourself",
        );
    }
    match platform.cluster.logs {
        Logs::Loki => {}
        Logs::CloudWatch | Logs::Elastic => note(
            "cluster.logs",
            "nothing is rendered that collects the pods' logs: take `loki`, or install a collector yourself",
        ),
    }
    if platform.cluster.monitoring == MonitoringPlace::OwnCluster {
        note(
            "cluster.monitoring",
            "a cluster of its own is not rendered: Prometheus and Grafana stand in the same cluster",
        );
    }
    match platform.edge.kind {
        EdgeKind::EnvoyGateway if routed => note(
            "edge.kind",
            "the Gateway and its routes are rendered, what serves them is not: install Envoy Gateway with a \
             GatewayClass `envoy`, and cert-manager with a ClusterIssuer `letsencrypt`",
        ),
        EdgeKind::CloudflareTunnel if routed => note(
            "edge.kind",
            "the tunnel is not rendered, and nobody outside reaches a route: run `cloudflared` yourself, or take `alb`",
        ),
        EdgeKind::Alb | EdgeKind::EnvoyGateway | EdgeKind::CloudflareTunnel => {}
    }
    if platform.edge.cdn {
        note("edge.cdn", "no CDN is rendered");
    }
    notes
}
