//! From values to the model: defaults applied, references resolved, and what does not fit together reported.
//!
//! One file per resource. Nothing here fails: where something is missing or wrong, the best value that there is goes
//! into the platform, and what was already reported is not reported again.

mod bucket;
mod build;
mod cluster;
mod cycle;
mod database;
mod delivery;
mod edge;
mod environment;
mod job;
mod names;
mod network;
mod notify;
mod platform;
mod port;
mod probe;
mod reference;
mod route;
mod scale;
mod scope;
mod secret;
mod service;
mod slo;

use std::collections::BTreeMap;

use seaworthy_diagnostics::{Diagnostic, SourceFile, Span};

use crate::model::{EnvironmentName, Platform, ServiceName};
use crate::shape::PLATFORM;
use crate::value::Value;
use names::Names;
use scope::Scope;

/// What resolving gives.
pub(crate) struct Resolved {
    pub(crate) platform: Platform,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Defaults that depend on something: path to value, as text.
    pub(crate) computed: BTreeMap<String, String>,
}

/// Resolves the values of a definition, an environment's override already laid over them.
pub(crate) fn resolve(
    source: &SourceFile,
    root: &Value,
    environment: Option<EnvironmentName>,
) -> Resolved {
    let scope = Scope::new(&PLATFORM, Some(root), "");
    let mut resolver = Resolver {
        source,
        names: Names::default(),
        edges: Vec::new(),
        addresses: Vec::new(),
        diagnostics: Vec::new(),
        computed: BTreeMap::new(),
    };
    resolver.names(&scope);
    resolver.misplaced_references(root);
    let platform = resolver.platform(&scope, environment);
    resolver.cycles(&platform);
    Resolved {
        platform,
        diagnostics: resolver.diagnostics,
        computed: resolver.computed,
    }
}

struct Resolver<'a> {
    source: &'a SourceFile,
    names: Names,
    /// Which service uses which, and the place that says so.
    edges: Vec<(ServiceName, ServiceName, Span)>,
    /// Where an address of a service is asked for.
    addresses: Vec<(ServiceName, Span)>,
    diagnostics: Vec<Diagnostic>,
    computed: BTreeMap<String, String>,
}

impl Resolver<'_> {
    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Notes a default that depends on something, for `explain`.
    fn computed(&mut self, path: String, value: impl std::fmt::Display) {
        self.computed.insert(path, value.to_string());
    }
}
