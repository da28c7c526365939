//! A job: a command that runs to its end, on a schedule.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::{JobName, Resource, Resources, ServiceName, Span, Template};

/// A command of a service's image that runs on a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its name.
    pub name: JobName,
    /// The service whose build it runs.
    pub service: ServiceName,
    /// Program and arguments.
    pub command: Vec<String>,
    /// Five cron fields.
    pub schedule: String,
    /// The IANA time zone the schedule means; default `Etc/UTC`.
    pub time_zone: String,
    /// Its variables.
    pub env: IndexMap<String, Template>,
    /// What it uses.
    pub uses: BTreeSet<Resource>,
    /// What it asks of a node.
    pub resources: Resources,
    /// It is ended after this time; default 1 h.
    pub timeout: Span,
}
