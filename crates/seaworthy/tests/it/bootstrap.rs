//! `bootstrap` on a real API server: what is applied, what is refused, and what a second run does.
//!
//! Nothing runs there, so that nothing becomes available: `--no-wait`. Argo CD's manifest is on the internet; a
//! team without that puts a copy beside the kustomization, and so does this test, with the CRDs alone.

use std::fmt::Write as _;
use std::fs;

use seaworthy_testkit::cluster::ApiServer;
use seaworthy_testkit::tools;

use crate::platform::{Platform, Printed};

const DEFINITION: &str = "platform: shop
repository: github.com/acme/shop
services:
  web: { image: \"ghcr.io/acme/web:1\", ports: { http: 8000 } }
environments:
  production: { account: \"222222222222\", region: eu-west-3 }
";

const INSTALLATION: &str = "gitops/clusters/production/argo-cd/kustomization.yaml";

fn shop() -> Platform {
    let platform = Platform::with(&[("seaworthy.yaml", DEFINITION)]);
    platform.run(&["render"]).code(0);
    let kinds: String = fs::read_dir(tools::crds("argo-cd"))
        .expect("it can be read")
        .map(|entry| entry.expect("it can be read").path())
        .filter(|path| path.extension().is_some_and(|end| end == "yaml"))
        .fold(String::new(), |mut all, path| {
            let text = fs::read_to_string(path).expect("text");
            // Writing into a string cannot fail.
            let _ = writeln!(all, "---\n{text}");
            all
        });
    platform.write("gitops/clusters/production/argo-cd/install.yaml", &kinds);
    platform.write(
        INSTALLATION,
        "resources: [namespace.yaml, install.yaml, configmap-argocd-cm.yaml]\nnamespace: argocd\n",
    );
    platform
}

fn bootstrap(platform: &Platform, server: &ApiServer, arguments: &[&str]) -> Printed {
    let all = [&["bootstrap", "production"], arguments].concat();
    let mut command = platform.command(&all);
    command.env("KUBECONFIG", server.kubeconfig());
    Platform::finish(command)
}

fn names(server: &ApiServer, kind: &str) -> Vec<String> {
    let said = server.kubectl(&["get", kind, "--all-namespaces", "--output=name"]);
    said.output.lines().map(str::to_owned).collect()
}

#[test]
fn a_cluster_follows_git_after_it_and_no_other_cluster_is_touched() {
    let platform = shop();
    let server = ApiServer::start();

    let refused = bootstrap(&platform, &server, &["--no-wait"]).code(4);
    assert!(
        refused
            .stderr
            .contains("is not the cluster `shop-production` in eu-west-3 of account 222222222222"),
        "{}",
        refused.stderr
    );
    assert!(names(&server, "namespace/argocd").is_empty());
    bootstrap(&platform, &server, &["--no-wait", "--context", "other"]).code(1);
    bootstrap(&platform, &server, &["--no-wait", "--context", "test"]).code(0);
    let applications = || names(&server, "applications.argoproj.io");
    // The rest comes from git, in its order.
    assert_eq!(applications(), ["application.argoproj.io/root"]);

    let gone = server.kubectl(&[
        "delete",
        "--namespace=argocd",
        "--wait=false",
        "applications.argoproj.io/root",
        "configmap/argocd-cm",
    ]);
    assert!(gone.success, "{}", gone.talk);
    bootstrap(&platform, &server, &["--no-wait", "--context", "test"]).code(0);
    assert_eq!(applications(), ["application.argoproj.io/root"]);
    let settings = server.kubectl(&["get", "--namespace=argocd", "configmap/argocd-cm"]);
    assert!(settings.success, "{}", settings.talk);
}

#[test]
fn what_is_not_rendered_is_not_applied() {
    let platform = Platform::with(&[("seaworthy.yaml", DEFINITION)]);
    platform
        .run(&["bootstrap", "production"])
        .code(4)
        .says("`seaworthy render`");
    let without = DEFINITION.replace("repository: github.com/acme/shop\n", "");
    platform.write("seaworthy.yaml", &without);
    platform
        .run(&["bootstrap", "production"])
        .code(4)
        .says("repository");
    platform.run(&["bootstrap", "staging"]).code(2);
}
