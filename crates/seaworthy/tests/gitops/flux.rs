//! Flux: every Kustomization as rendered, followed by the real kustomize controller.

use seaworthy_testkit::cluster::{ApiServer, Client};
use seaworthy_testkit::gitops::{Flux, StandIn};
use serde_json::{Value, json};

use crate::repository::Repository;
use crate::story::{self, CRDS, Follower, REPORTED};

struct Following {
    repository: Repository,
    flux: Flux,
    client: Client,
    server: ApiServer,
}

#[test]
fn flux_brings_every_commit_to_the_cluster() {
    let server = ApiServer::start();
    let flux_crds = ["flux-source", "flux-helm", "flux-kustomize"];
    server.install_crds(&[CRDS, &flux_crds].concat());
    let elbv2 =
        include_str!("../../../render/tests/kubernetes/crds/elbv2.k8s.aws_ingressclassparams.yaml");
    assert!(server.apply(elbv2).success);
    let namespace =
        json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "flux-system" } });
    assert!(server.apply(&namespace.to_string()).success);
    let helm = ["/apis/helm.toolkit.fluxcd.io/v2/helmreleases"];
    let _stand_in = StandIn::start(server.client(), &[REPORTED, &helm].concat(), &[]);

    let repository = Repository::counter("flux");
    repository.commit("begin");
    // What `bootstrap` applies: it follows itself from then on.
    for file in ["gitrepository-platform.yaml", "kustomization-root.yaml"] {
        let file = repository
            .path()
            .join("gitops/clusters/production")
            .join(file);
        let file = file.to_str().expect("it is UTF-8");
        let said = server.kubectl(&["apply", "--server-side", "--filename", file]);
        assert!(said.success, "{said:?}");
    }
    let following = Following {
        repository,
        flux: Flux::start(&server),
        client: server.client(),
        server,
    };
    following.publish();
    story::tell(&following);
}

impl Follower for Following {
    fn server(&self) -> &ApiServer {
        &self.server
    }

    fn client(&self) -> &Client {
        &self.client
    }

    fn repository(&self) -> &Repository {
        &self.repository
    }

    fn publish(&self) {
        let commit = self.repository.head();
        self.flux
            .publish(&self.server, "platform", self.repository.path(), &commit);
    }

    /// What `flux reconcile` does; by itself it looks every ten minutes, as rendered.
    fn look(&self) {
        let said = self.server.kubectl(&[
            "annotate",
            "kustomizations.kustomize.toolkit.fluxcd.io",
            "api",
            "web",
            "--overwrite",
            "--namespace=flux-system",
            "reconcile.fluxcd.io/requestedAt=now",
        ]);
        assert!(said.success, "{said:?}");
    }

    fn report(&self, service: &str) -> Value {
        let kustomization = format!(
            "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/flux-system/kustomizations/{service}"
        );
        self.client.get(&kustomization)["status"]["conditions"].clone()
    }

    fn log(&self) -> String {
        self.flux.log()
    }
}
