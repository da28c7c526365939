//! A service: a unit that a team owns and ships.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::{Bytes, MilliCpu, PortName, Resource, ServiceName, Share, Span, Template};

/// A unit that a team owns and ships.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its name.
    pub name: ServiceName,
    /// Its former name, so that nothing stateful is replaced by a rename.
    pub was: Option<ServiceName>,
    /// Where what runs comes from.
    pub source: ServiceSource,
    /// How it starts on this machine: program and arguments. Empty: what was built, without arguments.
    pub run: Vec<String>,
    /// Its ports by name, in the order of the definition. Empty for a worker that only asks others.
    pub ports: IndexMap<PortName, u16>,
    /// Its probes. A service with ports and no probes counts as ready when its main port accepts a connection.
    pub probes: Probes,
    /// Where its metrics are scraped; `None`: it has none.
    pub metrics: Option<Metrics>,
    /// Run once before a new version takes traffic, under the owner role of the databases it uses. Empty: nothing.
    pub migrate: Vec<String>,
    /// Run once on this machine when a database it uses is new, after `migrate`, under the owner role. Empty: nothing.
    pub seed: Vec<String>,
    /// Its variables, in the order of the definition.
    pub env: IndexMap<String, Template>,
    /// What it uses: what `env` refers to and what `uses` names.
    pub uses: BTreeSet<Resource>,
    /// What it asks of a node.
    pub resources: Resources,
    /// How many replicas run.
    pub scale: Scale,
    /// Its objectives; `None`: it has none.
    pub slo: Option<Slo>,
    /// Its public route; `None`: it is not reachable from outside.
    pub route: Option<Route>,
    /// How long it may take to finish what it is doing after SIGTERM, before SIGKILL. Default 30 s, as Kubernetes.
    pub stop_grace: Span,
}

impl Service {
    /// The port that the route, `${service.url}` and `PORT` mean: the one named `http`, else the first.
    pub fn main_port(&self) -> Option<(&PortName, u16)> {
        self.ports
            .get_key_value("http")
            .or_else(|| self.ports.first())
            .map(|(name, port)| (name, *port))
    }
}

/// Where what a service runs comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceSource {
    /// Built here.
    Build(Build),
    /// Made elsewhere: an image reference, best with a digest.
    Image(String),
    /// Nothing is built: `run` names a program that is there.
    Run,
}

/// How a service is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// The folder the build sees, relative to the platform's folder.
    pub context: String,
    /// What builds it.
    pub kind: BuildKind,
}

/// What builds a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuildKind {
    /// A cargo package of that name in the context, built for release.
    Cargo(String),
    /// A Dockerfile, relative to the context, and the stage to stop at.
    Dockerfile {
        /// Path relative to the context.
        path: String,
        /// The stage, where not the last.
        target: Option<String>,
    },
    /// A command that leaves behind what `run` starts.
    Command(Vec<String>),
}

/// The probes with Kubernetes' meaning.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Probes {
    /// Until it succeeds once, the other two wait.
    pub startup: Option<Probe>,
    /// While it fails, no traffic is sent.
    pub readiness: Option<Probe>,
    /// When it fails, the process is restarted.
    pub liveness: Option<Probe>,
}

/// One HTTP probe. A status of 200 to 399 is a success, as in Kubernetes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// The path asked for.
    pub path: String,
    /// The port asked at.
    pub port: PortName,
    /// Wait before the first; default 0 s.
    pub initial_delay: Span,
    /// Time between two; default 10 s.
    pub period: Span,
    /// How long an answer may take; default 1 s.
    pub timeout: Span,
    /// Successes in a row that count as healthy; default 1.
    pub success_threshold: u32,
    /// Failures in a row that count as unhealthy; default 3, for `startup` 30.
    pub failure_threshold: u32,
}

/// Where Prometheus scrapes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metrics {
    /// The path; default `/metrics`.
    pub path: String,
    /// The port; default the main port.
    pub port: PortName,
}

/// Requests and limits. CPU has no limit on purpose (throttling hurts more than it helps); memory's limit is its request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resources {
    /// CPU requested; default 100m.
    pub cpu: MilliCpu,
    /// Memory requested, and the limit; default 128Mi.
    pub memory: Bytes,
}

/// How many replicas run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scale {
    /// At least; default 2 in the cloud. On this machine one runs unless asked otherwise.
    pub min: u32,
    /// At most; equal to `min` where nothing scales.
    pub max: u32,
    /// Average CPU use, of the request, that is aimed at; default 80% where it scales and nothing else is aimed at.
    pub cpu: Option<Share>,
    /// Average memory use, of the request, that is aimed at.
    pub memory: Option<Share>,
    /// Requests a second and replica that are aimed at.
    pub requests: Option<u32>,
}

/// Service level objectives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slo {
    /// The rolling window; default 30 days.
    pub window: Span,
    /// The share of requests that must succeed.
    pub availability: Option<Share>,
    /// Per percentile (`p99` is 990 000 millionths): the time within which that share is answered.
    pub latency: BTreeMap<Share, Span>,
}

/// A public route, as a Gateway API HTTPRoute means it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The host name.
    pub host: String,
    /// The path prefix; default `/`.
    pub path: String,
    /// How long the whole request may take; default 60 s.
    pub timeout: Span,
}
