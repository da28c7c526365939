//! A real API server of the version that is rendered for takes every object, with unknown fields refused, and admits
//! every pod into a namespace that is restricted.

use seaworthy_testkit::cluster::{ApiServer, Said};
use serde_json::{Value, json};

use crate::tree::{Platform, platforms};

/// Projects whose objects we write.
const CRDS: &[&str] = &[
    "gateway-api",
    "external-secrets",
    "prometheus-operator",
    "keda",
    "karpenter",
    "argo-cd",
    "flux-source",
    "flux-helm",
    "flux-kustomize",
    "vpc-resource-controller",
];

#[test]
fn every_object_is_accepted_and_every_pod_admitted() {
    let server = ApiServer::start();
    server.install_crds(CRDS);
    let load_balancer = include_str!("crds/elbv2.k8s.aws_ingressclassparams.yaml");
    ok("CRDs", &server.apply(load_balancer));
    // The first apply of Argo CD or Flux makes their own; those of controllers come with them.
    for namespace in ["argocd", "flux-system"] {
        let object =
            json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": namespace } });
        ok(namespace, &server.apply(&object.to_string()));
    }

    for platform in platforms() {
        let written = platform.write();
        for environment in written.environments() {
            let mut pods = 0;
            let mut bundle = String::new();
            for overlay in written.overlays(&environment) {
                let built = written.build(&overlay);
                pods += built.matches("  template:\n").count();
                // The namespace comes first, and what stands in it after.
                if overlay.starts_with("gitops/platform") {
                    ok(
                        &format!("{}: {overlay}", platform.name),
                        &server.apply(&built),
                    );
                } else {
                    bundle.push_str("---\n");
                    bundle.push_str(&built);
                }
            }
            let about = format!("{} in {environment}", platform.name);
            forget_jobs(&server, &platform);
            ok(&about, &server.apply(&bundle));
            let admitted = admit(&server, &about);
            assert!(
                admitted >= pods.min(1),
                "{about}: {admitted} pods of {pods}"
            );
        }
    }
    refuses_what_is_not_restricted(&server);
}

/// A job cannot be changed, and each environment has its own: in one server they would be the same.
fn forget_jobs(server: &ApiServer, platform: &Platform) {
    let namespace = namespace(platform);
    let said = server.kubectl(&[
        "delete",
        "jobs",
        "--all",
        "--cascade=background",
        "--wait=false",
        "--namespace",
        &namespace,
    ]);
    assert!(said.success, "{said:?}");
}

fn namespace(platform: &Platform) -> String {
    let name = platform
        .text
        .lines()
        .find_map(|line| line.strip_prefix("platform: "));
    name.expect("every definition has a name").to_owned()
}

/// Makes a pod of every template that the server has, and gives their number.
fn admit(server: &ApiServer, about: &str) -> usize {
    let said = server.kubectl(&[
        "get",
        "deployments,jobs,cronjobs",
        "--all-namespaces",
        "--output=json",
    ]);
    let list: Value = serde_json::from_str(&said.output).expect("kubectl writes JSON");
    let mut pods = Vec::new();
    for object in list["items"].as_array().expect("it is a list") {
        let template = match object["kind"].as_str() {
            Some("CronJob") => &object["spec"]["jobTemplate"]["spec"]["template"],
            _ => &object["spec"]["template"],
        };
        pods.push(json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": format!("{}-{}", object["metadata"]["name"].as_str().unwrap_or_default(), pods.len()),
                "namespace": object["metadata"]["namespace"],
                "labels": template["metadata"]["labels"],
            },
            "spec": template["spec"],
        }));
    }
    let number = pods.len();
    assert!(number > 0, "{about}: no template");
    let list = json!({ "apiVersion": "v1", "kind": "List", "items": pods });
    ok(about, &server.apply(&list.to_string()));
    let said = server.kubectl(&[
        "delete",
        "pods",
        "--all",
        "--all-namespaces",
        "--force",
        "--grace-period=0",
    ]);
    assert!(said.success, "{said:?}");
    number
}

/// The same namespace does not take a pod that runs as root: otherwise the above would prove nothing.
fn refuses_what_is_not_restricted(server: &ApiServer) {
    let said = server.apply(
        "apiVersion: v1
kind: Pod
metadata:
  name: root
  namespace: counter
spec:
  serviceAccountName: api
  containers:
  - name: root
    image: root
",
    );
    assert!(
        !said.success && said.talk.contains("violates PodSecurity"),
        "{said:?}"
    );
}

/// Accepted, and without a warning: a pod that would not be admitted is one.
#[track_caller]
fn ok(about: &str, said: &Said) {
    assert!(said.success, "{about}: {}", said.talk);
    assert!(!said.talk.contains("Warning"), "{about}: {}", said.talk);
}
