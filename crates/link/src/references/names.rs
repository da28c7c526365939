//! What is there under a name: objects, what charts are known to bring, what commands make.

use std::collections::HashMap;
use std::sync::Arc;

use seaworthy_facts::delivery::What;
use seaworthy_facts::kubernetes::{Object, Origin};
use seaworthy_facts::{Same, Span, Text, Value};

use crate::World;

/// Something that has a name.
#[derive(Debug, Clone)]
pub struct Named<'a> {
    /// Its kind.
    pub kind: Arc<str>,
    /// Its name.
    pub name: Text,
    /// Its namespace, where it has one and that is known.
    pub namespace: Option<Text>,
    /// Where the name is said.
    pub span: Span,
    /// The cluster it is in, by its place in the facts; `None` for what a command makes somewhere.
    pub cluster: Option<usize>,
    /// What it is applied with.
    pub tree: Option<Tree>,
    /// The object, where it is one.
    pub object: Option<&'a Object>,
}

/// What is applied together: a folder of manifests, a kustomization, a release of a chart. Copies of one platform in
/// one repository are trees of their own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Tree {
    /// The files of a folder.
    Folder(Arc<str>),
    /// A kustomization, by its folder.
    Kustomization(Arc<str>),
    /// A release of a chart.
    Release(Text),
}

impl Tree {
    /// The tree of an object.
    pub fn of(world: &World, object: &Object) -> Self {
        match &object.origin {
            Origin::Kustomization { folder } => Self::Kustomization(folder.clone()),
            Origin::Chart { release } | Origin::Summary { release } => {
                Self::Release(release.clone())
            }
            Origin::Manifest | Origin::Embedded | Origin::Terraform { .. } => {
                Self::Folder(world.sources.folder(object.file).into())
            }
        }
    }
}

impl Named<'_> {
    /// Whether it can be what a name means in a namespace.
    pub fn is(&self, name: &Text, namespace: Option<&Text>) -> bool {
        self.name.same(name) != Same::Never && self.is_in(namespace)
    }

    /// Whether it can be in a namespace.
    pub fn is_in(&self, namespace: Option<&Text>) -> bool {
        match (&self.namespace, namespace) {
            (Some(own), Some(other)) => own.same(other) != Same::Never,
            _ => true,
        }
    }
}

/// Everything of some kinds, by kind.
pub(super) fn all<'a>(world: &'a World, kinds: &[&str]) -> HashMap<Arc<str>, Vec<Named<'a>>> {
    let mut found: HashMap<Arc<str>, Vec<Named<'a>>> = HashMap::new();
    for (index, cluster) in world.facts.kubernetes.clusters.iter().enumerate() {
        for object in &cluster.objects {
            if !kinds.contains(&&*object.kind) {
                continue;
            }
            let Some(name) = object.name.text() else {
                continue;
            };
            let namespace = object
                .namespace
                .as_ref()
                .and_then(Value::text)
                .filter(|_| !super::is_cluster_wide(&object.kind));
            found.entry(object.kind.clone()).or_default().push(Named {
                kind: object.kind.clone(),
                name,
                namespace,
                span: object.name.span,
                cluster: Some(index),
                tree: Some(Tree::of(world, object)),
                object: Some(object),
            });
        }
        if kinds.contains(&"Namespace") {
            // Helm and Argo CD make the namespaces that they install into.
            for release in &cluster.releases {
                let Some(namespace) = &release.namespace else {
                    continue;
                };
                let Some(name) = namespace.text() else {
                    continue;
                };
                found.entry("Namespace".into()).or_default().push(Named {
                    kind: "Namespace".into(),
                    name,
                    namespace: None,
                    span: namespace.span,
                    cluster: Some(index),
                    tree: None,
                    object: None,
                });
            }
        }
    }
    for (_, deed) in world.facts.delivery.deeds() {
        if let What::CreateObject {
            kind,
            name,
            namespace,
            ..
        } = &deed.what
            && kinds.contains(&&**kind)
            && let Some(text) = name.text()
        {
            found.entry(kind.clone()).or_default().push(Named {
                kind: kind.clone(),
                name: text,
                namespace: namespace.as_ref().and_then(Value::text),
                span: name.span,
                cluster: None,
                tree: None,
                object: None,
            });
        }
    }
    found
}
