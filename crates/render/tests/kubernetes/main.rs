//! The Kubernetes part of what is rendered, judged by kustomize and by a real API server.

mod accepted;
mod builds;
mod roles;
mod stable;
mod tree;
