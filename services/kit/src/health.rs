//! What the probes answer.
//!
//! Three questions that are easily confused: *startup* (has it finished starting?), *readiness* (should it get
//! traffic now?) and *liveness* (would a restart help?). A database that is away makes a service not ready; it never
//! makes it not alive, since a restart would not bring the database back.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The state behind the probes; cheap to clone.
#[derive(Clone, Debug)]
pub struct Health(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    born: Instant,
    started: AtomicBool,
    draining: AtomicBool,
    /// Why it is not ready, from the service's point of view; `None` is ready.
    reason: Mutex<Option<String>>,
    pulses: Mutex<Vec<Arc<Pulse>>>,
}

#[derive(Debug)]
struct Pulse {
    name: &'static str,
    limit: Duration,
    /// Milliseconds since `born`.
    last: AtomicU64,
}

/// The sign of life of one worker: beaten by the worker, watched by the liveness probe.
#[derive(Clone, Debug)]
pub struct Heartbeat {
    born: Instant,
    pulse: Arc<Pulse>,
}

impl Heartbeat {
    /// Says that the worker goes on.
    pub fn beat(&self) {
        self.pulse
            .last
            .store(milliseconds(self.born.elapsed()), Ordering::Relaxed);
    }
}

impl Default for Health {
    fn default() -> Self {
        Self::new()
    }
}

impl Health {
    /// Not started, and not ready because of that.
    pub fn new() -> Self {
        Self(Arc::new(Inner {
            born: Instant::now(),
            started: AtomicBool::new(false),
            draining: AtomicBool::new(false),
            reason: Mutex::new(Some("starting".to_owned())),
            pulses: Mutex::new(Vec::new()),
        }))
    }

    /// Adds a worker that must beat at least every `limit`, from now on.
    pub fn heartbeat(&self, name: &'static str, limit: Duration) -> Heartbeat {
        let pulse = Arc::new(Pulse {
            name,
            limit,
            last: AtomicU64::new(milliseconds(self.0.born.elapsed())),
        });
        lock(&self.0.pulses).push(Arc::clone(&pulse));
        Heartbeat {
            born: self.0.born,
            pulse,
        }
    }

    /// Start-up is finished: everything runs and the first look at what it depends on is done, well or not.
    pub fn started(&self) {
        self.0.started.store(true, Ordering::Release);
    }

    /// It can serve.
    pub fn ready(&self) {
        *lock(&self.0.reason) = None;
    }

    /// It cannot serve now, and why (no secret in it: the readiness probe prints it).
    pub fn not_ready(&self, reason: impl Into<String>) {
        *lock(&self.0.reason) = Some(reason.into());
    }

    /// It was told to stop: not ready from now on, whatever else happens.
    pub fn draining(&self) {
        self.0.draining.store(true, Ordering::Release);
    }

    /// What `/startup` answers.
    pub fn startup(&self) -> Result<(), String> {
        if self.0.started.load(Ordering::Acquire) {
            Ok(())
        } else {
            Err("starting".to_owned())
        }
    }

    /// What `/readiness` answers.
    pub fn readiness(&self) -> Result<(), String> {
        if self.0.draining.load(Ordering::Acquire) {
            return Err("stopping".to_owned());
        }
        match &*lock(&self.0.reason) {
            None => Ok(()),
            Some(reason) => Err(reason.clone()),
        }
    }

    /// What `/liveness` answers.
    pub fn liveness(&self) -> Result<(), String> {
        let now = self.0.born.elapsed();
        for pulse in lock(&self.0.pulses).iter() {
            let last = Duration::from_millis(pulse.last.load(Ordering::Relaxed));
            let silent = now.saturating_sub(last);
            if silent > pulse.limit {
                return Err(format!(
                    "`{}` has not given a sign of life for {:.1} s",
                    pulse.name,
                    silent.as_secs_f64()
                ));
            }
        }
        Ok(())
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Nothing that holds these locks can leave them half-written.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
