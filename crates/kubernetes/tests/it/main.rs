//! What the reader makes of small repositories.

#![allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]

mod gitops;
mod helm;
mod hostile;
mod kustomize;

use seaworthy_facts::kubernetes::{Cluster, Object};
use seaworthy_facts::{Facts, SourceKind, SourceRoot, Sources, Value};
use seaworthy_knowledge::Knowledge;

/// A repository that was read.
struct Read {
    sources: Sources,
    facts: Facts,
}

/// Reads files, given as path and text.
fn read(files: &[(&str, &str)]) -> Read {
    let mut sources = Sources::default();
    let root = sources.add_root(SourceRoot::default());
    for (path, text) in files {
        let kind = if path.contains("/templates/") {
            SourceKind::HelmTemplate
        } else {
            SourceKind::Yaml
        };
        sources.add(root, *path, *text, kind, false);
    }
    let mut facts = Facts::default();
    seaworthy_kubernetes::read(&sources, &Knowledge, &mut facts);
    Read { sources, facts }
}

impl Read {
    fn cluster(&self, name: &str) -> &Cluster {
        self.facts
            .kubernetes
            .clusters
            .iter()
            .find(|cluster| &*cluster.name == name)
            .unwrap_or_else(|| panic!("no cluster `{name}` among {:?}", self.names()))
    }

    fn names(&self) -> Vec<&str> {
        self.facts
            .kubernetes
            .clusters
            .iter()
            .map(|cluster| &*cluster.name)
            .collect()
    }

    /// `path:line` of a value.
    fn at(&self, value: &Value) -> String {
        format!(
            "{}:{}",
            self.sources.path(value.span.file),
            self.sources.line(value.span)
        )
    }
}

/// The only object of a kind.
fn one<'a>(cluster: &'a Cluster, kind: &str) -> &'a Object {
    let found: Vec<&Object> = cluster
        .objects
        .iter()
        .filter(|object| &*object.kind == kind)
        .collect();
    assert_eq!(found.len(), 1, "{kind} in {}", cluster.name);
    found[0]
}

const DEPLOYMENT: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
spec:
  replicas: 1
  template:
    metadata:
      labels:
        app: api
    spec:
      containers:
        - name: api
          image: registry.example.com/api:1.0
          env:
            - name: A
              value: one
            - name: B
              value: two
          envFrom:
            - configMapRef:
                name: settings
";
