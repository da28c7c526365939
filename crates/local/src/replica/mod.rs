//! One replica: a process that is started, asked how it is, restarted when it ends, and stopped with care.
//!
//! * this file: the replica's life and how others see it
//! * [`start`] runs it once: start, gate by probes, keep asking, stop
//! * [`diagnosis`] explains why a start does not come to an end

mod diagnosis;
mod start;

pub(crate) use start::describe;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use indexmap::IndexMap;
use seaworthy_definition::model::{PortName, Probes, ServiceName};
use seaworthy_gateway::Pool;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::event::{Event, Events, ReplicaPhase};
use crate::failure::Failure;
use crate::logs::ServiceLog;
use crate::process::journal::Journal;

/// What a replica runs. Two equal specs need no restart between them.
#[derive(Clone, PartialEq)]
pub(crate) struct Spec {
    pub(crate) service: ServiceName,
    pub(crate) program: PathBuf,
    pub(crate) args: Vec<String>,
    pub(crate) folder: PathBuf,
    /// The declared variables, secrets among them; so no `Debug` here.
    pub(crate) env: Vec<(String, String)>,
    /// The declared ports.
    pub(crate) ports: IndexMap<PortName, u16>,
    pub(crate) main_port: Option<PortName>,
    pub(crate) probes: Probes,
    pub(crate) stop_grace: Duration,
    /// Changes when what was built changes, though its path stays.
    pub(crate) build: String,
    /// The program is a container engine, and this is the container's name without the replica.
    pub(crate) container: Option<String>,
}

/// What replicas share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) events: Events,
    pub(crate) journal: Journal,
    pub(crate) log: ServiceLog,
    pub(crate) pool: Arc<Pool>,
    /// The platform's data folder, whose disk may be full.
    pub(crate) data: PathBuf,
}

/// A replica as others see it.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) phase: ReplicaPhase,
    /// Why it is in this phase, for people.
    pub(crate) reason: String,
    pub(crate) pid: Option<u32>,
    /// Where its main port listens.
    pub(crate) address: Option<SocketAddr>,
    pub(crate) restarts: u32,
    pub(crate) since: Instant,
    /// Set when trying again will not help, or has been tried often enough.
    pub(crate) failure: Option<Failure>,
    /// It was ready once since it was made.
    pub(crate) was_ready: bool,
    /// It listens on its declared port whatever `PORT` says, so no two can run at a time.
    pub(crate) fixed_port: bool,
    /// It accepts connections from other machines.
    pub(crate) beyond_loopback: bool,
}

/// A handle on a replica. Dropping it does not stop the replica; [`Replica::stop`] does.
pub(crate) struct Replica {
    pub(crate) number: u32,
    pub(crate) spec: Arc<Spec>,
    state: watch::Receiver<State>,
    stop: CancellationToken,
}

/// How often a replica that never was ready is started before that counts as a failure.
const ATTEMPTS: u32 = 3;

/// A replica that was up this long starts its back-off anew.
const STEADY: Duration = Duration::from_mins(1);

/// The back-off after so many restarts in a row. Kubernetes waits 10 s, doubled up to 5 minutes; on a laptop somebody
/// is waiting, so it begins at once and ends at 30 s.
fn back_off(restarts: u32) -> Duration {
    match restarts {
        0 | 1 => Duration::from_millis(100),
        n => Duration::from_millis(500 << (n - 2).min(6)).min(Duration::from_secs(30)),
    }
}

impl Replica {
    pub(crate) fn start(number: u32, spec: Arc<Spec>, shared: Shared) -> Self {
        let (sender, state) = watch::channel(State {
            phase: ReplicaPhase::Starting,
            reason: String::new(),
            pid: None,
            address: None,
            restarts: 0,
            since: Instant::now(),
            failure: None,
            was_ready: false,
            fixed_port: false,
            beyond_loopback: false,
        });
        let stop = CancellationToken::new();
        let life = Life {
            number,
            spec: Arc::clone(&spec),
            shared,
            state: sender,
            stop: stop.clone(),
        };
        tokio::spawn(life.run());
        Self {
            number,
            spec,
            state,
            stop,
        }
    }

    pub(crate) fn state(&self) -> State {
        self.state.borrow().clone()
    }

