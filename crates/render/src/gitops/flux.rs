//! Flux: one Kustomization for each step, each after those it depends on.

use seaworthy_knowledge::Knowledge;
use seaworthy_tree::FileTree;
use serde_json::{Value, json};

use super::steps::{Release, Step};
use super::{Bootstrap, Place, kustomization};
use crate::kubernetes::object::{CustomResource, Object, to_yaml};
use crate::provenance::header;

const NAMESPACE: &str = "flux-system";

/// Writes what Flux follows, and Flux itself.
pub(super) fn render(place: &Place<'_>, steps: &[Step], tree: &mut FileTree) {
    let mut objects = vec![source(place), root(place)];
    let mut repositories: Vec<&Release> = steps
        .iter()
        .filter_map(|step| step.release.as_ref())
        .collect();
    repositories.sort_by_key(|release| repository_name(release));
    repositories.dedup_by_key(|release| repository_name(release));
    objects.extend(repositories.into_iter().map(repository));
    for step in steps {
        if let Some(release) = &step.release {
            release_folder(place, step, release, tree);
        }
        objects.push(step_object(place, step));
    }
    place.write(&objects, tree);
    install(place, tree);
}

/// The installation, the repository, and the Kustomization that follows everything else.
pub(super) fn bootstrap(folder: &str) -> Bootstrap {
    Bootstrap {
        engine: "Flux",
        namespace: NAMESPACE,
        installation: format!("{folder}/flux"),
        kinds: &[
            "gitrepositories.source.toolkit.fluxcd.io",
            "kustomizations.kustomize.toolkit.fluxcd.io",
        ],
        roots: vec![
            format!("{folder}/gitrepository-platform.yaml"),
            format!("{folder}/kustomization-root.yaml"),
        ],
        watch: "kustomizations",
    }
}

/// The repository.
fn source(place: &Place<'_>) -> Object {
    Object::named(CustomResource {
        api_version: "source.toolkit.fluxcd.io/v1",
        kind: "GitRepository",
        metadata: metadata("platform"),
        spec: json!({
            "interval": "1m",
            "url": place.source.url,
            "ref": { "branch": place.source.branch },
        }),
    })
}

/// Flux follows the folder that says what Flux follows.
fn root(place: &Place<'_>) -> Object {
    Object::named(CustomResource {
        api_version: "kustomize.toolkit.fluxcd.io/v1",
        kind: "Kustomization",
        metadata: metadata("root"),
        spec: json!({
            "interval": "10m",
            "retryInterval": "1m",
            "path": format!("./{}", place.in_repository(&place.folder)),
            "prune": true,
            "sourceRef": { "kind": "GitRepository", "name": "platform" },
        }),
    })
}

fn step_object(place: &Place<'_>, step: &Step) -> Object {
    let folder = match &step.release {
        Some(release) => &release.folder,
        None => &step.folders[0],
    };
    let after: Vec<Value> = step
        .after
        .iter()
        .map(|name| json!({ "name": name }))
        .collect();
    let mut spec = json!({
        "interval": "10m",
        "retryInterval": "1m",
        "timeout": "10m",
        "path": format!("./{}", place.in_repository(folder)),
        "prune": true,
        // The next step starts when this one is healthy.
        "wait": true,
        "sourceRef": { "kind": "GitRepository", "name": "platform" },
    });
    if !after.is_empty() {
        spec["dependsOn"] = Value::from(after);
    }
    if step.name.ends_with("-migration") {
        // A job cannot be changed: a new version's is made anew.
        spec["force"] = json!(true);
    }
    Object::named(CustomResource {
        api_version: "kustomize.toolkit.fluxcd.io/v1",
        kind: "Kustomization",
        metadata: metadata(&step.name),
        spec,
    })
}

fn metadata(name: &str) -> Value {
    json!({ "name": name, "namespace": NAMESPACE })
}

/// The name of the repository of a chart, by its address: several charts may come from one.
fn repository_name(release: &Release) -> String {
    let address = &release.chart.repository;
    let address = address
        .trim_start_matches("https://")
        .trim_start_matches("oci://");
    address.replace(['.', '/'], "-")
}

fn repository(release: &Release) -> Object {
    let mut spec = json!({ "interval": "1h", "url": release.chart.repository });
    if release.chart.repository.starts_with("oci://") {
        spec["type"] = json!("oci");
    }
    Object::named(CustomResource {
        api_version: "source.toolkit.fluxcd.io/v1",
        kind: "HelmRepository",
        metadata: metadata(&repository_name(release)),
        spec,
    })
}

/// The folder of a chart: its release, with the values as a config map whose name changes with them.
fn release_folder(place: &Place<'_>, step: &Step, release: &Release, tree: &mut FileTree) {
    let name = &release.chart.name;
    let values = format!("{name}-values");
    let mut files = vec![(
        "helmrelease.yaml",
        json!({
            "apiVersion": "helm.toolkit.fluxcd.io/v2",
            "kind": "HelmRelease",
            "metadata": { "name": name, "namespace": step.namespace },
            "spec": {
                "interval": "1h",
                "releaseName": name,
                "chart": { "spec": {
                    "chart": name,
                    "version": release.chart.version,
                    "sourceRef": {
                        "kind": "HelmRepository",
                        "name": repository_name(release),
                        "namespace": NAMESPACE,
                    },
                } },
                "install": { "crds": "CreateReplace", "remediation": { "retries": 3 } },
                "upgrade": { "crds": "CreateReplace", "remediation": { "retries": 3 } },
                "driftDetection": { "mode": "enabled" },
                "valuesFrom": [{ "kind": "ConfigMap", "name": values }],
            },
        }),
    )];
    let mut resources = vec![json!("helmrelease.yaml")];
    if step.namespace != "kube-system" {
        resources.insert(0, json!("namespace.yaml"));
        files.push((
            "namespace.yaml",
            json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": {
                "name": step.namespace,
                // Several releases share one, and none may take it away from the others.
                "annotations": { "kustomize.toolkit.fluxcd.io/prune": "disabled" },
            } }),
        ));
    }
    files.push((
        "kustomization.yaml",
        json!({
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "resources": resources,
            "configMapGenerator": [{
                "name": values,
                "namespace": step.namespace,
                "files": ["values.yaml"],
            }],
            // Kustomize must know where the generated name stands.
            "configurations": ["name-reference.yaml"],
        }),
    ));
    files.push((
        "name-reference.yaml",
        json!({ "nameReference": [{
            "kind": "ConfigMap",
            "version": "v1",
            "fieldSpecs": [{ "path": "spec/valuesFrom/name", "kind": "HelmRelease" }],
        }] }),
    ));
    for (file, value) in files {
        tree.rendered(
            format!("{}/{file}", release.folder),
            format!("{}{}", header(&place.scope.key()), to_yaml(&value)),
        );
    }
}

/// Flux's installation: its release's manifest.
fn install(place: &Place<'_>, tree: &mut FileTree) {
    let version = Knowledge.flux();
    let manifest =
        format!("https://github.com/fluxcd/flux2/releases/download/{version}/install.yaml");
    tree.rendered(
        format!("{}/flux/kustomization.yaml", place.folder),
        format!(
            "{}{}",
            header(&place.scope.key()),
            kustomization(&[Value::from(manifest)])
        ),
    );
}
