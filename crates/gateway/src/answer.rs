//! Answers that the gateway writes itself, for whoever reads them: a developer at
//! a browser, a program, or a terminal.
//!
//! Each says which service, which replica, what happened, and what to do next.

use std::{fmt::Write as _, io, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, Response, StatusCode,
    header::{ACCEPT, ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, RETRY_AFTER},
};
use serde_json::json;

use crate::{
    body::ResponseBody, exchange::Exchange, forward::X_REQUEST_ID, pool::Pool, upstream::SendError,
};

/// Why a request gets no answer from a service.
#[derive(Debug)]
pub(crate) struct Fault {
    kind: Kind,
    service: Option<Arc<Pool>>,
    replica: Option<SocketAddr>,
}

#[derive(Debug)]
enum Kind {
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

    fn status(&self) -> StatusCode {
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
    fn detail(&self) -> String {
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
    fn hint(&self) -> Option<String> {
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

    /// Writes the answer in the form that the client reads.
    pub(crate) fn answer(self, reader: &Reader, mut exchange: Exchange) -> Response<ResponseBody> {
        let status = self.status();
        let detail = self.detail();
        // Most likely nobody reads this any more: the client's business, not an error.
        if !matches!(self.kind, Kind::BrokenUpload) {
            exchange.refused(status.as_u16(), detail.clone());
        }
        if reader.form == Form::Grpc {
            return self.answer_grpc(&detail, exchange);
        }
        let hint = self.hint();
        let (content_type, text) = match reader.form {
            Form::Html => (
                "text/html; charset=utf-8",
                html(status, &detail, hint.as_deref(), reader.may_repeat),
            ),
            Form::Json => (
                "application/problem+json",
                self.problem(&detail, hint.as_deref(), reader),
            ),
            Form::Text | Form::Grpc => {
                let mut text = detail;
                if let Some(hint) = hint {
                    let _ = write!(text, "; {hint}");
                }
                text.push('\n');
                ("text/plain; charset=utf-8", text)
            }
        };
        let mut response = Response::new(ResponseBody::own(Bytes::from(text), exchange));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(id) = &reader.request_id {
            headers.insert(X_REQUEST_ID, id.clone());
        }
        match self.kind {
            Kind::NotReady => {
                headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
            }
            // Where the next request would begin is not certain any more.
            Kind::BadRequest(_) | Kind::SlowClient(_) | Kind::BrokenUpload => {
                headers.insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Kind::Connect => {
                headers.insert(
                    ALLOW,
                    HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"),
                );
            }
            _ => {}
        }
        response
    }

    /// gRPC reads its status from `grpc-status`, and only under HTTP 200.
    fn answer_grpc(&self, detail: &str, exchange: Exchange) -> Response<ResponseBody> {
        let code = match self.status() {
            StatusCode::GATEWAY_TIMEOUT | StatusCode::REQUEST_TIMEOUT => "4",
            StatusCode::NOT_FOUND => "12",
            StatusCode::BAD_REQUEST => "13",
            _ => "14",
        };
        let mut response = Response::new(ResponseBody::own(Bytes::new(), exchange));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert("grpc-status", HeaderValue::from_static(code));
        if let Ok(message) = HeaderValue::try_from(percent_encoded(detail)) {
            headers.insert("grpc-message", message);
        }
        response
    }

    fn problem(&self, detail: &str, hint: Option<&str>, reader: &Reader) -> String {
        let mut problem = json!({
            "type": "about:blank",
            "title": self.status().canonical_reason(),
            "status": self.status().as_u16(),
            "detail": detail,
        });
        let mut put = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                problem[name] = value.into();
            }
        };
        put("hint", hint.map(str::to_owned));
        put(
            "service",
            self.service.as_ref().map(|s| s.name().to_string()),
        );
        put("replica", self.replica.map(|addr| addr.to_string()));
        put(
            "request_id",
            reader
                .request_id
                .as_ref()
                .and_then(|id| id.to_str().ok().map(str::to_owned)),
        );
        let mut text = problem.to_string();
        text.push('\n');
        text
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

/// Who reads the answer.
#[derive(Debug)]
pub(crate) struct Reader {
    form: Form,
    /// A page may load itself again.
    may_repeat: bool,
    request_id: Option<HeaderValue>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Html,
    Json,
    Grpc,
    Text,
}

impl Reader {
    pub(crate) fn of(method: &Method, headers: &HeaderMap) -> Self {
        let form = if is_grpc(headers) {
            Form::Grpc
        } else {
            preferred(headers)
        };
        Self {
            form,
            may_repeat: method == Method::GET,
            request_id: None,
        }
    }

    pub(crate) fn knows_request_as(&mut self, id: HeaderValue) {
        self.request_id = Some(id);
    }
}

/// Whether this is a gRPC call. gRPC-Web is ordinary HTTP/1.1.
pub(crate) fn is_grpc(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|value| {
        value
            .as_bytes()
            .strip_prefix(b"application/grpc")
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(b"+") || rest.starts_with(b";"))
    })
}

/// The form with the highest quality in `Accept`, the first among equals; a wildcard means text.
fn preferred(headers: &HeaderMap) -> Form {
    let mut best = (Form::Text, 0.0);
    for range in headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
    {
        let mut parts = range.split(';');
        let form = match parts.next().unwrap_or_default().trim() {
            "text/html" | "application/xhtml+xml" => Form::Html,
            "application/json" | "application/problem+json" => Form::Json,
            "text/plain" | "text/*" | "*/*" => Form::Text,
            _ => continue,
        };
        let quality = parts
            .find_map(|part| part.trim().strip_prefix("q=")?.parse().ok())
            .unwrap_or(1.0_f32);
        if quality > best.1 {
            best = (form, quality);
        }
    }
    best.0
}

fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if (b' '..=b'~').contains(&byte) && byte != b'%' {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

fn html(status: StatusCode, detail: &str, hint: Option<&str>, may_repeat: bool) -> String {
    let title = status.canonical_reason().unwrap_or("Error");
    // A page that is waiting for a service to start turns into the service by itself.
    let refresh = if may_repeat && status == StatusCode::SERVICE_UNAVAILABLE {
        "<meta http-equiv=\"refresh\" content=\"1\">\n"
    } else {
        ""
    };
    let hint = hint
        .map(|hint| format!("<p class=\"hint\">{}</p>\n", marked_up(hint)))
        .unwrap_or_default();
    include_str!("answer.html")
        .replace("{refresh}", refresh)
        .replace("{status}", status.as_str())
        .replace("{title}", title)
        .replace("{hint}", &hint)
        .replace("{detail}", &marked_up(detail))
}

/// Escapes, and turns what stands between backticks into code.
fn marked_up(text: &str) -> String {
    let mut marked = String::with_capacity(text.len() + 16);
    let mut in_code = false;
    for c in text.chars() {
        match c {
            '&' => marked.push_str("&amp;"),
            '<' => marked.push_str("&lt;"),
            '>' => marked.push_str("&gt;"),
            '"' => marked.push_str("&quot;"),
            '\'' => marked.push_str("&#39;"),
            '`' => {
                marked.push_str(if in_code { "</code>" } else { "<code>" });
                in_code = !in_code;
            }
            c => marked.push(c),
        }
    }
    if in_code {
        marked.push_str("</code>");
    }
    marked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_follows_accept() {
        for (accept, expected) in [
            (
                "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                Form::Html,
            ),
            ("application/json", Form::Json),
            ("application/problem+json, */*", Form::Json),
            ("application/json, text/html;q=0.9", Form::Json),
            ("text/html;q=0.5, application/json", Form::Json),
            ("text/html;q=0, */*", Form::Text),
            ("*/*", Form::Text),
            ("image/png", Form::Text),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_static(accept));
            assert_eq!(preferred(&headers), expected, "{accept}");
        }
        assert_eq!(preferred(&HeaderMap::new()), Form::Text);
    }

    #[test]
    fn what_a_client_sent_cannot_become_markup() {
        assert_eq!(
            marked_up("`/<script>` & \"x\" `open"),
            "<code>/&lt;script&gt;</code> &amp; &quot;x&quot; <code>open</code>"
        );
    }
}
