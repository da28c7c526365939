//! Finds, obtains and runs a real PostgreSQL on the user's machine.
//!
//! [`Installation`] is a set of programs: found on the machine, or obtained through a package client.
//! [`Server`] is one of them running on a folder: made, started, watched, stopped; databases and roles are set up
//! through it. Which databases a platform has, where its folders are and what is shown to the user is decided above,
//! in `seaworthy-local` and the command line. Nothing here prints.

mod account;
mod certificates;
mod cluster;
mod connect;
mod disk;
mod fetch;
mod front;
mod installation;
mod leftover;
mod log;
mod obtain;
mod packages;
mod process;
mod roles;
mod server;
mod start;
mod upgrade;

pub use account::AccountError;
pub use certificates::CertificateError;
pub use connect::{ConnectError, connect, tls};
pub use front::FrontError;
pub use installation::{FindError, Installation, Origin, Settings, Version};
pub use leftover::{LeftoverError, running_on, stop_leftover};
pub use obtain::{Attempt, ObtainError, ObtainStep};
pub use roles::{DatabaseSpec, RolesError, ServiceRole};
pub use server::{Durability, Server, ServerOptions};
pub use start::StartError;
pub use upgrade::{UpgradeError, upgrade};
