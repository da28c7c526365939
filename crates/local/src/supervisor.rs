//! The supervisor: one process that holds a platform and brings it to what the definition says.
//!
//! Whatever changes the platform (apply, restart, a rebuild, the end) is an *operation*, and one runs at a time. What
//! others read (`ps`) is a *view* that operations leave behind, so that looking never waits for doing.

mod apply;
mod commands;
mod gateway;

pub use apply::DEFINITION;
pub(crate) use apply::databases_of;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;

use futures_util::future::join_all;
use indexmap::IndexMap;
use seaworthy_definition::model::{Platform, ServiceName};
use seaworthy_gateway::{Gateway, Listener};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::build::Built;
use crate::database::Databases;
use crate::event::{Address, Event, Events};
use crate::failure::Failure;
use crate::home::{Home, Lock, Settings};
use crate::ports::PortBook;
use crate::process::journal::Journal;
use crate::replica::Spec;
use crate::secrets::Secrets;
use crate::service::ServiceRun;
use crate::status::{ReplicaStatus, ServiceStatus, Status};
use crate::variables::{HOST, Surroundings};

/// What may be asked of a run beyond its definition.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunOptions {
    /// Replicas of each service; 1 where not given.
    pub replicas: Option<u32>,
    /// The gateway's port, kept from then on.
    pub port: Option<u16>,
    /// Services that somebody runs by hand.
    pub without: Vec<String>,
    /// Rebuild and restart when files change.
    pub watch: bool,
    /// Move data of an older major version of PostgreSQL to the declared one.
    pub upgrade: bool,
}

/// A platform that runs, or is about to.
#[derive(Clone)]
pub struct Supervisor {
    inner: Arc<Inner>,
}

struct Inner {
    settings: Settings,
    home: Home,
    folder: PathBuf,
    events: Events,
    journal: Journal,
    operation: tokio::sync::Mutex<Operation>,
    view: RwLock<View>,
    /// Asks for the end of the run.
    end: CancellationToken,
    /// Whether the end should also remove the data.
    wipe: Mutex<bool>,
    _lock: Lock,
}

/// What operations work on.
struct Operation {
    ports: PortBook,
    secrets: Secrets,
    databases: Databases,
    /// One for all listeners, so that what passes through them can be followed in one place.
    data_plane: Gateway,
    /// The public listeners: IPv4's loopback first, and IPv6's where there is one.
    gateway: Vec<Listener>,
    listeners: BTreeMap<ServiceName, Listener>,
    options: RunOptions,
    platform: Option<Platform>,
    built: BTreeMap<ServiceName, Built>,
    surroundings: Surroundings,
    /// The version of each service that was migrated last: what it runs, and the command.
    migrated: BTreeMap<ServiceName, (Arc<Spec>, Vec<String>)>,
    watch: Option<crate::watch::Watch>,
}

/// What others read.
#[derive(Default)]
struct View {
    platform: String,
    ready: bool,
    addresses: Vec<Address>,
    services: IndexMap<ServiceName, Arc<ServiceRun>>,
    urls: BTreeMap<ServiceName, String>,
    databases: Vec<crate::database::Glance>,
}

