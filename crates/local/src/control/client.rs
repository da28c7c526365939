//! The side of those who ask.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::UnixStream;

use super::{Down, Restart};
use crate::event::Event;
use crate::failure::Failure;
use crate::home::{Home, only_ours};
use crate::status::{DatabaseLogin, ServiceVariables, Status};
use crate::supervisor::RunOptions;

/// Why a running platform did not answer.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// Nobody runs the platform.
    #[error("the platform is not running")]
    NotRunning,
    /// It runs and the connection broke.
    #[error("the connection to the running platform broke")]
    Connection(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It refused, and says why.
    #[error(transparent)]
    Refused(Failure),
}

/// A way to ask a running platform.
#[derive(Debug, Clone)]
pub struct Client {
    socket: PathBuf,
}

fn broke(error: impl std::error::Error + Send + Sync + 'static) -> ControlError {
    ControlError::Connection(Box::new(error))
}

impl Client {
    /// A client of the platform with this home.
    pub fn new(home: &Home) -> Self {
        Self {
            socket: home.socket().to_owned(),
        }
    }

    /// The running platform at a glance.
    pub async fn status(&self) -> Result<Status, ControlError> {
        self.get("/v1/status").await
    }

    /// The variables of a service.
    pub async fn variables(&self, service: &str) -> Result<ServiceVariables, ControlError> {
        self.get(&format!("/v1/services/{service}/variables")).await
    }

    /// How to connect to a database.
    pub async fn login(&self, database: &str) -> Result<DatabaseLogin, ControlError> {
        self.get(&format!("/v1/databases/{database}/login")).await
    }

    /// What happened so far, and what happens.
    pub async fn events(&self) -> Result<EventLines, ControlError> {
        self.stream(Method::GET, "/v1/events", &()).await
    }

    /// Brings the platform to what its definition says now.
    pub async fn apply(&self, options: &RunOptions) -> Result<EventLines, ControlError> {
        self.stream(Method::POST, "/v1/apply", options).await
    }

    /// Restarts a service without a gap.
    pub async fn restart(&self, service: &str) -> Result<EventLines, ControlError> {
        self.stream(
            Method::POST,
            "/v1/restart",
            &Restart {
                service: service.to_owned(),
            },
        )
        .await
    }

    /// Ends the platform.
    pub async fn down(&self, wipe: bool) -> Result<EventLines, ControlError> {
        self.stream(Method::POST, "/v1/down", &Down { wipe }).await
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ControlError> {
        let response = request(&self.socket, Method::GET, path, &()).await?;
        let body = response
            .into_body()
            .collect()
            .await
            .map_err(broke)?
            .to_bytes();
        serde_json::from_slice(&body).map_err(broke)
    }

    async fn stream<T: Serialize>(
        &self,
        method: Method,
        path: &str,
        body: &T,
    ) -> Result<EventLines, ControlError> {
        let response = request(&self.socket, method, path, body).await?;
        Ok(EventLines {
            body: response.into_body(),
            buffer: Vec::new(),
        })
    }
}

/// Asks once more where the connection broke before any answer: a run that is just ending drops those who wait, and
/// then nobody listens.
async fn request<T: Serialize>(
    socket: &Path,
    method: Method,
    path: &str,
    body: &T,
) -> Result<Response<Incoming>, ControlError> {
    match request_once(socket, method.clone(), path, body).await {
        Err(ControlError::Connection(_)) => {
            tokio::time::sleep(Duration::from_millis(100)).await;
            request_once(socket, method, path, body).await
        }
        result => result,
    }
}

async fn request_once<T: Serialize>(
    socket: &Path,
    method: Method,
    path: &str,
    body: &T,
) -> Result<Response<Incoming>, ControlError> {
    if let Some(folder) = socket.parent().filter(|folder| folder.exists()) {
        only_ours(folder).map_err(broke)?;
    }
    let stream = UnixStream::connect(socket)
        .await
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::ConnectionRefused => ControlError::NotRunning,
            _ => broke(error),
        })?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(broke)?;
    tokio::spawn(connection);
    let body = if method == Method::GET {
        Vec::new()
    } else {
        serde_json::to_vec(body).map_err(broke)?
    };
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "seaworthy")
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from(body)))
        .map_err(broke)?;
    let response = sender.send_request(request).await.map_err(broke)?;
    if response.status() == StatusCode::OK {
        return Ok(response);
    }
    let status = response.status();
    let body = response
        .into_body()
        .collect()
        .await
        .map_err(broke)?
        .to_bytes();
    match serde_json::from_slice::<Failure>(&body) {
        Ok(failure) => Err(ControlError::Refused(failure)),
        Err(_) => Err(broke(io::Error::other(format!("it answered {status}")))),
    }
}

/// Events as they arrive.
#[derive(Debug)]
pub struct EventLines {
    body: Incoming,
    buffer: Vec<u8>,
}

impl EventLines {
    /// The next event; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Event>, ControlError> {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                return serde_json::from_slice(&line).map(Some).map_err(broke);
            }
            match self.body.frame().await {
                None => return Ok(None),
                Some(Err(error)) => return Err(broke(error)),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.buffer.extend_from_slice(&data);
                    }
                }
            }
        }
    }
}
