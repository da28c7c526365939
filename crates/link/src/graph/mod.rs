//! The graph: typed nodes, and who refers to whom.
//!
//! It is built from the facts, one file for each language, and answers what stands around a node and how one node
//! leads to another. What it means that one leads to another, and what refuses, is in [`crate::why`].

mod clusters;
mod deliveries;
mod output;
mod resources;

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;
use seaworthy_facts::{ImageReference, Span};

use crate::World;

/// Things of a platform and their relations.
#[derive(Debug, Default)]
pub struct LinkGraph {
    graph: DiGraph<Node, Edge>,
    by_key: HashMap<(NodeKind, Arc<str>, Arc<str>), NodeIndex>,
}

/// A thing.
#[derive(Debug, Clone)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// Its name: the physical one where it is known, else its address.
    pub name: Arc<str>,
    /// Where it belongs: a cluster's name, a configuration's folder; empty where there is only one world.
    pub scope: Arc<str>,
    /// Where it is declared; `None` for what is only referred to.
    pub span: Option<Span>,
    /// Of a tag or an image: its reference, with its holes.
    pub image: Option<ImageReference>,
}

/// A relation of one thing to another.
#[derive(Debug, Clone)]
pub struct Edge {
    /// What the relation is, read from source to target.
    pub relation: Relation,
    /// Where it is said.
    pub span: Option<Span>,
}

macro_rules! words {
    ($(#[$outer:meta])* $name:ident { $($(#[$inner:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$inner])* $variant,)*
        }

        impl $name {
            /// The word that output and questions use.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];
        }
    };
}

words! {
    /// What a node is.
    NodeKind {
        /// A repository of images, as references name it.
        Image = "image",
        /// An image with its tag.
        Tag = "tag",
        /// A repository in a registry, declared: an ECR repository.
        Registry = "registry",
        /// An IAM role.
        Role = "role",
        /// An IAM policy.
        Policy = "policy",
        /// An identity provider that roles trust.
        Trust = "trust",
        /// A service account of Kubernetes.
        ServiceAccount = "service-account",
        /// A Secret of Kubernetes.
        Secret = "secret",
        /// A secret of Secrets Manager or a parameter.
        CloudSecret = "cloud-secret",
        /// Something that fills a Secret: ExternalSecret, SecretProviderClass.
        SecretSource = "secret-source",
        /// A ConfigMap.
        ConfigMap = "config-map",
        /// A KMS key.
        Key = "key",
        /// A database.
        Database = "database",
        /// A bucket.
        Bucket = "bucket",
        /// A security group.
        SecurityGroup = "security-group",
        /// A subnet.
        Subnet = "subnet",
        /// A VPC.
        Network = "network",
        /// A Kubernetes cluster.
        Cluster = "cluster",
        /// A group of nodes.
        NodeGroup = "node-group",
        /// A load balancer.
        LoadBalancer = "load-balancer",
        /// What makes pods.
        Workload = "workload",
        /// A Service of Kubernetes.
        KubeService = "kube-service",
        /// An Ingress or a route of the Gateway API.
        Route = "route",
        /// A host name.
        Host = "host",
        /// A certificate.
        Certificate = "certificate",
        /// A DNS zone.
        Zone = "zone",
        /// A volume claim.
        Claim = "claim",
        /// Another object of Kubernetes.
        Object = "object",
        /// A chart that is installed.
        Release = "release",
        /// A workflow or pipeline.
        Pipeline = "pipeline",
        /// A job of a pipeline.
        Job = "job",
        /// A script or make target.
        Script = "script",
        /// A configuration with its state.
        State = "state",
        /// A folder or file that is applied or built.
        Path = "path",
        /// Another resource of OpenTofu.
        Resource = "resource",
    }
}

