//! What will be applied to clusters: objects as they arrive there, and charts.

use std::sync::Arc;

use seaworthy_diagnostics::{FileId, Span};

use crate::objects::ObjectIndex;
use crate::{Text, Value};

/// Everything for Kubernetes.
#[derive(Debug, Default)]
pub struct Kubernetes {
    /// What goes to one cluster or environment together. A base that two overlays use is in both.
    pub clusters: Vec<Cluster>,
    /// Every kustomization, as it is written and as it builds.
    pub kustomizations: Vec<Kustomization>,
    /// Charts whose files are here.
    pub charts: Vec<Chart>,
    /// The paths that Flux Kustomizations and Argo CD Applications name.
    pub paths: Vec<GitopsPath>,
}

/// A path of a repository that a GitOps object names.
#[derive(Debug, Clone)]
pub struct GitopsPath {
    /// `Kustomization`, `Application`, `ApplicationSet`.
    pub kind: Arc<str>,
    /// The object's name.
    pub object: Text,
    /// The path, as it is written.
    pub path: Value,
    /// The repository's address, where it is in sight.
    pub url: Option<Value>,
    /// The folder that the path counts from, where the repository is one that is read.
    pub repository: Option<Arc<str>>,
    /// The path resolved, where the repository is one that is read.
    pub folder: Option<Arc<str>>,
    /// There is such a folder.
    pub exists: bool,
}

/// What is applied together, as far as the repository says.
#[derive(Debug)]
pub struct Cluster {
    /// What it is called here: the overlay's, Flux cluster's or environment's folder; `default` where nothing says.
    pub name: Arc<str>,
    /// The environment that its name says: `production`, `staging`, `development`.
    pub environment: Option<Arc<str>>,
    /// The objects, rendered.
    pub objects: Vec<Object>,
    /// The charts that are installed.
    pub releases: Vec<Release>,
    /// Something that belongs here was not seen (a remote base, a chart without summary), so that what is missing may
    /// be there. What exactly is among [`crate::Unseen`].
    pub incomplete: bool,
    /// The objects by what references say of them.
    pub index: ObjectIndex,
}

/// An object as it arrives at the API server.
#[derive(Debug, Clone)]
pub struct Object {
    /// `apps/v1`, with its place.
    pub api_version: Value,
    /// `Deployment`.
    pub kind: Arc<str>,
    /// Its name.
    pub name: Value,
    /// Its namespace after Kustomize, Flux and defaults; `None` where nothing says (then it is that of the context of
    /// whoever applies it) and for cluster-wide kinds.
    pub namespace: Option<Value>,
    /// All of it, after overlays, patches, image transformers, substitution.
    pub body: Value,
    /// Its first line: the key `kind` or `apiVersion`, whichever comes first.
    pub span: Span,
    /// The whole document.
    pub block: Span,
    /// The file.
    pub file: FileId,
    /// What made it.
    pub origin: Origin,
    /// What applies it; empty where nothing in sight does.
    pub applied_by: Vec<Applied>,
}

/// Where an object comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Origin {
    /// A manifest that is applied as it is.
    Manifest,
    /// A kustomization: the folder of the outermost that lists it.
    Kustomization {
        /// Its folder.
        folder: Arc<str>,
    },
    /// A template of a chart that is here, expanded for a release.
    Chart {
        /// The release's name.
        release: Text,
    },
    /// Text inside another file: a heredoc of a script, HCL, a Jenkinsfile.
    Embedded,
    /// `kubernetes_*` resource or `kubectl_manifest` of OpenTofu.
    Terraform {
        /// The resource.
        address: Arc<str>,
    },
    /// Known only by a chart's summary: it has no text here; its spans are the release's.
    Summary {
        /// The release's name.
        release: Text,
    },
}

/// Something that applies an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// In words: "Flux Kustomization `apps`", "`kubectl apply` in scripts/deploy.sh".
    pub by: Box<str>,
    /// Where.
    pub span: Span,
    /// What kind of thing it is.
    pub means: Means,
}

/// How something is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Means {
    /// Flux: put back as it was whenever it differs.
    Flux,
    /// Argo CD.
    Argo,
    /// OpenTofu.
    Terraform,
    /// A pipeline's step.
    Pipeline,
    /// A script or a make target.
    Script,
    /// A command in a document.
    Document,
    /// Helm, Skaffold or another tool that a person runs.
    Tool,
}

/// A chart that is installed.
#[derive(Debug, Clone)]
pub struct Release {
    /// Its name.
    pub name: Value,
    /// The namespace it goes to.
    pub namespace: Option<Value>,
    /// The chart's name, without repository: `kube-prometheus-stack`; for a chart of this repository, its folder's.
    pub chart: Value,
    /// The chart repository or registry.
    pub repository: Option<Value>,
    /// The version that is asked for, if any.
    pub version: Option<Value>,
    /// The values given, merged in Helm's order; not the chart's own defaults.
    pub values: Value,
    /// Further values are given that were not seen: a Secret, a file that is not here.
    pub unseen_values: bool,
    /// The chart's folder, where its files are here: [`Chart::folder`].
    pub folder: Option<Arc<str>>,
    /// Where it is asked for.
    pub span: Span,
    /// What asks for it.
    pub applied_by: Vec<Applied>,
    /// The object that asks, for HelmRelease and Application: its name and namespace.
    pub object: Option<(Text, Option<Text>)>,
}

/// A chart whose files are here.
#[derive(Debug)]
pub struct Chart {
    /// Its folder.
    pub folder: Arc<str>,
    /// `Chart.yaml`.
    pub metadata: Value,
    /// `values.yaml`.
    pub values: Value,
    /// It is somebody else's.
    pub vendored: bool,
    /// Every `.Values` path that its templates read, with the place: `image.tag`.
    pub reads: Vec<(Arc<str>, Span)>,
}

