//! What prose, dashboards and plain settings say.

use std::sync::Arc;

use seaworthy_diagnostics::{FileId, Span};

use crate::Value;

/// Prose and the rest.
#[derive(Debug, Default)]
pub struct Documents {
    /// Sentences that claim something which files can be held to.
    pub claims: Vec<Claim>,
    /// Paths of this repository that prose names, in code style.
    pub paths: Vec<(Arc<str>, Span)>,
    /// Grafana dashboards.
    pub dashboards: Vec<Dashboard>,
    /// `NAME=value` files: `.env`, `env.dist`.
    pub env_files: Vec<EnvFile>,
}

/// A sentence that claims something.
#[derive(Debug)]
pub struct Claim {
    /// What about.
    pub about: ClaimKind,
    /// The sentence.
    pub span: Span,
    /// A number it gives, in the unit of its kind: days, percent, dollars a month.
    pub number: Option<f64>,
}

/// What a claim is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimKind {
    /// Data are kept this many days.
    Retention,
    /// It stays up when a zone or data centre fails.
    ZoneFailure,
    /// It is not down during releases.
    NoDowntime,
    /// It can move to another region.
    AnyRegion,
    /// It is highly available, of so many percent.
    Availability,
    /// It costs so much a month, in US dollars.
    Cost,
    /// Environments are the same.
    SameEnvironments,
    /// Data are encrypted.
    Encryption,
    /// Network flows are logged.
    FlowLogs,
}

/// A Grafana dashboard.
#[derive(Debug)]
pub struct Dashboard {
    /// Its file.
    pub file: FileId,
    /// Its JSON.
    pub body: Value,
    /// Queries: the expression and where.
    pub queries: Vec<Value>,
    /// Variables: name, its definition.
    pub variables: Vec<(Arc<str>, Value)>,
}

/// A file of `NAME=value` lines.
#[derive(Debug)]
pub struct EnvFile {
    /// Its file.
    pub file: FileId,
    /// Its lines.
    pub entries: Vec<(Arc<str>, Value)>,
}
