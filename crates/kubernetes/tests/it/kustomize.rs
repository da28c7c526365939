//! Kustomizations.

use crate::{DEPLOYMENT, one, read};

#[test]
fn an_overlay_takes_effect_where_it_is_written() {
    let read = read(&[
        (
            "base/kustomization.yaml",
            "resources: [api.yaml]\nconfigMapGenerator:\n  - name: settings\n    literals: [colour=blue]\n",
        ),
        ("base/api.yaml", DEPLOYMENT),
        (
            "overlays/prod/kustomization.yaml",
            "namespace: shop\nnamePrefix: p-\nresources:\n  - ../../base\nimages:\n  - name: registry.example.com/api\n    newTag: \"2.0\"\nreplicas:\n  - name: api\n    count: 3\npatches:\n  - path: env.yaml\n",
        ),
        (
            "overlays/prod/env.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: api\nspec:\n  template:\n    spec:\n      containers:\n        - name: api\n          env:\n            - name: B\n              value: three\n",
        ),
    ]);
    let cluster = read.cluster("prod");
    assert_eq!(cluster.environment.as_deref(), Some("production"));
    let api = one(cluster, "Deployment");
    assert_eq!(api.name(), Some("p-api"));
    assert_eq!(api.namespace(), Some("shop"));
    assert_eq!(api.at("spec.replicas").unwrap().int(), Some(3));
    let image = api.at("spec.template.spec.containers.0.image").unwrap();
    assert_eq!(image.str(), Some("registry.example.com/api:2.0"));
    assert_eq!(read.at(image), "overlays/prod/kustomization.yaml:7");
    assert!(image.trail.origin().is_some());
    let env = api.at("spec.template.spec.containers.0.env").unwrap();
    assert_eq!(env.items().len(), 2);
    let value = |name: &str| {
        env.items()
            .iter()
            .find(|item| item.get("name").unwrap().str() == Some(name))
            .and_then(|item| item.get("value"))
            .unwrap()
    };
    assert_eq!(value("B").str(), Some("three"));
    assert_eq!(read.at(value("B")), "overlays/prod/env.yaml:12");
    assert_eq!(read.at(value("A")), "base/api.yaml:17");
    // The reference follows the generated and prefixed name.
    let map = api
        .at("spec.template.spec.containers.0.envFrom.0.configMapRef.name")
        .unwrap();
    assert_eq!(map.str(), one(cluster, "ConfigMap").name());
}

#[test]
fn what_does_not_build_is_said_with_its_place() {
    let read = read(&[
        (
            "k/kustomization.yaml",
            "resources:\n  - api.yaml\n  - gone.yaml\npatches:\n  - patch: |-\n      apiVersion: v1\n      kind: Service\n      metadata:\n        name: none\n",
        ),
        ("k/api.yaml", DEPLOYMENT),
    ]);
    let kustomization = &read.facts.kubernetes.kustomizations[0];
    assert_eq!(kustomization.errors.len(), 1, "{:?}", kustomization.errors);
    assert_eq!(read.sources.line(kustomization.errors[0].0), 3);
}

#[test]
fn one_base_in_two_overlays_and_alternatives_apart() {
    let read = read(&[
        ("base/kustomization.yaml", "resources: [api.yaml]\n"),
        ("base/api.yaml", DEPLOYMENT),
        ("envs/dev/kustomization.yaml", "resources: [../../base]\n"),
        ("envs/prod/kustomization.yaml", "resources: [../../base]\n"),
        ("release/bundle.yaml", DEPLOYMENT),
    ]);
    for name in ["dev", "prod"] {
        one(read.cluster(name), "Deployment");
    }
    assert_eq!(read.names().len(), 3, "{:?}", read.names());
}
