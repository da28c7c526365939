//! The words the tests are written in.

use std::{
    convert::Infallible,
    future::Future,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, combinators::UnsyncBoxBody};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use seaworthy_gateway::{Gateway, Limits, Listener, Pool, Route, RouteTable, Routes, Timeouts};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
    time::timeout,
};

pub(crate) type Body = UnsyncBoxBody<Bytes, Infallible>;

pub(crate) const ANY_PORT: &str = "127.0.0.1:0";

/// Nothing in these tests takes this long unless it hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A server under test control; gone, with all its connections, when the last handle is.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) addr: SocketAddr,
    connections: Arc<AtomicUsize>,
    task: Arc<Task>,
}

struct Task(JoinHandle<()>);

impl Server {
    /// Speaks HTTP/1 and HTTP/2, whichever it is asked in.
    pub(crate) async fn http<F, A>(answer: F) -> Self
    where
        F: Fn(Request<Incoming>) -> A + Clone + Send + Sync + 'static,
        A: Future<Output = Response<Body>> + Send + 'static,
    {
        Self::raw(move |stream| {
            let answer = answer.clone();
            async move {
                let service = service_fn(move |request| {
                    let answering = answer(request);
                    async move { Ok::<_, Infallible>(answering.await) }
                });
                let _ = auto::Builder::new(TokioExecutor::new())
                    .serve_connection_with_upgrades(TokioIo::new(stream), service)
                    .await;
            }
        })
        .await
    }

    /// Answers every request with `text`.
    pub(crate) async fn saying(text: &'static str) -> Self {
        Self::http(move |_| async move { Response::new(full(text)) }).await
    }

    /// Answers with the request's head as the server got it, one line each, `name: value`.
    pub(crate) async fn echoing_heads() -> Self {
        Self::http(|request| async move {
            let mut text = format!("{} {}\n", request.method(), request.uri());
            for (name, value) in request.headers() {
                text.extend([name.as_str(), ": ", value.to_str().expect("text"), "\n"]);
            }
            Response::new(full(text))
        })
        .await
    }

    /// Does with each connection whatever the test says.
    pub(crate) async fn raw<F, A>(serve: F) -> Self
    where
        F: Fn(TcpStream) -> A + Send + Sync + 'static,
        A: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind(ANY_PORT).await.expect("a free port");
        let addr = listener.local_addr().expect("an address");
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        let task = tokio::spawn(async move {
            let mut serving = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.expect("a connection");
                stream.set_nodelay(true).expect("a live socket");
                counted.fetch_add(1, Ordering::Relaxed);
                serving.spawn(serve(stream));
                while serving.try_join_next().is_some() {}
            }
        });
        Self {
            addr,
            connections,
            task: Arc::new(Task(task)),
        }
    }

    /// Reads one request's head from each connection, then sends these bytes and closes.
    pub(crate) async fn writing(bytes: &'static [u8]) -> Self {
        Self::raw(move |mut stream| async move {
            read_head(&mut stream).await;
            let _ = stream.write_all(bytes).await;
        })
        .await
    }

    /// Ends it and every connection it has.
    pub(crate) fn kill(&self) {
        self.task.0.abort();
    }

    /// How many connections it ever had.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A gateway in front of one service called `web`.
pub(crate) struct Proxy {
    pub(crate) gateway: Gateway,
    pub(crate) pool: Arc<Pool>,
    pub(crate) listener: Listener,
    pub(crate) addr: SocketAddr,
    /// Lives as long as the proxy, unless killed.
    server: Option<Server>,
}

impl Proxy {
    /// For any host and path, to this server, which is ready.
    pub(crate) fn to(server: &Server) -> Self {
        Self::with_timeouts(server, Timeouts::default())
    }

    pub(crate) fn to_addr(addr: SocketAddr) -> Self {
        let proxy = Self::to_nobody(Timeouts::default());
        proxy.add("web-1", addr);
        proxy
    }

    pub(crate) fn with_timeouts(server: &Server, timeouts: Timeouts) -> Self {
        let mut proxy = Self::to_nobody(timeouts);
        proxy.add("web-1", server.addr);
        proxy.server = Some(server.clone());
        proxy
    }

    /// Less patient with clients.
    pub(crate) fn with_limits(server: &Server, limits: Limits) -> Self {
        let pool = Pool::new("web");
        let routes = Routes::Service(Arc::clone(&pool), Timeouts::default());
        let mut proxy = Self::by(Gateway::with_limits(limits), pool, routes);
        proxy.add("web-1", server.addr);
        proxy.server = Some(server.clone());
        proxy
    }

    pub(crate) fn to_nobody(timeouts: Timeouts) -> Self {
        let pool = Pool::new("web");
        let routes = RouteTable::builder().route(Route::to(&pool).timeouts(timeouts));
        let routes = Routes::Table(routes.build().expect("a good table"));
        Self::serving(pool, routes)
    }

    /// The address of one service, not a public gateway.
    pub(crate) fn of_service(server: &Server) -> Self {
        let pool = Pool::new("web");
        let mut proxy = Self::serving(
            Arc::clone(&pool),
            Routes::Service(pool, Timeouts::default()),
        );
        proxy.add("web-1", server.addr);
        proxy.server = Some(server.clone());
        proxy
    }

