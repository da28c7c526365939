//! A constant rate of requests, whatever the answers do.
//!
//! The crate `testkit` has a richer one, and a database under it; the gateway's tests need no database.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, StatusCode, header::HOST};
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::{
    net::TcpStream,
    sync::Semaphore,
    task::JoinSet,
    time::{Instant, sleep_until},
};

const AT_ONCE: usize = 64;

type Connection = SendRequest<Empty<Bytes>>;

/// Sends `total` requests, `rate` a second, each once, over kept and new connections. Returns what
/// became of those that were not answered 200.
///
/// At most [`AT_ONCE`] are under way: on a machine that cannot keep up, the rest waits here and not
/// in the kernel's queues, whose overflow would be no finding.
pub(crate) async fn open_loop(addr: SocketAddr, rate: u32, total: u32) -> Vec<String> {
    let idle = Arc::new(Mutex::new(Vec::new()));
    let began = Instant::now();
    let mut asking = JoinSet::new();
    let room = Arc::new(Semaphore::new(AT_ONCE));
    for n in 0..total {
        sleep_until(began + Duration::from_secs(1) * n / rate).await;
        let (idle, room) = (Arc::clone(&idle), Arc::clone(&room));
        asking.spawn(async move {
            let _place = room.acquire().await.expect("open");
            ask(addr, idle).await
        });
    }
    asking
        .join_all()
        .await
        .into_iter()
        .filter_map(Result::err)
        .collect()
}

async fn ask(addr: SocketAddr, idle: Arc<Mutex<Vec<Connection>>>) -> Result<(), String> {
    let mut kept = idle.lock().expect("no panic").pop();
    if let Some(connection) = &mut kept
        && connection.ready().await.is_err()
    {
        kept = None;
    }
    let mut connection = match kept {
        Some(connection) => connection,
        None => open(addr).await?,
    };
    let request = Request::get("/").header(HOST, addr.to_string());
    let request = request.body(Empty::new()).expect("a good request");
    let response = connection
        .send_request(request)
        .await
        .map_err(|error| error.to_string())?;
    let status = response.status();
    let body = response
        .into_body()
        .collect()
        .await
        .map_err(|error| error.to_string())?;
    if status != StatusCode::OK {
        return Err(format!(
            "{status}: {}",
            String::from_utf8_lossy(&body.to_bytes())
        ));
    }
    idle.lock().expect("no panic").push(connection);
    Ok(())
}

async fn open(addr: SocketAddr) -> Result<Connection, String> {
    let stream = TcpStream::connect(addr)
        .await
        .map_err(|error| error.to_string())?;
    let opened = handshake(TokioIo::new(stream)).await;
    let (sender, connection) = opened.map_err(|error| error.to_string())?;
    tokio::spawn(connection);
    Ok(sender)
}
