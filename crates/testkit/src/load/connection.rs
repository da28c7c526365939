//! One request over one connection, and the idle connections to one server.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http::header::CONNECTION;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::report::{Answer, Failure, FailureKind};

pub(super) type Connection = SendRequest<Empty<Bytes>>;

/// The idle connections to one server.
pub(super) struct Pool {
    address: SocketAddr,
    idle: Mutex<VecDeque<Connection>>,
}

impl Pool {
    pub(super) fn new(address: SocketAddr) -> Self {
        Self {
            address,
            idle: Mutex::new(VecDeque::new()),
        }
    }

    /// The connection used last: the others may then idle long enough to be closed, as in real life.
    fn take(&self) -> Option<Connection> {
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_back()
    }

    fn give_back(&self, connection: Option<Connection>) {
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(connection);
    }
}

pub(super) async fn ask_pool(
    pool: &Pool,
    mut request: Request<Empty<Bytes>>,
) -> Result<Answer, Failure> {
    while let Some(idle) = pool.take() {
        let mut connection = Some(idle);
        match ask_once(&mut connection, request).await {
            Ok(answer) => {
                pool.give_back(connection);
                return Ok(answer);
            }
            Err(NotAnswered::Unsent(unsent)) => request = unsent,
            Err(NotAnswered::Failed(failure)) => return Err(failure),
        }
    }
    let mut connection = None;
    let answer = ask(&mut connection, pool.address, request).await?;
    pool.give_back(connection);
    Ok(answer)
}

/// Asks over `connection`, opening it first when there is none or when it was closed while idle.
pub(super) async fn ask(
    connection: &mut Option<Connection>,
    address: SocketAddr,
    request: Request<Empty<Bytes>>,
) -> Result<Answer, Failure> {
    let request = match ask_once(connection, request).await {
        Ok(answer) => return Ok(answer),
        Err(NotAnswered::Failed(failure)) => return Err(failure),
        Err(NotAnswered::Unsent(request)) => request,
    };
    *connection = Some(connect(address).await?);
    match ask_once(connection, request).await {
        Ok(answer) => Ok(answer),
        Err(NotAnswered::Failed(failure)) => Err(failure),
        Err(NotAnswered::Unsent(_)) => Err(Failure {
            kind: FailureKind::NoAnswer,
            reason: "closed as soon as it was opened".to_owned(),
        }),
    }
}

enum NotAnswered {
    /// Nothing was written: there is no connection, or it was closed while idle.
    Unsent(Request<Empty<Bytes>>),
    Failed(Failure),
}

/// Leaves `connection` empty unless it can be used again.
async fn ask_once(
    connection: &mut Option<Connection>,
    request: Request<Empty<Bytes>>,
) -> Result<Answer, NotAnswered> {
    let Some(mut open) = connection.take() else {
        return Err(NotAnswered::Unsent(request));
    };
    if open.ready().await.is_err() {
        return Err(NotAnswered::Unsent(request));
    }
    let response = match open.try_send_request(request).await {
        Ok(response) => response,
        Err(mut error) => {
            return Err(match error.take_message() {
                Some(unsent) => NotAnswered::Unsent(unsent),
                None => NotAnswered::Failed(failure(FailureKind::NoAnswer, &error.into_error())),
            });
        }
    };
    let (head, body) = response.into_parts();
    let body = body
        .collect()
        .await
        .map_err(|error| NotAnswered::Failed(failure(FailureKind::CutAnswer, &error)))?;
    let closing = head
        .headers
        .get(CONNECTION)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"close"));
    if !closing {
        *connection = Some(open);
    }
    Ok(Answer {
        status: head.status,
        headers: head.headers,
        body: body.to_bytes(),
    })
}

async fn connect(address: SocketAddr) -> Result<Connection, Failure> {
    let stream = TcpStream::connect(address)
        .await
        .map_err(|error| failure(FailureKind::Connect, &error))?;
    stream
        .set_nodelay(true)
        .map_err(|error| failure(FailureKind::Connect, &error))?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| failure(FailureKind::Connect, &error))?;
    // It ends with its sender; what goes wrong on the way is told to the request that waits.
    tokio::spawn(connection);
    Ok(sender)
}

pub(super) async fn within(
    timeout: Duration,
    asked: impl Future<Output = Result<Answer, Failure>>,
) -> Result<Answer, Failure> {
    match tokio::time::timeout(timeout, asked).await {
        Ok(result) => result,
        Err(_) => Err(Failure {
            kind: FailureKind::TimedOut,
            reason: format!("no answer within {timeout:?}"),
        }),
    }
}

fn failure(kind: FailureKind, error: &dyn std::error::Error) -> Failure {
    let mut reason = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        reason.push_str(": ");
        reason.push_str(&error.to_string());
        cause = error.source();
    }
    Failure { kind, reason }
}
