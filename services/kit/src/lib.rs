//! What the services of the examples share, so that each of them is only its own behaviour.
//!
//! - [`environment`] reads variables and names every one that is wrong,
//! - [`program`] is the life of a service from its variables to its exit code,
//! - [`server`] accepts connections, bounds what a client may do and drains without a failed request,
//! - [`health`] holds what the probes answer, [`admin`] serves them with the metrics on a port of their own,
//! - [`metrics`] counts requests once each, when their answer has left (or has not),
//! - [`trace`] sends spans over OTLP/HTTP and passes the W3C context on, [`log`] writes JSON lines.
//!
//! Not here: anything about counters, databases or pages; that lives in the services themselves.

pub mod admin;
pub mod environment;
pub mod health;
pub mod log;
pub mod metrics;
mod process;
pub mod program;
pub mod server;
pub mod trace;

pub use environment::{Environment, Secret};
pub use program::{App, Kit, Program, run};

/// The registry's own crate, so that a service and its kit never disagree on the version.
pub use prometheus;