    /// Waits until the replica takes traffic, or cannot.
    pub(crate) async fn ready(&self) -> Result<(), Failure> {
        let mut state = self.state.clone();
        loop {
            {
                let now = state.borrow_and_update();
                if now.phase == ReplicaPhase::Ready {
                    return Ok(());
                }
                if let Some(failure) = &now.failure {
                    return Err(failure.clone());
                }
                if now.phase == ReplicaPhase::Stopped {
                    return Err(Failure::new(
                        self.spec.service.as_str(),
                        "it was stopped before it was ready",
                    ));
                }
            }
            if state.changed().await.is_err() {
                return Err(Failure::new(
                    self.spec.service.as_str(),
                    "it was stopped before it was ready",
                ));
            }
        }
    }

    /// Takes it out of traffic, lets it finish, and ends it.
    pub(crate) async fn stop(&self) {
        self.stop.cancel();
        // Its state and not its task is waited for, so that two may wait, and one may give up. A closed channel is an
        // end, too.
        let _ = self
            .state
            .clone()
            .wait_for(|state| state.phase == ReplicaPhase::Stopped)
            .await;
    }
}

/// A replica from its own point of view.
struct Life {
    number: u32,
    spec: Arc<Spec>,
    shared: Shared,
    state: watch::Sender<State>,
    stop: CancellationToken,
}

/// How one run of the process ended.
enum Ended {
    /// We were asked to stop, and it has.
    Stopped,
    /// It could not be started, ended by itself or had to be ended.
    Failed {
        failure: Failure,
        /// Starting it again would end the same way.
        hopeless: bool,
    },
}

impl Life {
    async fn run(self) {
        let mut in_a_row = 0;
        let mut starts = 0_u32;
        loop {
            let began = Instant::now();
            starts += 1;
            let (failure, hopeless) = match self.run_once().await {
                Ended::Stopped => break,
                Ended::Failed { failure, hopeless } => (failure, hopeless),
            };
            in_a_row = if began.elapsed() >= STEADY {
                1
            } else {
                in_a_row + 1
            };
            let wait = back_off(in_a_row);
            let was_ready = self.state.borrow().was_ready;
            let given_up = !was_ready && (hopeless || starts >= ATTEMPTS);
            self.set(
                ReplicaPhase::BackOff,
                format!("{}; starts again in {}", failure.what, seconds(wait)),
                |state| {
                    state.pid = None;
                    state.address = None;
                    state.restarts += 1;
                    state.failure = given_up.then(|| failure.clone());
                },
            );
            if was_ready {
                self.shared.events.send(Event::Failed { id: None, failure });
            }
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.stop.cancelled() => break,
            }
        }
        self.shared.pool.remove(&self.number.to_string());
        self.set(ReplicaPhase::Stopped, String::new(), |state| {
            state.pid = None;
        });
    }

    fn set(&self, phase: ReplicaPhase, reason: impl Into<String>, change: impl FnOnce(&mut State)) {
        let reason = reason.into();
        let told = {
            let state = self.state.borrow();
            state.phase != phase || state.reason != reason
        };
        // Told before it is shown: who waits for the state may say next that everything is up.
        if told {
            if phase == ReplicaPhase::Ready {
                self.shared.pool.clear_reason();
            } else if !reason.is_empty() {
                self.shared.pool.set_reason(&reason);
            }
            self.shared.events.send(Event::Replica {
                service: self.spec.service.to_string(),
                replica: self.number,
                state: phase,
                reason: reason.clone(),
            });
        }
        self.state.send_modify(|state| {
            if state.phase != phase {
                state.since = Instant::now();
            }
            state.phase = phase;
            state.reason = reason;
            state.was_ready |= phase == ReplicaPhase::Ready;
            change(state);
        });
    }
}

/// A duration for people: `0.1 s`, `4 s`.
pub(crate) fn seconds(duration: Duration) -> String {
    if duration < Duration::from_secs(10) && duration.subsec_millis() != 0 {
        format!("{:.1} s", duration.as_secs_f64())
    } else {
        format!("{} s", duration.as_secs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backs_off_from_at_once_to_half_a_minute() {
        let waits: Vec<u128> = (1..=9).map(|n| back_off(n).as_millis()).collect();
        assert_eq!(
            waits,
            [100, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]
        );
    }
}
