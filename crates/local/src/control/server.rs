//! The side of the running platform.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::os::unix::fs::PermissionsExt;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Serialize;
use tokio::net::UnixListener;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc};

use super::{Down, Restart};
use crate::event::Event;
use crate::failure::Failure;
use crate::supervisor::{RunOptions, Supervisor};

/// Serves the control socket of a platform, until the process ends.
///
/// A socket that a killed run left behind is replaced: whoever holds the platform's lock owns its socket.
pub fn serve(supervisor: Supervisor) -> io::Result<()> {
    let path = supervisor.home().socket().to_owned();
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    let app = app(supervisor);
    tokio::spawn(async move {
        // It ends with the process; there is nothing to clean up that the next run does not replace.
        let _ = axum::serve(listener, app).await;
    });
    Ok(())
}

fn app(supervisor: Supervisor) -> Router {
    Router::new()
        .route("/v1/status", get(status))
        .route("/v1/events", get(events))
        .route("/v1/apply", post(apply))
        .route("/v1/restart", post(restart))
        .route("/v1/down", post(down))
        .route("/v1/services/{name}/variables", get(variables))
        .route("/v1/databases/{name}/login", get(login))
        .with_state(supervisor)
}

async fn status(State(supervisor): State<Supervisor>) -> Response {
    Json(supervisor.status()).into_response()
}

async fn events(State(supervisor): State<Supervisor>) -> Response {
    let (past, events) = supervisor.events().listen_from_start();
    lines(|lines| async move {
        for event in past {
            lines.send(&event).await?;
        }
        lines
            .follow(events, |event| matches!(event, Event::Stopped))
            .await
    })
}

async fn apply(State(supervisor): State<Supervisor>, Json(options): Json<RunOptions>) -> Response {
    supervisor.idle().await;
    let events = supervisor.events().listen();
    operation(events, async move {
        let _ = supervisor.apply(options).await;
    })
}

async fn restart(State(supervisor): State<Supervisor>, Json(restart): Json<Restart>) -> Response {
    supervisor.idle().await;
    let events = supervisor.events().listen();
    operation(events, async move {
        let _ = supervisor.restart(&restart.service).await;
    })
}

async fn down(State(supervisor): State<Supervisor>, Json(down): Json<Down>) -> Response {
    let events = supervisor.events().listen();
    supervisor.ask_to_end(down.wipe);
    lines(|lines| async move {
        lines
            .follow(events, |event| matches!(event, Event::Stopped))
            .await
    })
}

async fn variables(State(supervisor): State<Supervisor>, Path(name): Path<String>) -> Response {
    answer(supervisor.variables(&name).await)
}

async fn login(State(supervisor): State<Supervisor>, Path(name): Path<String>) -> Response {
    answer(supervisor.login(&name).await)
}

fn answer<T: Serialize>(result: Result<T, Failure>) -> Response {
    match result {
        Ok(value) => Json(value).into_response(),
        Err(failure) => (StatusCode::CONFLICT, Json(failure)).into_response(),
    }
}

/// Runs an operation to its end, whoever goes on listening, and tells its events.
fn operation(
    events: broadcast::Receiver<Event>,
    work: impl Future<Output = ()> + Send + 'static,
) -> Response {
    let mut work = tokio::spawn(work);
    lines(|lines| async move {
        let mut events = events;
        loop {
            tokio::select! {
                biased;
                event = events.recv() => match event {
                    Ok(event) => lines.send(&event).await?,
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return Ok(()),
                },
                // Only when no event is waiting, so that the last one is told too.
                _ = &mut work => return Ok(()),
            }
        }
    })
}

/// The listener went away.
struct Gone;

struct Lines(mpsc::Sender<Result<Bytes, Infallible>>);

impl Lines {
    async fn send(&self, event: &Event) -> Result<(), Gone> {
        if matches!(event, Event::Output { .. }) {
            return Ok(());
        }
        let mut line = serde_json::to_vec(event).map_err(|_| Gone)?;
        line.push(b'\n');
        self.0.send(Ok(line.into())).await.map_err(|_| Gone)
    }

    async fn follow(
        &self,
        mut events: broadcast::Receiver<Event>,
        last: impl Fn(&Event) -> bool,
    ) -> Result<(), Gone> {
        loop {
            match events.recv().await {
                Ok(event) => {
                    self.send(&event).await?;
                    if last(&event) {
                        return Ok(());
                    }
                }
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return Ok(()),
            }
        }
    }
}

/// A response whose lines are written by `write` as they come.
fn lines<Writing>(write: impl FnOnce(Lines) -> Writing) -> Response
where
    Writing: Future<Output = Result<(), Gone>> + Send + 'static,
{
    let (sender, receiver) = mpsc::channel(256);
    tokio::spawn(write(Lines(sender)));
    let stream = futures_util::stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|line| (line, receiver))
    });
    (
        [("content-type", "application/x-ndjson")],
        Body::from_stream(stream),
    )
        .into_response()
}
