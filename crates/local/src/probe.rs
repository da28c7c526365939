//! Asking a process how it is, with Kubernetes' meaning: a status from 200 to 399 is healthy, anything else is not.

use std::fmt;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Empty;
use hyper::Request;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// What came of one probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Healthy,
    /// An answer with a status that is not healthy.
    Status(u16),
    /// Nothing accepts connections there.
    Refused,
    TimedOut,
    /// It accepted and then did not speak HTTP, or hung up.
    Broken(String),
}

impl Outcome {
    pub(crate) fn is_healthy(&self) -> bool {
        *self == Self::Healthy
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Healthy => f.write_str("is healthy"),
            Self::Status(status) => write!(f, "answers {status}"),
            Self::Refused => f.write_str("is refused: nothing listens there"),
            Self::TimedOut => f.write_str("does not answer in time"),
            Self::Broken(how) => write!(f, "gets no proper answer: {how}"),
        }
    }
}

/// Asks for `path` on a new connection, as kubelet does.
pub(crate) async fn http(address: SocketAddr, path: &str, timeout: Duration) -> Outcome {
    tokio::time::timeout(timeout, request(address, path))
        .await
        .unwrap_or(Outcome::TimedOut)
}

/// Whether a connection is accepted, for services without probes.
pub(crate) async fn connect(address: SocketAddr, timeout: Duration) -> Outcome {
    match tokio::time::timeout(timeout, TcpStream::connect(address)).await {
        Ok(Ok(_)) => Outcome::Healthy,
        Ok(Err(error)) => connect_outcome(&error),
        Err(_) => Outcome::TimedOut,
    }
}

fn connect_outcome(error: &std::io::Error) -> Outcome {
    match error.kind() {
        ErrorKind::ConnectionRefused => Outcome::Refused,
        _ => Outcome::Broken(error.to_string()),
    }
}

async fn request(address: SocketAddr, path: &str) -> Outcome {
    let stream = match TcpStream::connect(address).await {
        Ok(stream) => stream,
        Err(error) => return connect_outcome(&error),
    };
    let (mut sender, connection) = match http1::handshake(TokioIo::new(stream)).await {
        Ok(both) => both,
        Err(error) => return Outcome::Broken(error.to_string()),
    };
    let connection = tokio::spawn(connection);
    let request = Request::get(path)
        .header("host", address.to_string())
        .header(
            "user-agent",
            concat!("seaworthy-probe/", env!("CARGO_PKG_VERSION")),
        )
        .header("accept", "*/*")
        .header("connection", "close")
        .body(Empty::<Bytes>::new());
    let outcome = match request {
        Ok(request) => match sender.send_request(request).await {
            Ok(response) if (200..400).contains(&response.status().as_u16()) => Outcome::Healthy,
            Ok(response) => Outcome::Status(response.status().as_u16()),
            Err(error) => Outcome::Broken(error.to_string()),
        },
        Err(error) => Outcome::Broken(error.to_string()),
    };
    connection.abort();
    outcome
}
