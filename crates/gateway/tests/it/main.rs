//! Black-box tests: a server, a gateway in front of it, a client that asks.
//!
//! `support` holds the words the tests are written in; each other module is one promise.

mod balancing;
mod clients;
mod draining;
mod errors;
mod forwarding;
mod grpc;
mod listening;
mod load;
mod observing;
mod smuggling;
mod streaming;
mod support;
mod timeouts;
mod tunnels;
