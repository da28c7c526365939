//! A circuit breaker: after enough failures in a row nobody calls for a while, then one call tries.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The breaker; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Breaker {
    most: u32,
    open: Duration,
    state: Arc<Mutex<State>>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Calls go through; so many have failed in a row.
    Closed { failures: u32 },
    /// No call goes through until then.
    Open { until: Instant },
    /// One call tries; it is out.
    HalfOpen,
}

/// The right to make one call; dropped without a word it counts as failed.
#[derive(Debug)]
pub(crate) struct Permit {
    breaker: Breaker,
    probe: bool,
    told: bool,
}

impl Breaker {
    pub(crate) fn new(failures: u32, open: Duration) -> Self {
        Self {
            most: failures,
            open,
            state: Arc::new(Mutex::new(State::Closed { failures: 0 })),
        }
    }

    /// A permit, or how long to wait before asking again.
    pub(crate) fn ask(&self) -> Result<Permit, Duration> {
        let mut state = self.state();
        let probe = match *state {
            State::Closed { .. } => false,
            State::Open { until } => {
                let now = Instant::now();
                if now < until {
                    return Err(until - now);
                }
                *state = State::HalfOpen;
                true
            }
            State::HalfOpen => return Err(self.open),
        };
        Ok(Permit {
            breaker: self.clone(),
            probe,
            told: false,
        })
    }

    /// 0 closed, 1 half-open, 2 open, for the metric.
    pub(crate) fn level(&self) -> i64 {
        match *self.state() {
            State::Closed { .. } => 0,
            State::HalfOpen => 1,
            State::Open { .. } => 2,
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit {
    /// The other side is well.
    pub(crate) fn succeeded(mut self) {
        self.tell(true);
    }

    /// The other side is not.
    pub(crate) fn failed(mut self) {
        self.tell(false);
    }

    fn tell(&mut self, good: bool) {
        self.told = true;
        let open = State::Open {
            until: Instant::now() + self.breaker.open,
        };
        let mut state = self.breaker.state();
        let next = match (*state, self.probe, good) {
            (State::HalfOpen, true, true) | (State::Closed { .. }, _, true) => {
                State::Closed { failures: 0 }
            }
            (State::HalfOpen, true, false) => open,
            (State::Closed { failures }, _, false) if failures + 1 < self.breaker.most => {
                State::Closed {
                    failures: failures + 1,
                }
            }
            (State::Closed { .. }, _, false) => {
                tracing::warn!(
                    failures = self.breaker.most,
                    "the api keeps failing: not calling it for a while"
                );
                open
            }
            // A call from before the breaker opened: the probe decides.
            (state, _, _) => state,
        };
        if matches!((*state, next), (State::HalfOpen, State::Closed { .. })) {
            tracing::info!("the api answers again");
        }
        *state = next;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        // Who asked went away in the middle: that says nothing about the api, but a probe must not stay out for ever.
        if !self.told && self.probe {
            self.tell(false);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says so by failing")]
mod tests {
    use super::*;

    const OPEN: Duration = Duration::from_millis(20);

    #[test]
    fn opens_after_failures_in_a_row_only() {
        let breaker = Breaker::new(3, OPEN);
        for _ in 0..2 {
            breaker.ask().unwrap().failed();
        }
        breaker.ask().unwrap().succeeded();
        for _ in 0..3 {
            breaker.ask().unwrap().failed();
        }
        assert!(breaker.ask().unwrap_err() <= OPEN);
        assert_eq!(breaker.level(), 2);
    }

    #[test]
    fn one_probe_at_a_time_decides() {
        let breaker = Breaker::new(1, OPEN);
        let old = breaker.ask().unwrap();
        breaker.ask().unwrap().failed();
        std::thread::sleep(OPEN * 2);
        let probe = breaker.ask().unwrap();
        assert_eq!(breaker.level(), 1);
        assert!(breaker.ask().is_err());
        // A success from before says nothing about now.
        old.succeeded();
        assert!(breaker.ask().is_err());
        probe.failed();
        assert_eq!(breaker.level(), 2);
        std::thread::sleep(OPEN * 2);
        breaker.ask().unwrap().succeeded();
        assert_eq!(breaker.level(), 0);
    }

    #[test]
    fn a_probe_that_was_given_up_does_not_stay_out() {
        let breaker = Breaker::new(1, OPEN);
        breaker.ask().unwrap().failed();
        std::thread::sleep(OPEN * 2);
        drop(breaker.ask().unwrap());
        std::thread::sleep(OPEN * 2);
        assert!(breaker.ask().is_ok());
    }
}
