//! Argo CD: one Application for each step, in waves, and one that follows them all.

use seaworthy_knowledge::Knowledge;
use seaworthy_tree::FileTree;
use serde_json::{Value, json};

use super::steps::{Release, Step, Team, waves};
use super::{Bootstrap, Place};
use crate::kubernetes;
use crate::kubernetes::object::{CustomResource, Object, to_yaml};
use crate::provenance::header;

const NAMESPACE: &str = "argocd";

/// An object of Argo CD, in its namespace.
fn argo_object(kind: &'static str, metadata: Value, spec: Value) -> Object {
    Object::named(CustomResource {
        api_version: "argoproj.io/v1alpha1",
        kind,
        metadata,
        spec,
    })
}

/// Writes what Argo CD follows, and Argo CD itself.
pub(super) fn render(place: &Place<'_>, steps: &[Step], tree: &mut FileTree) {
    let waves = waves(steps);
    let mut objects = vec![
        project(place, Team::Controllers, steps),
        project(place, Team::Services, steps),
        root(place),
        itself(place),
    ];
    objects.extend(
        steps
            .iter()
            .map(|step| application(place, step, waves[step.name.as_str()])),
    );
    place.write(&objects, tree);
    install(place, tree);
}

/// The installation, and the Application that follows everything else.
pub(super) fn bootstrap(folder: &str) -> Bootstrap {
    Bootstrap {
        engine: "Argo CD",
        namespace: NAMESPACE,
        installation: format!("{folder}/argo-cd"),
        kinds: &["applications.argoproj.io", "appprojects.argoproj.io"],
        roots: vec![format!("{folder}/application-root.yaml")],
        watch: "applications",
    }
}

/// What one team's Applications may take and touch.
fn project(place: &Place<'_>, team: Team, steps: &[Step]) -> Object {
    let steps = || steps.iter().filter(|step| step.team == team);
    let mut sources = vec![place.source.url.clone()];
    sources.extend(steps().filter_map(|step| Some(repository(step.release.as_ref()?))));
    let mut namespaces: Vec<String> = steps().map(|step| step.namespace.clone()).collect();
    namespaces.push(match team {
        Team::Controllers => NAMESPACE.to_owned(),
        // Also while nothing has been released yet.
        Team::Services => kubernetes::namespace_of(place.scope.platform),
    });
    for list in [&mut sources, &mut namespaces] {
        list.sort();
        list.dedup();
    }
    let destinations: Vec<Value> = namespaces
        .iter()
        .map(|namespace| json!({ "server": CLUSTER, "namespace": namespace }))
        .collect();
    let (description, cluster_kinds) = match team {
        Team::Controllers => (
            "What the cluster needs.",
            json!([{ "group": "*", "kind": "*" }]),
        ),
        // Not even the namespace is theirs: whoever may merge a service cannot widen what it may do.
        Team::Services => ("What the team ships.", Value::Null),
    };
    argo_object(
        "AppProject",
        metadata(name(team), -1),
        json!({
            "description": description,
            "sourceRepos": sources,
            "destinations": destinations,
            "clusterResourceWhitelist": cluster_kinds,
        }),
    )
}

/// This cluster.
const CLUSTER: &str = "https://kubernetes.default.svc";

fn name(team: Team) -> &'static str {
    match team {
        Team::Controllers => "controllers",
        Team::Services => "services",
    }
}

fn metadata(name: &str, wave: i64) -> Value {
    json!({
        "name": name,
        "namespace": NAMESPACE,
        "annotations": { "argocd.argoproj.io/sync-wave": wave.to_string() },
    })
}

/// The Application that follows this folder, itself included.
fn root(place: &Place<'_>) -> Object {
    let source = git(place, &place.folder);
    argo_object(
        "Application",
        json!({ "name": "root", "namespace": NAMESPACE }),
        spec("default", &json!({ "source": source }), NAMESPACE),
    )
}

/// Argo CD follows its own installation.
fn itself(place: &Place<'_>) -> Object {
    let source = git(place, &format!("{}/argo-cd", place.folder));
    argo_object(
        "Application",
        metadata("argo-cd", -1),
        spec(
            name(Team::Controllers),
            &json!({ "source": source }),
            NAMESPACE,
        ),
    )
}

fn application(place: &Place<'_>, step: &Step, wave: usize) -> Object {
    let sources: Vec<Value> = match &step.release {
        Some(release) => chart(place, release),
        None => step
            .folders
            .iter()
            .map(|folder| git(place, folder))
            .collect(),
    };
    let sources = match &sources[..] {
        [one] => json!({ "source": one }),
        several => json!({ "sources": several }),
    };
    let wave = i64::try_from(wave).unwrap_or(i64::MAX);
    let mut spec = spec(name(step.team), &sources, &step.namespace);
    if step.release.is_none() {
        spec["ignoreDifferences"] = defaults_of_external_secrets();
    }
    argo_object("Application", metadata(&step.name, wave), spec)
}