/// Why a platform could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process runs it.
    #[error("the platform is already running")]
    Running,
    /// The data folder cannot be used.
    #[error("the data folder {} cannot be used", .folder.display())]
    Home {
        /// The folder.
        folder: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl Supervisor {
    /// Takes a platform for this process, and clears what a killed run left behind.
    pub async fn open(settings: &Settings, home: Home, folder: &Path) -> Result<Self, OpenError> {
        let refused = |source| OpenError::Home {
            folder: home.folder().to_owned(),
            source,
        };
        home.create(folder).map_err(refused)?;
        let lock = home.lock().map_err(refused)?.ok_or(OpenError::Running)?;
        let journal = Journal::open(home.processes()).map_err(refused)?;
        let events = Events::default();
        for what in journal.clear().map_err(refused)? {
            events.note(format!("ended what an earlier run left behind: {what}"));
        }
        for what in crate::database::clear_leftovers(&home).await {
            events.note(format!("stopped what an earlier run left behind: {what}"));
        }
        let operation = Operation {
            ports: PortBook::open(home.ports()),
            secrets: Secrets::open(home.secrets()).map_err(refused)?,
            databases: Databases::default(),
            data_plane: Gateway::new(),
            gateway: Vec::new(),
            listeners: BTreeMap::new(),
            options: RunOptions::default(),
            platform: None,
            built: BTreeMap::new(),
            surroundings: Surroundings::default(),
            migrated: BTreeMap::new(),
            watch: None,
        };
        let inner = Inner {
            settings: settings.clone(),
            home,
            folder: folder.to_owned(),
            events,
            journal,
            operation: tokio::sync::Mutex::new(operation),
            view: RwLock::default(),
            end: CancellationToken::new(),
            wipe: Mutex::new(false),
            _lock: lock,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// What happens, as it happens.
    pub fn events(&self) -> &Events {
        &self.inner.events
    }

    /// The folder of the platform's data.
    pub fn home(&self) -> &Home {
        &self.inner.home
    }

    /// Asks the run to end, by whoever waits in [`Self::asked_to_end`].
    pub fn ask_to_end(&self, wipe: bool) {
        *self
            .inner
            .wipe
            .lock()
            .unwrap_or_else(PoisonError::into_inner) |= wipe;
        self.inner.end.cancel();
    }

    /// Returns when somebody asked the run to end.
    pub async fn asked_to_end(&self) {
        self.inner.end.cancelled().await;
    }

    /// The running platform at a glance.
    pub fn status(&self) -> Status {
        let view = self
            .inner
            .view
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        Status {
            platform: view.platform.clone(),
            folder: self.inner.folder.display().to_string(),
            pid: std::process::id(),
            ready: view.ready,
            addresses: view.addresses.clone(),
            services: view
                .services
                .iter()
                .map(|(name, run)| service_status(name, run, view.urls.get(name)))
                .collect(),
            databases: view
                .databases
                .iter()
                .map(crate::database::Glance::status)
                .collect(),
        }
    }

    /// Ends everything in order: services before what they use, PostgreSQL last.
    pub async fn end(&self) -> io::Result<()> {
        let inner = &self.inner;
        // Whatever is going on gives way, and what waits for its turn does not begin.
        inner.end.cancel();
        inner.events.send(Event::Stopping);
        let mut operation = inner.operation.lock().await;
        operation.watch = None;
        let services: IndexMap<ServiceName, Arc<ServiceRun>> = {
            let mut view = inner.view.write().unwrap_or_else(PoisonError::into_inner);
            view.ready = false;
            view.services.clone()
        };
        let layers = operation
            .platform
            .as_ref()
            .map(crate::order::layers)
            .unwrap_or_default();
        for layer in layers.iter().rev() {
            join_all(
                layer
                    .iter()
                    .filter_map(|name| services.get(name))
                    .map(|run| run.stop()),
            )
            .await;
        }
        // Those that the newest definition no longer names.
        join_all(services.values().map(|run| run.stop())).await;
        operation.databases.stop().await;
        gateway::close(&mut operation).await;
        let wipe = *inner.wipe.lock().unwrap_or_else(PoisonError::into_inner);
        let wiped = if wipe { inner.home.wipe() } else { Ok(()) };
        if let Err(error) = &wiped {
            let failure = Failure::of_folder(inner.home.folder(), error);
            inner.events.send(Event::Failed { id: None, failure });
        }
        inner.events.send(Event::Stopped);
        wiped
    }

    /// Waits until nothing is going on, so that who asks for something next hears of that and not of what was before.
    pub(crate) async fn idle(&self) {
        tokio::select! {
            _ = self.inner.operation.lock() => {}
            () = self.inner.end.cancelled() => {}
        }
    }

    /// Does some work, unless the run is ending or begins to.
    async fn unless_ending(
        &self,
        work: impl Future<Output = Result<(), Failure>>,
    ) -> Result<(), Failure> {
        tokio::select! {
            biased;
            () = self.inner.end.cancelled() => Err(Failure::new("", "the platform is ending")),
            result = work => result,
        }
    }

    /// Ends everything at once, without care: for the second Ctrl-C.
    pub fn kill(&self) {
        self.inner.journal.kill();
    }
}

fn service_status(name: &ServiceName, run: &ServiceRun, url: Option<&String>) -> ServiceStatus {
    ServiceStatus {
        name: name.to_string(),
        url: url.cloned(),
        outside: run.outside().map(|address| format!("http://{address}")),
        replicas: run
            .replicas()
            .iter()
            .map(|replica| {
                let state = replica.state();
                ReplicaStatus {
                    replica: replica.number,
                    state: state.phase,
                    reason: state.reason,
                    pid: state.pid,
                    address: state.address.map(|address| address.to_string()),
                    beyond_loopback: state.beyond_loopback,
                    restarts: state.restarts,
                    seconds: Instant::now()
                        .saturating_duration_since(state.since)
                        .as_secs(),
                }
            })
            .collect(),
    }
}

/// The stable URL of a port on this machine.
fn local_url(port: u16) -> String {
    format!("http://{HOST}:{port}")
}
