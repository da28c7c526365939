//! Spans over OTLP/HTTP (protobuf) when `OTEL_EXPORTER_OTLP_ENDPOINT` is set; the W3C context is passed on either way.
//!
//! The exporter speaks plain `http://`, to a collector beside the service (a sidecar, a node agent, this machine);
//! TLS to a far collector is that collector's work. Spans are written in the background and dropped, never waited
//! for, when the collector cannot keep up.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{
    SpanKind, Status, TraceContextExt as _, Tracer as _, TracerProvider as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_http::{HeaderExtractor, HeaderInjector, HttpClient, HttpError};
use opentelemetry_otlp::{WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};

/// How long one export may take.
const EXPORT_TIME: Duration = Duration::from_secs(5);

/// Starting the exporter failed.
#[derive(Debug, thiserror::Error)]
#[error("the trace exporter could not be built")]
pub struct StartTracesError(#[from] opentelemetry_otlp::ExporterBuildError);

/// Makes spans, or only passes contexts on when there is nowhere to send them; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Traces(Option<Arc<Exporter>>);

#[derive(Debug)]
struct Exporter {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

/// A span and everything that must be known to make a child of it; ends when told, or when dropped.
#[derive(Clone, Debug, Default)]
pub struct Span {
    context: Option<Context>,
    recorded: bool,
}

impl Traces {
    /// Sends spans to the collector at `endpoint` (such as `http://127.0.0.1:4318`). Call it within a runtime.
    pub fn start(
        service: String,
        version: &'static str,
        endpoint: &str,
    ) -> Result<Self, StartTracesError> {
        let exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_http_client(Collector::new())
            .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
            .with_timeout(EXPORT_TIME)
            .build()?;
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(
                Resource::builder()
                    .with_service_name(service)
                    .with_attribute(KeyValue::new("service.version", version))
                    .build(),
            )
            .build();
        let tracer = provider.tracer("service-kit");
        Ok(Self(Some(Arc::new(Exporter { provider, tracer }))))
    }

    /// The span of a request that came in, child of the caller's when its headers say so.
    pub fn server(
        &self,
        method: &http::Method,
        endpoint: &'static str,
        headers: &HeaderMap,
    ) -> Span {
        let parent = headers.contains_key("traceparent").then(|| {
            TraceContextPropagator::new()
                .extract_with_context(&Context::new(), &HeaderExtractor(headers))
        });
        let Some(exporter) = &self.0 else {
            return Span {
                context: parent,
                recorded: false,
            };
        };
        let span = exporter
            .tracer
            .span_builder(format!("{method} {endpoint}"))
            .with_kind(SpanKind::Server)
            .with_attributes([
                KeyValue::new("http.request.method", method.to_string()),
                KeyValue::new("http.route", endpoint),
            ]);
        let parent = parent.unwrap_or_default();
        let span = exporter.tracer.build_with_context(span, &parent);
        Span {
            context: Some(parent.with_span(span)),
            recorded: true,
        }
    }

    /// The span of a call to somewhere else, child of `parent`.
    pub fn client(
        &self,
        parent: &Span,
        name: &'static str,
        attributes: impl FnOnce() -> Vec<KeyValue>,
    ) -> Span {
        let (Some(exporter), Some(parent), true) = (&self.0, &parent.context, parent.recorded)
        else {
            // The context still goes on, as if this service were not there.
            return Span {
                context: parent.context.clone(),
                recorded: false,
            };
        };
        let span = exporter
            .tracer
            .span_builder(name)
            .with_kind(SpanKind::Client)
            .with_attributes(attributes());
        let span = exporter.tracer.build_with_context(span, parent);
        Span {
            context: Some(parent.with_span(span)),
            recorded: true,
        }
    }

    /// Sends what is left; bounded by the export's own time-out.
    pub async fn stop(&self) {
        if let Some(exporter) = self.0.clone() {
            let stopped = tokio::task::spawn_blocking(move || exporter.provider.shutdown()).await;
            if let Ok(Err(error)) = stopped {
                tracing::warn!(error = %error, "the last spans could not be sent");
            }
        }
    }
}

impl Span {
    /// Writes the context into the headers of a request to somewhere else.
    pub fn pass_on(&self, headers: &mut HeaderMap) {
        if let Some(context) = &self.context {
            TraceContextPropagator::new().inject_context(context, &mut HeaderInjector(headers));
        }
    }

    /// The trace's id, for a log line; `None` when there is no trace.
    pub fn trace_id(&self) -> Option<String> {
        let context = self.context.as_ref()?;
        let span = context.span();
        let span = span.span_context();
        span.is_valid().then(|| span.trace_id().to_string())
    }

    /// Ends the span of a call, with what failed.
    pub fn end_client(&self, error: Option<&str>, attributes: impl FnOnce() -> Vec<KeyValue>) {
        if let Some(context) = self.context.as_ref().filter(|_| self.recorded) {
            let span = context.span();
            span.set_attributes(attributes());
            if let Some(error) = error {
                span.set_status(Status::error(error.to_owned()));
            }
            span.end();
        }
    }

    pub(crate) fn end_server(&self, status: &str, error: Option<&str>) {
        self.end_client(error, || {
            vec![KeyValue::new(
                "http.response.status_code",
                status.parse::<i64>().unwrap_or(0),
            )]
        });
    }
}

/// The exporter's HTTP client: its batch thread has no runtime, so requests run on the service's.
#[derive(Debug)]
struct Collector {
    client: Client<HttpConnector, Full<Bytes>>,
    runtime: tokio::runtime::Handle,
}

impl Collector {
    fn new() -> Self {
        Self {
            client: Client::builder(TokioExecutor::new()).build_http(),
            runtime: tokio::runtime::Handle::current(),
        }
    }
}

impl HttpClient for Collector {
    fn send_bytes<'life0, 'async_trait>(
        &'life0 self,
        request: http::Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<http::Response<Bytes>, HttpError>> + Send + 'async_trait>>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        let client = self.client.clone();
        // The timer too must be made within the runtime, hence the block around it.
        let exchange = self.runtime.spawn(async move {
            tokio::time::timeout(EXPORT_TIME, async move {
                let response = client.request(request.map(Full::new)).await?;
                let (head, body) = response.into_parts();
                // A collector's answer is a few bytes; more is not a collector.
                let body = Limited::new(body, 1 << 20).collect().await?.to_bytes();
                Ok::<_, HttpError>(http::Response::from_parts(head, body))
            })
            .await?
        });
        Box::pin(async move { exchange.await? })
    }
}
