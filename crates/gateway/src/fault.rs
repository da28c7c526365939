//! Why a request gets no answer from a service: which service, which replica, what
//! happened, and what to do next. How that is written down is in [`crate::answer`].

use std::{fmt::Write as _, io, net::SocketAddr, sync::Arc, time::Duration};

use http::StatusCode;

use crate::{pool::Pool, upstream::SendError};

/// Why a request gets no answer from a service.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) kind: Kind,
    pub(crate) service: Option<Arc<Pool>>,
    pub(crate) replica: Option<SocketAddr>,
}

#[derive(Debug)]
pub(crate) enum Kind {
    BadRequest(&'static str),
    Connect,
    NoRoute {
        host: String,
        path: String,
        known: Vec<String>,
    },
    NotReady,
    Send(SendError),
    Slow(Duration),
    SlowUpload(Duration),
    SlowClient(Duration),
    BrokenUpload,
    NoUpgrade,
}

impl Fault {
    fn new(kind: Kind) -> Self {
        Self {
            kind,
            service: None,
            replica: None,
        }
    }

    fn at(kind: Kind, service: &Arc<Pool>, replica: SocketAddr) -> Self {
        Self {
            kind,
            service: Some(Arc::clone(service)),
            replica: Some(replica),
        }
    }

    pub(crate) fn bad_request(what: &'static str) -> Self {
        Self::new(Kind::BadRequest(what))
    }

    /// The method CONNECT, which is for forward proxies.
    pub(crate) fn connect() -> Self {
        Self::new(Kind::Connect)
    }

    pub(crate) fn no_route(host: &str, path: &str, known: Vec<String>) -> Self {
        Self::new(Kind::NoRoute {
            host: host.to_owned(),
            path: path.to_owned(),
            known,
        })
    }

    pub(crate) fn not_ready(service: &Arc<Pool>) -> Self {
        Self {
            kind: Kind::NotReady,
            service: Some(Arc::clone(service)),
            replica: None,
        }
    }

    pub(crate) fn send(error: SendError, service: &Arc<Pool>, replica: SocketAddr) -> Self {
        Self::at(Kind::Send(error), service, replica)
    }

    /// No head of an answer within the limit.
    pub(crate) fn slow(limit: Duration, service: &Arc<Pool>, replica: SocketAddr) -> Self {
        Self::at(Kind::Slow(limit), service, replica)
    }

    /// The replica stopped reading the request's body.
    pub(crate) fn slow_upload(limit: Duration, service: &Arc<Pool>, replica: SocketAddr) -> Self {
        Self::at(Kind::SlowUpload(limit), service, replica)
    }

    /// The client stopped sending the request's body.
    pub(crate) fn slow_client(limit: Duration) -> Self {
        Self::new(Kind::SlowClient(limit))
    }

    /// The client's body broke off, or was not what its head announced.
    pub(crate) fn broken_upload() -> Self {
        Self::new(Kind::BrokenUpload)
    }

    /// The replica switched protocols although nobody asked for it.
    pub(crate) fn no_upgrade(service: &Arc<Pool>, replica: SocketAddr) -> Self {
        Self::at(Kind::NoUpgrade, service, replica)
    }

    pub(crate) fn status(&self) -> StatusCode {
        match &self.kind {
            Kind::BadRequest(_) | Kind::BrokenUpload => StatusCode::BAD_REQUEST,
            Kind::Connect => StatusCode::METHOD_NOT_ALLOWED,
            Kind::NoRoute { .. } => StatusCode::NOT_FOUND,
            Kind::NotReady => StatusCode::SERVICE_UNAVAILABLE,
            Kind::Send(SendError::ConnectTimeout) | Kind::Slow(_) | Kind::SlowUpload(_) => {
                StatusCode::GATEWAY_TIMEOUT
            }
            Kind::Send(_) | Kind::NoUpgrade => StatusCode::BAD_GATEWAY,
            Kind::SlowClient(_) => StatusCode::REQUEST_TIMEOUT,
        }
    }

