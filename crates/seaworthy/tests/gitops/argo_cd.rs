//! Argo CD: the root application as rendered, followed by the real application controller and repo server.

use std::path::{Path, PathBuf};

use seaworthy_testkit::cluster::{ApiServer, Client};
use seaworthy_testkit::gitops::{ArgoCd, StandIn};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::repository::Repository;
use crate::story::{self, CRDS, Follower, REPORTED};

/// What the rendered applications call the repository.
const ADDRESS: &str = "https://github.com/acme/counter.git";

struct Following {
    repository: Repository,
    argo_cd: ArgoCd,
    client: Client,
    server: ApiServer,
    _remote: TempDir,
}

#[test]
fn argo_cd_brings_every_commit_to_the_cluster() {
    let server = ApiServer::start();
    server.install_crds(&[CRDS, &["argo-cd"]].concat());
    let elbv2 =
        include_str!("../../../render/tests/kubernetes/crds/elbv2.k8s.aws_ingressclassparams.yaml");
    assert!(server.apply(elbv2).success);
    let _stand_in = StandIn::start(
        server.client(),
        REPORTED,
        &[
            "/apis/batch/v1/jobs",
            "/apis/monitoring.coreos.com/v1/servicemonitors",
        ],
    );

    let repository = Repository::counter("argo-cd");
    let remote = tempfile::tempdir().expect("a folder");
    let address = format!("file://{}", remote.path().display());
    let path = remote.path().to_str().expect("it is UTF-8");
    repository.git(&["init", "--quiet", "--bare", "--initial-branch=main", path]);
    repository.git(&["remote", "add", "origin", &address]);
    stand_in_for_what_is_remote(&repository, &address);
    repository.commit("begin");

    // What `bootstrap` applies: it follows itself from then on.
    let apply = |flag: &str, path: &str| {
        let path = repository.path().join(path);
        let path = path.to_str().expect("it is UTF-8");
        let said = server.kubectl(&["apply", "--server-side", flag, path]);
        assert!(said.success, "{said:?}");
    };
    apply("--kustomize", "gitops/clusters/production/argo-cd");
    let argo_cd = ArgoCd::start(&server);
    apply(
        "--filename",
        "gitops/clusters/production/application-root.yaml",
    );
    let following = Following {
        repository,
        argo_cd,
        client: server.client(),
        server,
        _remote: remote,
    };
    following.publish();
    story::tell(&following);
    nothing_is_left_behind(&following);
}

/// The address of the repository, Argo CD's own installation, and the charts: nothing else is changed.
fn stand_in_for_what_is_remote(repository: &Repository, address: &str) {
    let folder = "gitops/clusters/production";
    let mut charts = 0;
    for path in repository.files(folder) {
        let text = repository.read(&path);
        let mut changed = text.replace(ADDRESS, address);
        if let (Some(begin), Some(end)) = (
            changed.find("  sources:\n"),
            changed.find("  destination:\n"),
        ) && changed[begin..end].contains("chart: ")
        {
            charts += 1;
            let name = application(&path);
            let source = format!(
                "  source:\n    repoURL: {address}\n    targetRevision: main\n    path: stand-in/{name}\n"
            );
            changed.replace_range(begin..end, &source);
            let object = json!({
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": { "name": format!("stand-in-{name}") },
            });
            let kustomization = "resources:\n- configmap.yaml\n";
            repository.write(
                &format!("stand-in/{name}/kustomization.yaml"),
                kustomization,
            );
            repository.write(
                &format!("stand-in/{name}/configmap.yaml"),
                &object.to_string(),
            );
        }
        repository.write(&path, &changed);
    }
    assert!(charts > 5, "{charts} charts");

    let installation = format!("{folder}/argo-cd/kustomization.yaml");
    let text = repository.read(&installation);
    let kept: Vec<_> = text
        .lines()
        .filter(|line| !line.contains("https://"))
        .map(|line| match line {
            "- path: configmap-argocd-cm.yaml" => "- configmap-argocd-cm.yaml",
            line => line,
        })
        .filter(|line| *line != "patches:")
        .collect();
    repository.write(&installation, &kept.join("\n"));
    // What the installation brings with it, which the rendered patch adds to.
    let patch = format!("{folder}/argo-cd/configmap-argocd-cm.yaml");
    let labelled = repository.read(&patch).replace(
        "  name: argocd-cm\n",
        "  name: argocd-cm\n  labels:\n    app.kubernetes.io/part-of: argocd\n",
    );
    repository.write(&patch, &labelled);
}

/// `…/application-karpenter.yaml` is of `karpenter`.
fn application(path: &str) -> String {
    let name = Path::new(path).file_stem().map(PathBuf::from);
    let name = name.unwrap_or_default().display().to_string();
    name.trim_start_matches("application-").to_owned()
}

/// In the end every application has arrived, in what git says and in health.
fn nothing_is_left_behind(following: &Following) {
    let all = "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications";
    story::wait(following, "every application is synced and healthy", || {
        let list = following.client.get(all);
        let items = list["items"].as_array().cloned().unwrap_or_default();
        items.len() > 10
            && items.iter().all(|item| {
                item["status"]["sync"]["status"] == "Synced"
                    && item["status"]["health"]["status"] == "Healthy"
            })
    });
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
        self.repository.git(&["push", "--quiet", "origin", "main"]);
    }

    /// It watches the cluster.
    fn look(&self) {}

    fn report(&self, service: &str) -> Value {
        let application =
            format!("/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/{service}");
        let status = &self.client.get(&application)["status"];
        json!({
            "conditions": status["conditions"],
            "sync": status["sync"]["status"],
            "health": status["health"],
            "operation": status["operationState"]["phase"],
            "message": status["operationState"]["message"],
            "resources": status["operationState"]["syncResult"]["resources"],
        })
    }

    fn log(&self) -> String {
        let all = "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications";
        let list = self.client.get(all);
        let applications = list["items"].as_array().into_iter().flatten().map(|item| {
            let status = &item["status"];
            let resources = status["resources"].as_array().into_iter().flatten();
            let late: Vec<_> = resources
                .filter(|resource| resource["status"] != "Synced")
                .map(|resource| format!("{}/{}", resource["kind"], resource["name"]))
                .collect();
            format!(
                "{}: {} {} {} {} {late:?}\n",
                item["metadata"]["name"],
                status["sync"]["status"],
                status["health"]["status"],
                status["operationState"]["message"],
                status["conditions"]
            )
        });
        applications.collect::<String>() + &self.argo_cd.log()
    }
}