/// A kustomization.
#[derive(Debug)]
pub struct Kustomization {
    /// Its folder.
    pub folder: Arc<str>,
    /// Its file; `None` for one that Flux makes up for a folder without.
    pub file: Option<FileId>,
    /// What it says.
    pub body: Value,
    /// Folders and files that it takes in, resolved.
    pub takes: Vec<Taken>,
    /// What stops it from building, with the place.
    pub errors: Vec<(Span, Box<str>)>,
    /// What of it has no effect, with the place.
    pub idle: Vec<(Span, Box<str>)>,
}

/// A resource, component, patch or generator file that a kustomization names.
#[derive(Debug)]
pub struct Taken {
    /// Where it is named.
    pub span: Span,
    /// The path, resolved.
    pub path: Arc<str>,
    /// The field: `resources`, `components`, `patches`.
    pub field: Arc<str>,
    /// It is somewhere else: a url.
    pub remote: bool,
}

/// The part of an object that describes pods, for every kind that has one.
#[derive(Debug, Clone, Copy)]
pub struct PodTemplate<'a> {
    /// `metadata` of the pods, where there is one.
    pub metadata: Option<&'a Value>,
    /// `spec` of the pods.
    pub spec: &'a Value,
}

impl Cluster {
    /// The objects of a kind.
    pub fn of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Object> + 'a {
        self.index
            .of(&self.objects, kind)
            .iter()
            .map(|at| &self.objects[*at])
    }

    /// The objects that make pods.
    pub fn workloads(&self) -> impl Iterator<Item = &Object> {
        self.index
            .workloads(&self.objects)
            .iter()
            .map(|at| &self.objects[*at])
    }

    /// The workloads whose pods can have the labels of a selector: all that do, and perhaps more.
    pub fn selectable(&self, selector: &Value) -> impl Iterator<Item = &Object> {
        self.index
            .selectable(&self.objects, selector)
            .into_iter()
            .map(|at| &self.objects[at])
    }

    /// The objects of a kind that can have this name, with those whose name is no text.
    pub fn named<'a>(
        &'a self,
        kind: &str,
        name: &Text,
    ) -> impl Iterator<Item = &'a Object> + use<'a> {
        self.index
            .named(&self.objects, kind, name)
            .into_iter()
            .map(|at| &self.objects[at])
    }

    /// The workloads whose pods name a service account that can be this one: all that do, and perhaps more.
    pub fn running_as<'a>(&'a self, account: &Text) -> impl Iterator<Item = &'a Object> + use<'a> {
        self.index
            .running_as(&self.objects, account)
            .into_iter()
            .map(|at| &self.objects[at])
    }

    /// The object of a kind and name that a reference from `namespace` can mean. Where a namespace is not known on
    /// either side it is taken to fit.
    pub fn find<'a>(
        &'a self,
        kind: &str,
        namespace: Option<&Text>,
        name: &Text,
    ) -> Option<&'a Object> {
        self.named(kind, name).find(|object| {
            object.is_in(namespace)
                && object
                    .name
                    .text()
                    .is_some_and(|own| own.same(name) != crate::Same::Never)
        })
    }
}

impl Object {
    /// Its name, where it is known.
    pub fn name(&self) -> Option<&str> {
        self.name.str()
    }

    /// Its namespace, where it is known.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_ref()?.str()
    }

    /// A value within: `spec.template.spec`.
    pub fn at(&self, path: &str) -> Option<&Value> {
        self.body.at(path)
    }

    /// Whether it can be in this namespace: also where either is not known.
    pub fn is_in(&self, namespace: Option<&Text>) -> bool {
        let own = self.namespace.as_ref().and_then(Value::str);
        if let (Some(own), Some(other)) = (own, namespace.and_then(Text::literal)) {
            return own == other;
        }
        match (self.namespace.as_ref().and_then(Value::text), namespace) {
            (Some(own), Some(other)) => own.same(other) != crate::Same::Never,
            _ => true,
        }
    }

    /// An annotation, by its whole name.
    pub fn annotation(&self, name: &str) -> Option<&Value> {
        self.body.get("metadata")?.get("annotations")?.get(name)
    }

    /// A label of the object itself.
    pub fn label(&self, name: &str) -> Option<&Value> {
        self.body.get("metadata")?.get("labels")?.get(name)
    }

    /// Its pods, for Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob and Argo's Rollout.
    pub fn pods(&self) -> Option<PodTemplate<'_>> {
        let path = match &*self.kind {
            "Pod" => {
                return Some(PodTemplate {
                    metadata: self.body.get("metadata"),
                    spec: self.body.get("spec")?,
                });
            }
            "Deployment"
            | "StatefulSet"
            | "DaemonSet"
            | "ReplicaSet"
            | "ReplicationController"
            | "Job"
            | "Rollout" => "spec.template",
            "CronJob" => "spec.jobTemplate.spec.template",
            _ => return None,
        };
        let template = self.at(path)?;
        Some(PodTemplate {
            metadata: template.get("metadata"),
            spec: template.get("spec")?,
        })
    }
}

impl<'a> PodTemplate<'a> {
    /// The containers, init containers last.
    pub fn containers(self) -> impl Iterator<Item = &'a Value> {
        ["containers", "initContainers"]
            .into_iter()
            .filter_map(move |key| self.spec.get(key))
            .flat_map(Value::items)
    }

    /// The labels of the pods.
    pub fn labels(self) -> Option<&'a Value> {
        self.metadata?.get("labels")
    }

    /// The service account; `default` where none is named.
    pub fn service_account(self) -> Option<&'a Value> {
        self.spec
            .get("serviceAccountName")
            .or_else(|| self.spec.get("serviceAccount"))
    }
}
