//! Takes a rendered tree of OpenTofu to AWS and back: `plan`, `apply` and `destroy` of one environment.
//!
//! A [`Target`] says what is meant: an environment, its account and region, and its [`Root`]s in the order in which they
//! are applied. A [`Session`] has found `tofu` or `terraform` and knows that it talks to the right account. Its verbs:
//!
//! - [`Session::plan`] plans every root whose inputs exist and says of the others what they wait for ([`Plan`]).
//! - [`Session::apply`] applies what was reviewed, root by root, and writes down each step ([`journal`]), so that the
//!   next run goes on where this one was interrupted.
//! - [`Session::destroy`] goes the other way, removes what controllers made in between, and ends with a [`Proof`].
//!
//! What a root creates is OpenTofu's work alone. We talk to AWS for what it cannot do: who we are, the bucket that holds
//! the states, what controllers left, what is still there in the end. Nothing here prints: [`Event`]s go to the caller,
//! and `summary` gives texts.

mod apply;
mod bootstrap;
mod change;
mod cluster_version;
mod destroy;
mod error;
mod interrupted;
pub mod journal;
mod lock;
mod plan;
mod program;
mod proof;
mod review;
mod session;
mod state;
mod stateful;
pub mod summary;
mod target;
mod tofu;

pub use apply::{Applied, Approval, Approve, Reviewed, ReviewedRoot, only_creates, refuse_losses};
pub use change::{Action, AttributeChange, Change};
pub use destroy::{Destroyed, Doomed};
pub use error::Error;
pub use interrupted::Orphan;
pub use lock::Holder;
pub use plan::{Outcome, Plan, RootPlan};
pub use program::Program;
pub use proof::{Proof, Remnant};
pub use session::{Event, Session, Settings};
pub use target::{Root, RootKind, Target};
