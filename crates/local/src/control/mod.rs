//! How other processes reach a running platform: HTTP over a Unix socket that only its user can open.
//!
//! ```text
//! GET  /v1/status                       → Status
//! GET  /v1/events                       → what happened so far and what happens, an Event a line
//! POST /v1/apply      RunOptions        → Events of the operation, until it ends
//! POST /v1/restart    { service }       → Events of the operation, until it ends
//! POST /v1/down       { wipe }          → Events until everything has stopped
//! GET  /v1/services/{name}/variables    → ServiceVariables
//! GET  /v1/databases/{name}/login       → DatabaseLogin
//! ```
//!
//! A request that cannot be served answers 409 with a [`Failure`](crate::Failure).

mod client;
mod server;

pub use client::{Client, ControlError, EventLines};
pub use server::serve;

use serde::{Deserialize, Serialize};

/// The body of `POST /v1/restart`.
#[derive(Debug, Serialize, Deserialize)]
struct Restart {
    service: String,
}

/// The body of `POST /v1/down`.
#[derive(Debug, Serialize, Deserialize)]
struct Down {
    wipe: bool,
}
