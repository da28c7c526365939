//! Flux and Argo CD.

use seaworthy_facts::kubernetes::Means;

use crate::{DEPLOYMENT, one, read};

const SYNC: &str = "apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: flux-system, namespace: flux-system}
spec: {url: 'https://example.com/acme/fleet.git'}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: flux-system, namespace: flux-system}
spec:
  path: ./clusters/live
  sourceRef: {kind: GitRepository, name: flux-system}
";

#[test]
fn flux_follows_paths_and_fills_variables() {
    let apps = "apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps, namespace: flux-system}
spec:
  path: ./apps
  targetNamespace: shop
  sourceRef: {kind: GitRepository, name: flux-system}
  postBuild:
    substitute:
      replicas: \"4\"
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: gone, namespace: flux-system}
spec:
  path: ./none
  sourceRef: {kind: GitRepository, name: flux-system}
";
    let api = DEPLOYMENT.replace("replicas: 1", "replicas: ${replicas}");
    let read = read(&[
        ("clusters/live/flux-system/sync.yaml", SYNC),
        ("clusters/live/apps.yaml", apps),
        ("apps/api/api.yaml", &api),
    ]);
    let cluster = read.cluster("live");
    let api = one(cluster, "Deployment");
    assert_eq!(api.namespace(), Some("shop"));
    let replicas = api.at("spec.replicas").unwrap();
    assert_eq!(replicas.int(), Some(4));
    assert_eq!(read.at(replicas), "clusters/live/apps.yaml:10");
    assert!(
        api.applied_by
            .iter()
            .any(|applied| applied.means == Means::Flux)
    );
    let gone = read
        .facts
        .kubernetes
        .paths
        .iter()
        .find(|path| path.object.literal() == Some("gone"))
        .unwrap();
    assert!(!gone.exists && gone.folder.as_deref() == Some("none"));
}

#[test]
fn another_repository_is_not_missing_but_unseen() {
    let sync = SYNC.replace("./clusters/live", "./somewhere/else");
    let read = read(&[("flux/sync.yaml", &sync), ("apps/api.yaml", DEPLOYMENT)]);
    assert!(read.facts.kubernetes.paths[0].repository.is_none());
    assert!(!read.facts.unseen.is_empty());
    assert!(
        read.facts
            .kubernetes
            .clusters
            .iter()
            .any(|cluster| cluster.incomplete)
    );
}

#[test]
fn an_application_set_makes_one_application_for_each_folder() {
    let set = "apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: apps, namespace: argocd}
spec:
  generators:
    - git:
        repoURL: https://example.com/acme/fleet
        directories: [{path: apps/*}]
  template:
    metadata: {name: '{{path.basename}}'}
    spec:
      source: {repoURL: 'https://example.com/acme/fleet', path: '{{path}}'}
      destination: {server: 'https://kubernetes.default.svc', namespace: '{{path.basename}}'}
";
    let read = read(&[
        ("argocd/set.yaml", set),
        ("apps/one/api.yaml", DEPLOYMENT),
        ("apps/two/api.yaml", DEPLOYMENT),
    ]);
    let cluster = read.cluster("argocd");
    let mut namespaces: Vec<_> = cluster
        .of("Deployment")
        .filter_map(|object| object.namespace())
        .collect();
    namespaces.sort_unstable();
    assert_eq!(namespaces, ["one", "two"]);
}

#[test]
fn a_release_brings_what_its_chart_is_known_to_bring() {
    let release = "apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: {name: dns, namespace: dns}
spec: {url: 'https://kubernetes-sigs.github.io/external-dns/'}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: names, namespace: dns}
spec:
  chart: {spec: {chart: external-dns, sourceRef: {kind: HelmRepository, name: dns}}}
  values:
    serviceAccount:
      annotations:
        eks.amazonaws.com/role-arn: arn:aws:iam::111122223333:role/dns
";
    let read = read(&[("k8s/dns.yaml", release)]);
    let cluster = read.cluster("default");
    let account = one(cluster, "ServiceAccount");
    assert_eq!(account.name(), Some("names-external-dns"));
    let role = account.annotation("eks.amazonaws.com/role-arn").unwrap();
    assert_eq!(read.at(role), "k8s/dns.yaml:14");
    assert!(!cluster.incomplete);
}
