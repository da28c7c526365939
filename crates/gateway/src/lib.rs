//! The HTTP data plane of the local run: routes, balances, drains, explains.
//!
//! Lives here: [`Pool`]s of replicas whose state the caller changes, [`RouteTable`]s of
//! hosts and paths, and [`Listener`]s that take requests to them. Does not live here: any
//! knowledge of platforms, processes or probes. The gateway knows names and addresses that
//! it was given, and nothing else; see the `local` crate for who gives them.
//!
//! What it promises, and where:
//!
//! - A request is sent at most once, whatever happens (`upstream`).
//! - A replica that drains loses no request ([`Pool::drain`]).
//! - Bodies are passed frame by frame, with back-pressure (`body`).
//! - Who gets no answer from a service gets one from the gateway that says which service,
//!   which replica, what happened and what to do (`answer`).
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use std::time::Duration;
//! use seaworthy_gateway::{Gateway, Pool, Route, RouteTable, Routes};
//!
//! let web = Pool::new("web");
//! web.add("web-1", "127.0.0.1:41231".parse()?);
//! web.set_ready("web-1", true);
//!
//! let routes = RouteTable::builder()
//!     .route(Route::to(&web).host("app.example.com"))
//!     .route(Route::to(&web).host("localhost"))
//!     .build()?;
//! let listener = Gateway::new().bind("127.0.0.1:8080".parse()?, Routes::Table(routes))?;
//!
//! web.drain("web-1", Duration::from_secs(30)).await;
//! listener.shutdown(Duration::from_secs(10)).await;
//! # Ok(())
//! # }
//! ```

mod answer;
mod body;
mod client;
mod event;
mod exchange;
mod fault;
mod forward;
mod listener;
mod phase;
mod pool;
mod proxy;
mod route;
mod session;
mod socket;
mod stats;
mod tunnel;
mod upstream;

pub use event::{AccessEvent, Outcome};
pub use listener::{BindError, Gateway, Limits, Listener, Routes, Stopped};
pub use pool::{Drained, Pool, ReplicaState};
pub use route::{Route, RouteError, RouteTable, RouteTableBuilder, Timeouts};
pub use stats::{Histogram, PoolSnapshot, ReplicaSnapshot, Totals};
