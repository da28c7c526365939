//! Answers that the gateway writes itself, for whoever reads them: a developer at
//! a browser, a program, or a terminal. What they say is in [`crate::fault`].

use std::fmt::Write as _;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, Response, StatusCode,
    header::{ACCEPT, ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, RETRY_AFTER},
};
use serde_json::json;

use crate::{
    body::ResponseBody,
    exchange::Exchange,
    fault::{Fault, Kind},
    forward::X_REQUEST_ID,
};

impl Fault {
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