    /// What happened, in one sentence.
    pub(crate) fn detail(&self) -> String {
        let mut text = String::new();
        if let (Some(service), Some(addr)) = (&self.service, self.replica) {
            let _ = write!(text, "{}: the replica at {addr} ", service.name());
        }
        let _ = match &self.kind {
            Kind::BadRequest(what) => write!(text, "{what}"),
            Kind::Connect => write!(text, "CONNECT is for forward proxies, and this is none"),
            Kind::NoRoute { host, path, .. } if host.is_empty() => {
                write!(text, "no route takes the path `{path}` without a host")
            }
            Kind::NoRoute { host, path, .. } => {
                write!(text, "no route takes `{host}` with the path `{path}`")
            }
            Kind::NotReady => match &self.service {
                Some(service) => write!(text, "{}", service.why_not_ready()),
                None => write!(text, "no replica is ready"),
            },
            Kind::Send(error) => write!(text, "{}", happened(error)),
            Kind::Slow(limit) => write!(text, "did not answer within {limit:?}"),
            Kind::SlowUpload(limit) => {
                write!(text, "took nothing of the request's body for {limit:?}")
            }
            Kind::SlowClient(limit) => {
                write!(
                    text,
                    "the client sent nothing of the request's body for {limit:?}"
                )
            }
            Kind::BrokenUpload => {
                write!(text, "the request's body broke off, or is not as announced")
            }
            Kind::NoUpgrade => write!(text, "switched protocols although nobody asked for it"),
        };
        text
    }

    /// What to do about it.
    pub(crate) fn hint(&self) -> Option<String> {
        match (&self.kind, &self.service) {
            (Kind::NoRoute { known, .. }, _) if known.is_empty() => {
                Some("there are no routes yet".to_owned())
            }
            (Kind::NoRoute { known, .. }, _) => Some(format!("routes: {}", known.join(", "))),
            (Kind::Send(SendError::Http2(_)), Some(service)) => Some(format!(
                "gRPC needs a server that speaks HTTP/2 without TLS (h2c); {}",
                service.hint()
            )),
            (_, Some(service)) => Some(service.hint()),
            _ => None,
        }
    }
}

/// What a failed attempt looks like from the outside; the subject is the replica.
fn happened(error: &SendError) -> String {
    match error {
        SendError::Connect(error) => match error.kind() {
            io::ErrorKind::ConnectionRefused => {
                "refused the connection: nothing listens there".to_owned()
            }
            _ => format!("could not be reached: {error}"),
        },
        SendError::ConnectTimeout => "did not accept the connection in time".to_owned(),
        SendError::Http2(error) => match io_kind(error) {
            Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe) | None => {
                format!("did not answer over HTTP/2: {}", last_cause(error))
            }
            Some(_) => "closed the HTTP/2 connection before it answered".to_owned(),
        },
        SendError::Exchange(error) => {
            if error.is_parse_too_large() {
                "sent an answer whose headers are too large".to_owned()
            } else if error.is_parse() {
                format!("sent an answer that is not HTTP: {}", last_cause(error))
            } else {
                match io_kind(error) {
                    Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe) => {
                        "reset the connection before it answered".to_owned()
                    }
                    _ => "closed the connection before it answered".to_owned(),
                }
            }
        }
    }
}

fn causes(error: &hyper::Error) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error as &(dyn std::error::Error + 'static)), |error| {
        error.source()
    })
}

fn io_kind(error: &hyper::Error) -> Option<io::ErrorKind> {
    causes(error).find_map(|cause| cause.downcast_ref::<io::Error>().map(io::Error::kind))
}

fn last_cause(error: &hyper::Error) -> String {
    causes(error)
        .last()
        .map(ToString::to_string)
        .unwrap_or_default()
}
