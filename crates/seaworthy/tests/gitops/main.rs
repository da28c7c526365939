//! The loop from a commit to a cluster, with the real controllers of Argo CD and Flux against a real API server, on the
//! rendered tree of the counter's production.
//!
//! Stood in, because there is no cloud, no node and no network: Flux's source controller and helm controller, Argo CD's
//! own installation and its remote charts (each is one config map), whatever reports that pods, secrets and load
//! balancers are there (`seaworthy_testkit::gitops`), and the registry that `promote` would ask. Everything else is
//! what `render` wrote; with Argo CD the repository's address is replaced by that of a local one.

mod argo_cd;
mod flux;
mod repository;
mod story;