words! {
    /// What one node is to another, read from source to target.
    Relation {
        /// Refers to it.
        Uses = "uses",
        /// Takes values from it.
        Reads = "reads",
        /// Sends to its pods, or routes to it.
        Selects = "selects",
        /// Runs under it.
        RunsAs = "runs as",
        /// Takes its identity.
        Assumes = "assumes",
        /// Lets it in.
        Trusts = "trusts",
        /// Puts images there.
        Pushes = "pushes",
        /// Takes images from there.
        Pulls = "pulls",
        /// Is one of it: a tag of an image, a job of a pipeline.
        PartOf = "is part of",
        /// Is kept in it.
        KeptIn = "is kept in",
        /// Brings it to a cluster or an account.
        Applies = "applies",
        /// Makes it.
        Makes = "makes",
        /// Is answered under this name.
        ServedAs = "is served as",
    }
}

impl Node {
    /// `workload/api`, the form that questions take.
    pub fn label(&self) -> String {
        format!("{}/{}", self.kind.as_str(), self.name)
    }
}

impl LinkGraph {
    /// Relates everything that was read.
    pub fn new(world: &World) -> Self {
        let mut graph = Self::default();
        resources::add(&mut graph, world);
        clusters::add(&mut graph, world);
        deliveries::add(&mut graph, world);
        graph
    }

    /// Every node.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeIndex, &Node)> {
        self.graph
            .node_indices()
            .map(|index| (index, &self.graph[index]))
    }

    /// Every relation, with its ends.
    pub fn edges(&self) -> impl Iterator<Item = (&Node, &Edge, &Node)> {
        self.graph.edge_references().map(|edge| {
            (
                &self.graph[edge.source()],
                edge.weight(),
                &self.graph[edge.target()],
            )
        })
    }

    /// A node.
    pub fn node(&self, index: NodeIndex) -> &Node {
        &self.graph[index]
    }

    /// What a node relates to.
    pub fn from(&self, index: NodeIndex) -> impl Iterator<Item = (&Edge, NodeIndex)> {
        self.graph
            .edges_directed(index, Direction::Outgoing)
            .map(|edge| (edge.weight(), edge.target()))
    }

    /// What relates to a node.
    pub fn into_node(&self, index: NodeIndex) -> impl Iterator<Item = (&Edge, NodeIndex)> {
        self.graph
            .edges_directed(index, Direction::Incoming)
            .map(|edge| (edge.weight(), edge.source()))
    }

    /// The node of a kind, scope and name, if it is there.
    pub fn get(&self, kind: NodeKind, scope: &str, name: &str) -> Option<NodeIndex> {
        self.by_key.get(&(kind, scope.into(), name.into())).copied()
    }

    /// The nodes that a word can mean: `api`, `workload/api`, `deployment/api`, an address of OpenTofu. Exact names
    /// come before names that end so.
    pub fn find(&self, word: &str) -> Vec<NodeIndex> {
        let (kinds, name) = kinds_and_name(word);
        let of_kind =
            |(index, node): (NodeIndex, &Node)| kinds.contains(&node.kind).then_some(index);
        let exact: Vec<_> = self
            .nodes()
            .filter(|(_, node)| &*node.name == name)
            .filter_map(of_kind)
            .collect();
        if !exact.is_empty() {
            return exact;
        }
        self.nodes()
            .filter(|(_, node)| {
                node.name
                    .strip_suffix(name)
                    .is_some_and(|rest| rest.ends_with(['/', '.', ':']))
            })
            .filter_map(of_kind)
            .collect()
    }

    /// The nodes within so many steps of one, in either direction, with those between. A configuration's state makes
    /// everything in it: it is shown, and is no bridge from one thing to all others.
    pub fn around(&self, centre: NodeIndex, steps: usize) -> HashSet<NodeIndex> {
        let mut seen = HashSet::from([centre]);
        let mut edge: Vec<_> = vec![centre];
        for _ in 0..steps {
            edge = edge
                .iter()
                .filter(|index| **index == centre || self.node(**index).kind != NodeKind::State)
                .flat_map(|index| self.graph.neighbors_undirected(*index))
                .filter(|index| seen.insert(*index))
                .collect();
        }
        seen
    }

    /// The shortest way from one node to another over relations that count, as nodes with the edge that led to each.
    pub fn path(
        &self,
        from: NodeIndex,
        to: NodeIndex,
        counts: impl Fn(&Edge) -> bool,
    ) -> Option<Vec<(Option<&Edge>, NodeIndex)>> {
        let mut before: HashMap<NodeIndex, (NodeIndex, &Edge)> = HashMap::new();
        let mut queue = VecDeque::from([from]);
        while let Some(index) = queue.pop_front() {
            if index == to {
                let mut path = Vec::new();
                let mut at = index;
                while let Some((previous, edge)) = before.get(&at) {
                    path.push((Some(*edge), at));
                    at = *previous;
                }
                path.push((None, from));
                path.reverse();
                return Some(path);
            }
            for (edge, next) in self.from(index) {
                if next != from && counts(edge) && !before.contains_key(&next) {
                    before.insert(next, (index, edge));
                    queue.push_back(next);
                }
            }
        }
        None
    }

    /// The graph of these nodes alone.
    #[must_use]
    pub fn only(&self, keep: &HashSet<NodeIndex>) -> Self {
        let graph = self.graph.filter_map(
            |index, node| keep.contains(&index).then(|| node.clone()),
            |_, edge| Some(edge.clone()),
        );
        let by_key = graph
            .node_indices()
            .map(|index| {
                let node = &graph[index];
                ((node.kind, node.scope.clone(), node.name.clone()), index)
            })
            .collect();
        Self { graph, by_key }
    }

    fn add(
        &mut self,
        kind: NodeKind,
        scope: &str,
        name: impl Into<Arc<str>>,
        span: Option<Span>,
    ) -> NodeIndex {
        let key = (kind, Arc::from(scope), name.into());
        if let Some(index) = self.by_key.get(&key) {
            let node = &mut self.graph[*index];
            node.span = node.span.or(span);
            return *index;
        }
        let index = self.graph.add_node(Node {
            kind,
            name: key.2.clone(),
            scope: key.1.clone(),
            span,
            image: None,
        });
        self.by_key.insert(key, index);
        index
    }

    fn relate(&mut self, from: NodeIndex, relation: Relation, to: NodeIndex, span: Option<Span>) {
        let there = self
            .graph
            .edges_connecting(from, to)
            .any(|edge| edge.weight().relation == relation);
        if from != to && !there {
            self.graph.add_edge(from, to, Edge { relation, span });
        }
    }
}

