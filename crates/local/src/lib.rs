//! The local run: a whole platform on this machine.
//!
//! A [`Supervisor`] holds one platform: it builds services, runs a real PostgreSQL, starts everything in the order of
//! `uses`, keeps it running, and tells what happens as [`Event`]s. Others reach it through its control socket
//! ([`control`]). What is shown to people, and which folders are used, is decided by the command line.
//!
//! One operation brings a platform up, in this order of files: `supervisor` reads the definition and arranges
//! addresses, `build` and `database` work side by side, then migrations, then `service` by `service` its `replica`s.

mod build;
pub mod control;
mod database;
mod event;
mod failure;
mod hex;
mod home;
mod logs;
mod order;
mod ports;
mod probe;
mod process;
mod replica;
mod secrets;
mod service;
mod status;
mod supervisor;
mod unused;
mod variables;
mod watch;

pub use event::{Address, AddressKind, Event, Events, ReplicaPhase};
pub use failure::Failure;
pub use home::{Home, Lock, Settings};
pub use process::inspect::{Holder, holder};
pub use status::{
    DatabaseLogin, DatabaseStatus, ReplicaStatus, ServiceStatus, ServiceVariables, Status, Variable,
};
pub use supervisor::{DEFINITION, OpenError, RunOptions, Supervisor};
pub use variables::inherited;
