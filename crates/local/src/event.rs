//! What happens during a local run, told to whoever listens: the terminal, the control socket, a dashboard.
//!
//! These are wire types: `--format json` prints them, one a line, and the control socket sends them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;

use crate::failure::Failure;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A step began.
    Step {
        /// Names the step in later events.
        id: String,
        /// What is being done: `building api, web`.
        title: String,
    },
    /// A step has something to say while it goes on.
    Progress {
        /// The step.
        id: String,
        /// The newest detail.
        detail: String,
    },
    /// A step ended well.
    Done {
        /// The step.
        id: String,
        /// What was done: `built api, web`.
        title: String,
        /// How long it took.
        milliseconds: u64,
    },
    /// Something failed.
    Failed {
        /// The step it belongs to, if any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// What and why.
        failure: Failure,
    },
    /// Worth knowing, and nothing failed.
    Note {
        /// A sentence.
        message: String,
    },
    /// A replica changed its state.
    Replica {
        /// The service.
        service: String,
        /// The replica's number, counted from 1 and never used twice in a run.
        replica: u32,
        /// The new state.
        state: ReplicaPhase,
        /// Why.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    /// A line of a service's output.
    Output {
        /// The service.
        service: String,
        /// The replica.
        replica: u32,
        /// The line, without its end.
        line: String,
    },
    /// Everything that was asked for is up.
    Ready {
        /// Where to find it.
        addresses: Vec<Address>,
        /// Since the command began.
        milliseconds: u64,
    },
    /// What was asked for did not come up; the failures were told before.
    GaveUp,
    /// The run is ending.
    Stopping,
    /// The run has ended; nothing of it is left.
    Stopped,
}

/// A replica's place in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReplicaPhase {
    /// Its process runs and has not passed its startup probe.
    Starting,
    /// It takes traffic.
    Ready,
    /// It runs and takes no traffic.
    NotReady,
    /// It ended and will be started again.
    BackOff,
    /// It finishes what it is doing.
    Stopping,
    /// It has ended for good.
    Stopped,
}

impl ReplicaPhase {
    /// The word shown to people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Ready => "ready",
            Self::NotReady => "not ready",
            Self::BackOff => "back-off",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
        }
    }
}

/// An address to open or connect to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// What answers: a service, a database.
    pub name: String,
    /// What kind of address it is.
    pub kind: AddressKind,
    /// The URL; a database's without its password.
    pub url: String,
}

/// What kind of address it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AddressKind {
    /// A public route through the gateway.
    Public,
    /// A service's own stable address.
    Service,
    /// A database.
    Database,
}

/// How many events a late listener still gets told.
const REMEMBERED: usize = 2_000;

/// Where events go in, and from where listeners get them.
#[derive(Debug, Clone)]
pub struct Events {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    sender: broadcast::Sender<Event>,
    past: Mutex<VecDeque<Event>>,
}

impl Default for Events {
    fn default() -> Self {
        let (sender, _) = broadcast::channel(4_096);
        Self {
            shared: Arc::new(Shared {
                sender,
                past: Mutex::default(),
            }),
        }
    }
}

impl Events {
    pub(crate) fn send(&self, event: Event) {
        let mut past = self
            .shared
            .past
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // Output has its own files and would push out what matters.
        if !matches!(event, Event::Output { .. } | Event::Progress { .. }) {
            if past.len() == REMEMBERED {
                past.pop_front();
            }
            past.push_back(event.clone());
        }
        // Nobody listening is fine.
        let _ = self.shared.sender.send(event);
    }

    pub(crate) fn note(&self, message: impl Into<String>) {
        self.send(Event::Note {
            message: message.into(),
        });
    }

    /// Everything from now on.
    pub fn listen(&self) -> broadcast::Receiver<Event> {
        self.shared.sender.subscribe()
    }

    /// What happened so far, and everything from now on, without a gap.
    pub fn listen_from_start(&self) -> (Vec<Event>, broadcast::Receiver<Event>) {
        let past = self
            .shared
            .past
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        (
            past.iter().cloned().collect(),
            self.shared.sender.subscribe(),
        )
    }

    /// Forgets the past: a new operation begins, and a late listener wants to hear of that one only.
    pub(crate) fn forget(&self) {
        self.shared
            .past
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// Begins a step; it ends with [`Step::done`] or [`Step::failed`].
    pub(crate) fn step(&self, id: impl Into<String>, title: impl Into<String>) -> Step {
        let id = id.into();
        self.send(Event::Step {
            id: id.clone(),
            title: title.into(),
        });
        Step {
            id,
            began: std::time::Instant::now(),
            events: Some(self.clone()),
        }
    }
}

/// A step that is going on.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    id: String,
    began: std::time::Instant,
    /// A quiet step has nobody to tell.
    events: Option<Events>,
}

impl Step {
    /// A step that nobody hears of.
    pub(crate) fn quiet() -> Self {
        Self {
            id: String::new(),
            began: std::time::Instant::now(),
            events: None,
        }
    }

    fn send(&self, event: Event) {
        if let Some(events) = &self.events {
            events.send(event);
        }
    }

    pub(crate) fn progress(&self, detail: impl Into<String>) {
        self.send(Event::Progress {
            id: self.id.clone(),
            detail: detail.into(),
        });
    }

    pub(crate) fn done(self, title: impl Into<String>) {
        let milliseconds = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.send(Event::Done {
            id: self.id.clone(),
            title: title.into(),
            milliseconds,
        });
    }

    pub(crate) fn failed(self, failure: Failure) -> Failure {
        self.send(Event::Failed {
            id: Some(self.id.clone()),
            failure: failure.clone(),
        });
        failure
    }
}
