//! What a cluster follows in git: the controllers it needs, then the platform, then its services, each after what it
//! needs.
//!
//! ```text
//! gitops/clusters/<environment>/                     the one folder that a cluster follows
//! gitops/clusters/<environment>/<argo-cd|flux>/      what follows it, installed by the first apply and then by itself
//! gitops/infrastructure/<controller>/<environment>/  a chart's values, and the objects beside it
//! ```
//!
//! [`steps`] says what is applied and in which order; Argo CD and Flux are two ways to write that down.

mod argo_cd;
mod controllers;
mod flux;
mod steps;
mod storage;

use seaworthy_definition::model::GitOps;
use seaworthy_tree::FileTree;
use serde_json::Value;

use self::steps::Step;
use crate::input::Note;
use crate::kubernetes::object::{Object, to_yaml};
use crate::provenance::header;
use crate::{Input, Rendered, Scope};

/// Where a cluster finds what it follows.
struct Source {
    /// The repository, as git clones it: `https://github.com/acme/counter.git`.
    url: String,
    /// The branch.
    branch: String,
    /// The platform's folder in the repository, with a slash at its end, or nothing.
    folder: String,
}

/// Renders what the cluster of each environment follows.
pub(crate) fn render(input: &Input<'_>, rendered: &mut Rendered) {
    if input.scopes().next().is_none() {
        return;
    }
    let Some(source) = source(input) else {
        rendered.notes.push(Note {
            about: "repository".to_owned(),
            text: "nothing is rendered for a cluster to follow: `repository` does not say where these files are"
                .to_owned(),
        });
        return;
    };
    for scope in input.scopes() {
        let steps = steps::of(input, scope, &rendered.tree);
        for step in &steps {
            write_step(step, scope, &mut rendered.tree);
        }
        let place = Place {
            folder: cluster_folder(scope),
            scope,
            source: &source,
        };
        match scope.platform.delivery.gitops {
            GitOps::ArgoCd => argo_cd::render(&place, &steps, &mut rendered.tree),
            GitOps::Flux => flux::render(&place, &steps, &mut rendered.tree),
        }
    }
}

/// What brings an empty cluster to the point from which it follows git.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bootstrap {
    /// Who follows git: `Argo CD`.
    pub engine: &'static str,
    /// The namespace it runs in.
    pub namespace: &'static str,
    /// The folder that installs it, relative to the platform's.
    pub installation: String,
    /// The custom resource definitions that the rest needs.
    pub kinds: &'static [&'static str],
    /// The files that make it follow the repository; everything else comes from there, in its order.
    pub roots: Vec<String>,
    /// What lists how far it is.
    pub watch: &'static str,
}

/// What an environment's cluster begins with; `None` where `repository` does not say what to follow.
pub fn bootstrap(input: &Input<'_>, scope: Scope<'_>) -> Option<Bootstrap> {
    source(input)?;
    let folder = cluster_folder(scope);
    Some(match scope.platform.delivery.gitops {
        GitOps::ArgoCd => argo_cd::bootstrap(&folder),
        GitOps::Flux => flux::bootstrap(&folder),
    })
}

/// The one folder that an environment's cluster follows.
fn cluster_folder(scope: Scope<'_>) -> String {
    format!("gitops/clusters/{}", scope.environment.name)
}

/// The folder that one cluster follows.
struct Place<'a> {
    folder: String,
    scope: Scope<'a>,
    source: &'a Source,
}

impl Place<'_> {
    /// Writes the objects that the cluster follows, and the kustomization that lists them.
    fn write(&self, objects: &[Object], tree: &mut FileTree) {
        let mut objects: Vec<&Object> = objects.iter().collect();
        objects.sort_by_key(|object| file(object));
        write_objects(&self.folder, objects, &self.scope.key(), tree);
    }

    /// A path below the platform's folder, as the repository knows it.
    fn in_repository(&self, path: &str) -> String {
        format!("{}{path}", self.source.folder)
    }
}

/// Writes a step's values and objects, where it is not a folder that others write.
fn write_step(step: &Step, scope: Scope<'_>, tree: &mut FileTree) {
    let about = scope.key();
    if let Some(release) = &step.release {
        let path = format!("{}/values.yaml", release.folder);
        tree.rendered(
            path,
            format!("{}{}", header(&about), to_yaml(&release.values)),
        );
    }
    if step.objects.is_empty() {
        return;
    }
    write_objects(&step.folders[0], &step.objects, &about, tree);
}

/// Writes objects into a folder, and the kustomization that lists them in the same order.
fn write_objects<'a>(
    folder: &str,
    objects: impl IntoIterator<Item = &'a Object>,
    about: &str,
    tree: &mut FileTree,
) {
    let mut resources = Vec::new();
    for object in objects {
        let file = file(object);
        tree.rendered(
            format!("{folder}/{file}"),
            format!("{}{}", header(about), to_yaml(&object.value)),
        );
        resources.push(Value::from(file));
    }
    tree.rendered(
        format!("{folder}/kustomization.yaml"),
        format!("{}{}", header(about), kustomization(&resources)),
    );
}

fn file(object: &Object) -> String {
    format!("{}.yaml", object.file)
}

/// A kustomization that lists files.
fn kustomization(resources: &[Value]) -> String {
    to_yaml(&serde_json::json!({
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": resources,
    }))
}

fn source(input: &Input<'_>) -> Option<Source> {
    if let Some(gitops) = &input.base.delivery.gitops_repository {
        return Some(Source {
            url: format!("https://{}.git", gitops.repository),
            branch: "main".to_owned(),
            folder: folder(&gitops.path),
        });
    }
    let repository = input.base.repository.as_ref()?;
    Some(Source {
        url: format!(
            "https://{}/{}/{}.git",
            repository.host, repository.owner, repository.name
        ),
        branch: repository.branch.clone(),
        folder: folder(&repository.path),
    })
}

fn folder(path: &str) -> String {
    match path.trim_start_matches("./").trim_end_matches('/') {
        "" | "." => String::new(),
        path => format!("{path}/"),
    }
}
