//! The record of one request from its head to the end of its answer.
//!
//! It travels with the answer's body, so that whatever ends the exchange (the last
//! byte, an error, a client that left) ends the record by dropping it.

use std::{
    sync::Arc,
    time::{Instant, SystemTime},
};

use http::{Method, Request, Uri};

use crate::{
    client::Client,
    event::{AccessEvent, Events, Outcome},
    pool::{Lease, Pool},
};

pub(crate) struct Exchange {
    client: Arc<Client>,
    events: Events,
    started: Instant,
    /// Only kept when somebody listens.
    subject: Option<Box<Subject>>,
    pool: Option<Arc<Pool>>,
    lease: Option<Lease>,
    status: Option<u16>,
    to_head: Option<std::time::Duration>,
    outcome: Outcome,
}

struct Subject {
    began: SystemTime,
    method: Method,
    host: String,
    path: String,
}

impl Exchange {
    pub(crate) fn begin<B>(client: &Arc<Client>, events: &Events, request: &Request<B>) -> Self {
        client.request_began();
        let subject = events.anyone_listens().then(|| {
            Box::new(Subject {
                began: SystemTime::now(),
                method: request.method().clone(),
                host: named_host(request.uri(), request.headers()),
                path: request.uri().path().to_owned(),
            })
        });
        Self {
            client: Arc::clone(client),
            events: events.clone(),
            started: Instant::now(),
            subject,
            pool: None,
            lease: None,
            status: None,
            to_head: None,
            outcome: Outcome::ClientGone,
        }
    }

    /// A route matched.
    pub(crate) fn is_for(&mut self, pool: &Arc<Pool>) {
        pool.counters.began();
        self.pool = Some(Arc::clone(pool));
    }

    /// A replica is asked.
    pub(crate) fn is_asked_of(&mut self, lease: Lease) {
        self.lease = Some(lease);
    }

    /// The head of an answer goes out.
    pub(crate) fn answered(&mut self, status: u16) {
        let after = self.started.elapsed();
        self.status = Some(status);
        self.to_head = Some(after);
        if let Some(pool) = &self.pool {
            pool.counters.answered(status, after);
        }
        if let Some(lease) = &self.lease {
            lease.replica().counters.answered(status, after);
        }
    }

    /// The gateway answers in the service's place. The replica is free again at once.
    pub(crate) fn refused(&mut self, status: u16, detail: String) {
        self.answered(status);
        if let Some(pool) = &self.pool {
            pool.counters.failed();
        }
        if let Some(lease) = self.lease.as_ref() {
            lease.replica().counters.failed();
        }
        self.outcome = Outcome::Refused(detail);
    }

    /// The answer arrived whole.
    pub(crate) fn complete(&mut self) {
        if self.outcome == Outcome::ClientGone {
            self.outcome = Outcome::Answered;
        }
    }

    /// The answer stopped in the middle.
    pub(crate) fn broke_off(&mut self, reason: String) {
        if let Some(pool) = &self.pool {
            pool.counters.failed();
        }
        if let Some(lease) = &self.lease {
            lease.replica().counters.failed();
        }
        self.outcome = Outcome::BrokeOff(reason);
    }

    pub(crate) fn lease(&self) -> Option<&Lease> {
        self.lease.as_ref()
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.client.request_ended();
        if self.outcome == Outcome::ClientGone {
            if let Some(pool) = &self.pool {
                pool.counters.abandoned();
            }
            if let Some(lease) = &self.lease {
                lease.replica().counters.abandoned();
            }
        }
        let Some(subject) = self.subject.take() else {
            return;
        };
        self.events.send(AccessEvent {
            began: subject.began,
            client: self.client.addr,
            method: subject.method,
            host: subject.host,
            path: subject.path,
            pool: self.pool.as_ref().map(|pool| Arc::clone(pool.name())),
            replica: self.lease.as_ref().map(|l| Arc::clone(&l.replica().id)),
            status: self.status.unwrap_or(499),
            to_head: self.to_head,
            duration: self.started.elapsed(),
            outcome: std::mem::replace(&mut self.outcome, Outcome::Answered),
        });
    }
}

fn named_host(uri: &Uri, headers: &http::HeaderMap) -> String {
    match (uri.authority(), headers.get(http::header::HOST)) {
        (Some(authority), _) => authority.to_string(),
        (None, Some(host)) => String::from_utf8_lossy(host.as_bytes()).into_owned(),
        (None, None) => String::new(),
    }
}