/// What a word of a question asks for: `role/ci` for roles called `ci`, `ci` for anything.
pub(crate) fn kinds_and_name(word: &str) -> (Vec<NodeKind>, &str) {
    match word.split_once('/').map(|(kind, name)| (kinds(kind), name)) {
        Some((kinds, name)) if !kinds.is_empty() => (kinds, name),
        _ => (NodeKind::ALL.to_vec(), word),
    }
}

/// The kinds that a word in a question means: its own name, or what Kubernetes and people call it.
fn kinds(word: &str) -> Vec<NodeKind> {
    let word = word.to_ascii_lowercase();
    let kinds: &[NodeKind] = match word.as_str() {
        "pod" | "deployment" | "deploy" | "statefulset" | "daemonset" | "job" | "cronjob" => {
            &[NodeKind::Workload, NodeKind::Job]
        }
        "workflow" => &[NodeKind::Pipeline],
        "service" | "svc" => &[NodeKind::KubeService],
        "serviceaccount" | "sa" => &[NodeKind::ServiceAccount],
        "secret" => &[NodeKind::Secret, NodeKind::CloudSecret],
        "configmap" | "cm" => &[NodeKind::ConfigMap],
        "ingress" | "httproute" => &[NodeKind::Route],
        "db" | "rds" => &[NodeKind::Database],
        "ecr" | "repository" => &[NodeKind::Registry, NodeKind::Image],
        "sg" => &[NodeKind::SecurityGroup],
        "chart" | "helm" => &[NodeKind::Release],
        "image" => &[NodeKind::Image, NodeKind::Tag],
        _ => {
            return NodeKind::ALL
                .iter()
                .copied()
                .filter(|kind| kind.as_str() == word)
                .collect();
        }
    };
    kinds.to_vec()
}