/// What the CRD of external secrets adds to each entry of a list, which Argo CD compares as a whole: without this it
/// would apply each of them again for ever. Not `ServerSideDiff`: with it Argo CD 3.2 shows an Application as synced
/// whose commit the API server refuses.
fn defaults_of_external_secrets() -> Value {
    let defaults = [
        "conversionStrategy",
        "decodingStrategy",
        "metadataPolicy",
        "nullBytePolicy",
    ];
    let paths = defaults.map(|name| format!(".spec.data[]?.remoteRef.{name}"));
    json!([{
        "group": "external-secrets.io",
        "kind": "ExternalSecret",
        "jqPathExpressions": paths,
    }])
}

fn git(place: &Place<'_>, path: &str) -> Value {
    json!({
        "repoURL": place.source.url,
        "targetRevision": place.source.branch,
        "path": place.in_repository(path),
    })
}

/// A chart from its repository, with values from ours.
fn chart(place: &Place<'_>, release: &Release) -> Vec<Value> {
    let values = place.in_repository(&format!("{}/values.yaml", release.folder));
    vec![
        json!({
            "repoURL": repository(release),
            "chart": release.chart.name,
            "targetRevision": release.chart.version,
            "helm": {
                "releaseName": release.chart.name,
                "valueFiles": [format!("$values/{values}")],
            },
        }),
        json!({
            "repoURL": place.source.url,
            "targetRevision": place.source.branch,
            "ref": "values",
        }),
    ]
}

/// Argo CD writes OCI registries of charts without their scheme.
fn repository(release: &Release) -> String {
    let repository = &release.chart.repository;
    repository
        .strip_prefix("oci://")
        .unwrap_or(repository)
        .to_owned()
}

fn spec(project: &str, sources: &Value, namespace: &str) -> Value {
    let mut spec = json!({ "project": project });
    if let (Some(spec), Some(sources)) = (spec.as_object_mut(), sources.as_object()) {
        spec.extend(sources.clone());
        spec.insert(
            "destination".to_owned(),
            json!({ "server": CLUSTER, "namespace": namespace }),
        );
        spec.insert("syncPolicy".to_owned(), sync_policy(namespace));
    }
    spec
}

fn sync_policy(namespace: &str) -> Value {
    // The platform's own namespace has its policies from the start; those of controllers are made here.
    let mut options = vec![
        "ServerSideApply=true",
        "ApplyOutOfSyncOnly=true",
        "PruneLast=true",
    ];
    if namespace != "kube-system" && namespace != NAMESPACE {
        options.insert(0, "CreateNamespace=true");
    }
    json!({
        "automated": { "prune": true, "selfHeal": true },
        "syncOptions": options,
        // What a step waits for may not be there yet on the first day. Each attempt takes the newest commit: else one
        // that the API server refuses would keep the commit that mends it waiting until the last attempt.
        "retry": {
            "limit": 10,
            "refresh": true,
            "backoff": { "duration": "10s", "factor": 2, "maxDuration": "5m" },
        },
    })
}

/// Argo CD's installation: its release's manifest, and what differs from it.
fn install(place: &Place<'_>, tree: &mut FileTree) {
    let version = Knowledge.argo_cd();
    let manifest = format!(
        "https://raw.githubusercontent.com/argoproj/argo-cd/{version}/manifests/install.yaml"
    );
    let files = [
        (
            "kustomization.yaml",
            json!({
                "apiVersion": "kustomize.config.k8s.io/v1beta1",
                "kind": "Kustomization",
                "namespace": NAMESPACE,
                "resources": ["namespace.yaml", manifest],
                "patches": [{ "path": "configmap-argocd-cm.yaml" }],
            }),
        ),
        (
            "namespace.yaml",
            json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": NAMESPACE } }),
        ),
        (
            "configmap-argocd-cm.yaml",
            json!({
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": { "name": "argocd-cm" },
                "data": {
                    // Waves between Applications need to know when one is healthy.
                    "resource.customizations.health.argoproj.io_Application": HEALTH,
                    // Objects are told by an annotation, so that a label of that name stays the team's.
                    "application.resourceTrackingMethod": "annotation",
                },
            }),
        ),
    ];
    for (file, value) in files {
        tree.rendered(
            format!("{}/argo-cd/{file}", place.folder),
            format!("{}{}", header(&place.scope.key()), to_yaml(&value)),
        );
    }
}

/// The check that Argo CD's documentation gives for an app of apps.
const HEALTH: &str = r#"hs = {}
hs.status = "Progressing"
hs.message = ""
if obj.status ~= nil then
  if obj.status.health ~= nil then
    hs.status = obj.status.health.status
    if obj.status.health.message ~= nil then
      hs.message = obj.status.health.message
    end
  end
end
return hs
"#;
