//! The real controllers that bring a git repository to an API server, as processes beside it: [`ArgoCd`] and [`Flux`].
//!
//! They reconcile objects and know nothing of nodes. What makes a Deployment available, a Job complete or a load
//! balancer ready stands elsewhere; [`StandIn`] writes what it would report.

mod argo_cd;
mod flux;
mod stand_in;

pub use argo_cd::ArgoCd;
pub use flux::Flux;
pub use stand_in::StandIn;
