//! An OpenTelemetry collector of a few lines: takes spans over OTLP/HTTP and keeps them for the test to look at.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use prost::Message as _;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The collector; ends with the value.
#[derive(Debug)]
pub struct Collector {
    address: SocketAddr,
    spans: Arc<Mutex<Vec<CollectedSpan>>>,
    accepting: JoinHandle<()>,
}

/// A span as it arrived; ids are in hexadecimal, an absent parent is empty.
#[derive(Clone, Debug)]
pub struct CollectedSpan {
    /// The `service.name` of its resource.
    pub service: String,
    /// Its name.
    pub name: String,
    /// 2 is a server's, 3 a client's.
    pub kind: i32,
    /// The trace it belongs to.
    pub trace: String,
    /// Its own id.
    pub id: String,
    /// Its parent's id.
    pub parent: String,
}

impl Collector {
    /// Listens on a free port of 127.0.0.1.
    ///
    /// # Panics
    /// When there is none.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let spans = Arc::default();
        let accepting = tokio::spawn(accept(listener, Arc::clone(&spans)));
        Self {
            address,
            spans,
            accepting,
        }
    }

    /// What `OTEL_EXPORTER_OTLP_ENDPOINT` is to be set to.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The spans so far.
    pub fn spans(&self) -> Vec<CollectedSpan> {
        self.spans
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Waits until `count` spans of a trace are there.
    ///
    /// # Panics
    /// When they do not come.
    pub async fn trace(&self, trace: &str, count: usize) -> Vec<CollectedSpan> {
        let until = Instant::now() + Duration::from_secs(30);
        loop {
            let mut spans = self.spans();
            spans.retain(|span| span.trace == trace);
            if spans.len() >= count {
                return spans;
            }
            assert!(
                Instant::now() < until,
                "the trace has {spans:#?}, all there is: {:#?}",
                self.spans()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, spans: Arc<Mutex<Vec<CollectedSpan>>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let spans = Arc::clone(&spans);
        let service = service_fn(move |request| take(request, Arc::clone(&spans)));
        tokio::spawn(
            hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service),
        );
    }
}

async fn take(
    request: Request<Incoming>,
    spans: Arc<Mutex<Vec<CollectedSpan>>>,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let good = request.uri().path() == "/v1/traces"
        && request
            .headers()
            .get("content-type")
            .is_some_and(|kind| kind == "application/x-protobuf");
    let body = request.into_body().collect().await?.to_bytes();
    let mut response = Response::new(Full::default());
    match ExportTraceServiceRequest::decode(body) {
        Ok(export) if good => spans
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(collected(export)),
        _ => *response.status_mut() = StatusCode::BAD_REQUEST,
    }
    Ok(response)
}

fn collected(export: ExportTraceServiceRequest) -> Vec<CollectedSpan> {
    let mut spans = Vec::new();
    for resource in export.resource_spans {
        let attributes = resource.resource.unwrap_or_default().attributes;
        let service = attributes
            .into_iter()
            .find(|attribute| attribute.key == "service.name")
            .and_then(|attribute| match attribute.value?.value? {
                Value::StringValue(name) => Some(name),
                _ => None,
            })
            .unwrap_or_default();
        for span in resource
            .scope_spans
            .into_iter()
            .flat_map(|scope| scope.spans)
        {
            spans.push(CollectedSpan {
                service: service.clone(),
                name: span.name,
                kind: span.kind,
                trace: hexadecimal(&span.trace_id),
                id: hexadecimal(&span.span_id),
                parent: hexadecimal(&span.parent_span_id),
            });
        }
    }
    spans
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
