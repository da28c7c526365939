//! The model: what one definition means, resolved and total.
//!
//! Everything a renderer, the local run or a release reads lives here: defaults are applied, every reference
//! resolves, units are numbers. Nothing here knows YAML. A value that the definition did not give is still a value,
//! so readers of the model hold no "if missing"; where absence itself means something (a service without a route),
//! it is an `Option` and its documentation says what absence means.

mod bucket;
mod cluster;
mod database;
mod delivery;
mod edge;
mod environment;
mod job;
mod names;
mod network;
mod notify;
mod platform;
mod secret;
mod service;
mod template;
mod units;

pub use bucket::*;
pub use cluster::*;
pub use database::*;
pub use delivery::*;
pub use edge::*;
pub use environment::*;
pub use job::*;
pub use names::*;
pub use network::*;
pub use notify::*;
pub use platform::*;
pub use secret::*;
pub use service::*;
pub use template::*;
pub use units::*;