    pub(crate) fn serving(pool: Arc<Pool>, routes: Routes) -> Self {
        Self::by(Gateway::new(), pool, routes)
    }

    fn by(gateway: Gateway, pool: Arc<Pool>, routes: Routes) -> Self {
        let listener = gateway.bind(any_port(), routes).expect("a free port");
        Self {
            addr: listener.local_addr(),
            gateway,
            pool,
            listener,
            server: None,
        }
    }

    /// One more replica, ready.
    pub(crate) fn add(&self, id: &str, addr: SocketAddr) {
        self.pool.add(id, addr);
        assert!(self.pool.set_ready(id, true));
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(Request::get(path)).await
    }

    /// Sends a request without a body over a connection of its own.
    pub(crate) async fn ask(&self, request: http::request::Builder) -> Answer {
        self.ask_with(request, Full::default()).await
    }

    pub(crate) async fn ask_with<B>(&self, request: http::request::Builder, body: B) -> Answer
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let response = self.begin(request, body).await;
        let (head, body) = response.into_parts();
        let body = timeout(PATIENCE, body.collect()).await.expect("an end");
        let body = body.expect("a whole body");
        Answer {
            status: head.status,
            headers: head.headers,
            trailers: body.trailers().cloned(),
            body: String::from_utf8(body.to_bytes().to_vec()).expect("text"),
        }
    }

    /// Sends a request and returns when the answer's head is there.
    pub(crate) async fn begin<B>(
        &self,
        request: http::request::Builder,
        body: B,
    ) -> Response<Incoming>
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let mut request = request.body(body).expect("a good request");
        if !request.headers().contains_key("host") {
            let host = self.addr.to_string().parse().expect("a header value");
            request.headers_mut().insert("host", host);
        }
        let stream = TcpStream::connect(self.addr).await.expect("the gateway");
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .expect("HTTP");
        tokio::spawn(connection);
        timeout(PATIENCE, sender.send_request(request))
            .await
            .expect("an answer in time")
            .expect("an answer")
    }

    /// Sends these bytes and returns all that comes back until the gateway closes.
    pub(crate) async fn say(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut stream = TcpStream::connect(self.addr).await.expect("the gateway");
        stream.write_all(bytes.as_ref()).await.expect("room");
        hear(&mut stream).await
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.addr).await.expect("the gateway");
        stream.set_nodelay(true).expect("a live socket");
        stream
    }

    /// In flight over all replicas.
    pub(crate) fn in_flight(&self) -> usize {
        self.pool
            .snapshot()
            .replicas
            .iter()
            .map(|r| r.in_flight)
            .sum()
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    pub(crate) trailers: Option<HeaderMap>,
}

impl Answer {
    /// A header, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |v| v.to_str().expect("text"))
    }

    /// A header of the request that [`Server::echoing_heads`] got, or nothing.
    pub(crate) fn echoed(&self, name: &str) -> &str {
        let start = format!("{name}: ");
        self.body
            .lines()
            .find_map(|line| line.strip_prefix(&start))
            .unwrap_or("")
    }
}

pub(crate) fn any_port() -> SocketAddr {
    ANY_PORT.parse().expect("an address")
}

pub(crate) fn full(text: impl Into<Bytes>) -> Body {
    Full::new(text.into()).boxed_unsync()
}

/// Reads everything until the other side closes.
pub(crate) async fn hear(stream: &mut TcpStream) -> String {
    let mut heard = Vec::new();
    let reading = timeout(PATIENCE, stream.read_to_end(&mut heard)).await;
    let text = String::from_utf8_lossy(&heard).into_owned();
    let reading = reading.unwrap_or_else(|_| panic!("still open after {text:?}"));
    if let Err(error) = reading {
        panic!("{error} after {text:?}");
    }
    text
}

/// Reads until `needle` was seen; returns everything so far.
pub(crate) async fn hear_until(stream: &mut TcpStream, needle: &str) -> String {
    let mut heard = Vec::new();
    let reading = async {
        while !String::from_utf8_lossy(&heard).contains(needle) {
            let n = stream.read_buf(&mut heard).await.expect("bytes");
            assert!(n > 0, "closed after {:?}", String::from_utf8_lossy(&heard));
        }
    };
    let in_time = timeout(PATIENCE, reading).await.is_ok();
    let text = String::from_utf8_lossy(&heard).into_owned();
    assert!(in_time, "no {needle:?} in {text:?}");
    text
}

/// Reads a request's head; empty if the connection ended first.
pub(crate) async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return String::new(),
        }
    }
    String::from_utf8(head).expect("text")
}

/// Waits until `holds`.
pub(crate) async fn eventually(what: &str, holds: impl Fn() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(timeout(PATIENCE, waiting).await.is_ok(), "never: {what}");
}

/// Closes with a reset instead of an orderly end.
pub(crate) fn reset(stream: TcpStream) {
    stream.set_zero_linger().expect("a live socket");
    drop(stream);
}

pub(crate) fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}
