//! What became of each request, and what a run counted.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

/// One request and what became of it.
#[derive(Debug)]
pub struct Outcome {
    /// When it should have started: in a closed loop that is when it did.
    pub intended: Instant,
    /// When its last byte arrived, or when it was given up.
    pub finished: Instant,
    /// The whole answer, whatever its status; or why there is none.
    pub result: Result<Answer, Failure>,
}

impl Outcome {
    /// The time from the intended start to the end.
    pub fn latency(&self) -> Duration {
        self.finished.saturating_duration_since(self.intended)
    }
}

/// An answer that arrived in full.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

/// Why a request has no (whole) answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// How far it got.
    pub kind: FailureKind,
    /// The message of the operating system or of the HTTP client.
    pub reason: String,
}

/// How far a request without a whole answer got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FailureKind {
    /// No connection: the server never saw the request.
    Connect,
    /// The connection ended before an answer began: the server may have acted on the request.
    NoAnswer,
    /// The connection ended within the body of the answer.
    CutAnswer,
    /// The time of the request was over.
    TimedOut,
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connect",
            Self::NoAnswer => "no answer",
            Self::CutAnswer => "cut answer",
            Self::TimedOut => "timed out",
        })
    }
}

/// What a run counted.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// How many answers arrived with which status.
    pub statuses: BTreeMap<u16, u64>,
    /// How many requests had no whole answer, by how far they got.
    pub failures: BTreeMap<FailureKind, u64>,
    /// The first few failures in words, to print when a test fails.
    pub examples: Vec<String>,
    /// How long the counted part of the run took.
    pub elapsed: Duration,
    pub(super) latencies: Vec<Duration>,
    sorted: bool,
}

impl Report {
    /// How many of the first failures are kept in words.
    const EXAMPLES: usize = 8;

    /// How many requests were made.
    pub fn requests(&self) -> u64 {
        self.statuses.values().sum::<u64>() + self.failures.values().sum::<u64>()
    }

    /// How many were answered with 2xx, in full.
    pub fn succeeded(&self) -> u64 {
        self.statuses.range(200..300).map(|(_, count)| count).sum()
    }

    /// How many were not: any other status, or no whole answer.
    pub fn failed(&self) -> u64 {
        self.requests() - self.succeeded()
    }

    /// Successful answers per second.
    pub fn rate(&self) -> f64 {
        self.succeeded() as f64 / self.elapsed.as_secs_f64().max(f64::EPSILON)
    }

    /// The latency that `percent` of the successful answers stayed within, zero when there were none.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index into what fits in memory"
    )]
    pub fn percentile(&mut self, percent: f64) -> Duration {
        if !self.sorted {
            self.latencies.sort_unstable();
            self.sorted = true;
        }
        let rank = (percent / 100.0 * self.latencies.len() as f64).ceil() as usize;
        self.latencies
            .get(
                rank.saturating_sub(1)
                    .min(self.latencies.len().saturating_sub(1)),
            )
            .copied()
            .unwrap_or_default()
    }

    pub(super) fn record(&mut self, outcome: &Outcome) {
        self.sorted = false;
        match &outcome.result {
            Ok(answer) => {
                *self.statuses.entry(answer.status.as_u16()).or_default() += 1;
                if answer.status.is_success() {
                    self.latencies.push(outcome.latency());
                } else {
                    let start = String::from_utf8_lossy(&answer.body[..answer.body.len().min(200)])
                        .into_owned();
                    self.example(|| format!("{}: {start}", answer.status));
                }
            }
            Err(failure) => {
                *self.failures.entry(failure.kind).or_default() += 1;
                self.example(|| format!("{}: {}", failure.kind, failure.reason));
            }
        }
    }

    fn example(&mut self, words: impl FnOnce() -> String) {
        if self.examples.len() < Self::EXAMPLES {
            self.examples.push(words());
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (status, count) in other.statuses {
            *self.statuses.entry(status).or_default() += count;
        }
        for (kind, count) in other.failures {
            *self.failures.entry(kind).or_default() += count;
        }
        for words in other.examples {
            self.example(|| words);
        }
        self.latencies.extend(other.latencies);
        self.sorted = false;
    }
}

impl fmt::Display for Report {
    /// One line: what was asked, what failed and how.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} requests in {:.1} s, {} failed",
            self.requests(),
            self.elapsed.as_secs_f64(),
            self.failed()
        )?;
        for (status, count) in &self.statuses {
            write!(f, "; {status}: {count}")?;
        }
        for (kind, count) in &self.failures {
            write!(f, "; {kind}: {count}")?;
        }
        if !self.examples.is_empty() {
            write!(f, "; first: {}", self.examples.join(" | "))?;
        }
        Ok(())
    }
}
