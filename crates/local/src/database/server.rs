//! One PostgreSQL server, kept running: when it ends by itself it is started again on its data.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use seaworthy_postgres::{Durability, Installation, Server, ServerOptions};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::event::{Event, Events};
use crate::failure::Failure;
use crate::process::inspect;

/// What a server is started with, and started again with.
#[derive(Clone)]
pub(crate) struct Plan {
    pub(crate) installation: Installation,
    pub(crate) folder: PathBuf,
    pub(crate) port: u16,
    pub(crate) log: PathBuf,
    pub(crate) events: Events,
}

/// A server that is kept running.
pub(crate) struct DatabaseServer {
    plan: Plan,
    current: Arc<Mutex<Option<Arc<Server>>>>,
    changed: watch::Receiver<u32>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

/// Tells whether a server runs, also while an operation holds the server itself.
pub(crate) struct Running(Arc<Mutex<Option<Arc<Server>>>>);

impl Running {
    pub(crate) fn now(&self) -> bool {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_some()
    }
}

/// Starting again is tried at once, then after this long.
const RETRY: Duration = Duration::from_secs(1);

impl DatabaseServer {
    pub(crate) async fn start(plan: Plan) -> Result<Self, Failure> {
        let server = Arc::new(start(&plan).await?);
        let current = Arc::new(Mutex::new(Some(server)));
        let (sender, changed) = watch::channel(0);
        let stop = CancellationToken::new();
        let task = tokio::spawn(keep(
            plan.clone(),
            Arc::clone(&current),
            sender,
            stop.clone(),
        ));
        Ok(Self {
            plan,
            current,
            changed,
            stop,
            task,
        })
    }

    pub(crate) fn port(&self) -> u16 {
        self.plan.port
    }

    pub(crate) fn version(&self) -> String {
        self.plan.installation.version().to_string()
    }

    pub(crate) fn installation(&self) -> &Installation {
        &self.plan.installation
    }

    pub(crate) fn is_running(&self) -> Running {
        Running(Arc::clone(&self.current))
    }

    /// The server, once it runs; it may be starting again at the moment.
    pub(crate) async fn running(&self) -> Result<Arc<Server>, Failure> {
        let mut changed = self.changed.clone();
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            if let Some(server) = self
                .current
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone()
            {
                return Ok(server);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if !matches!(
                tokio::time::timeout(left, changed.changed()).await,
                Ok(Ok(()))
            ) {
                return Err(Failure::new("", "PostgreSQL does not come up again")
                    .hint(format!("its log is {}", self.plan.log.display())));
            }
        }
    }

    /// Stops it in order; nothing committed is lost either way.
    pub(crate) async fn stop(self, patience: Duration) {
        self.stop.cancel();
        let _ = self.task.await;
        let server = self
            .current
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(server) = server.and_then(Arc::into_inner) {
            server.stop(patience).await;
        }
    }
}

async fn start(plan: &Plan) -> Result<Server, Failure> {
    let options = ServerOptions {
        installation: plan.installation.clone(),
        folder: plan.folder.clone(),
        port: Some(plan.port),
        durability: Durability::Durable,
        log: plan.log.clone(),
    };
    Server::start(options).await.map_err(|error| {
        let failure = Failure::new("", "PostgreSQL did not start").caused_by(&error);
        let failure = match inspect::holder(plan.port) {
            Some(holder) => failure.because(format!(
                "its port {} is taken by `{}` (process {})",
                plan.port, holder.command, holder.pid
            )),
            None => failure,
        };
        failure.hint(format!("its log is {}", plan.log.display()))
    })
}

async fn keep(
    plan: Plan,
    current: Arc<Mutex<Option<Arc<Server>>>>,
    changed: watch::Sender<u32>,
    stop: CancellationToken,
) {
    loop {
        let Some(server) = current
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
        else {
            return;
        };
        tokio::select! {
            () = stop.cancelled() => return,
            status = server.exited() => {
                plan.events.note(format!("PostgreSQL ended by itself ({status}); starting it again"));
            }
        }
        *current.lock().unwrap_or_else(PoisonError::into_inner) = None;
        drop(server);
        let mut told = false;
        let again = loop {
            match start(&plan).await {
                Ok(server) => break server,
                Err(failure) if !told => {
                    told = true;
                    plan.events.send(Event::Failed { id: None, failure });
                }
                Err(_) => {}
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(RETRY) => {}
            }
        };
        *current.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(again));
        changed.send_modify(|n| *n += 1);
        plan.events.note("PostgreSQL is up again");
    }
}
