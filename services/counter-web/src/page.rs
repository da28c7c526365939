//! The page, embedded in the binary: a closed list of files, so that there is no path to trick.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{HeaderMap, HeaderValue, StatusCode, header};

/// Nothing inline, nothing from elsewhere, nobody may frame it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

struct File {
    path: &'static str,
    kind: &'static str,
    bytes: &'static [u8],
}

const FILES: [File; 4] = [
    File {
        path: "/",
        kind: "text/html; charset=utf-8",
        bytes: include_bytes!("page/index.html"),
    },
    File {
        path: "/counter.js",
        kind: "text/javascript; charset=utf-8",
        bytes: include_bytes!("page/counter.js"),
    },
    File {
        path: "/counter.css",
        kind: "text/css; charset=utf-8",
        bytes: include_bytes!("page/counter.css"),
    },
    File {
        path: "/icon.svg",
        kind: "image/svg+xml",
        bytes: include_bytes!("page/icon.svg"),
    },
];

/// The routes of the page.
pub(crate) fn router() -> Router {
    FILES.iter().fold(Router::new(), |router, file| {
        let tag = tag(file.bytes);
        router.route(
            file.path,
            get(async move |headers: HeaderMap| answer(file, &tag, &headers)),
        )
    })
}

/// The name of a path in metrics and spans.
pub(crate) fn endpoint(path: &str) -> &'static str {
    FILES
        .iter()
        .find(|file| file.path == path)
        .map_or("other", |file| file.path)
}

fn answer(file: &File, tag: &str, headers: &HeaderMap) -> Response {
    let known = headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, file.kind)], file.bytes).into_response()
    };
    let to = response.headers_mut();
    let mut set = |name, value| to.insert(name, HeaderValue::from_static(value));
    // Asked again each time, since a new version has the same names; the tag makes that cheap.
    set(header::CACHE_CONTROL, "no-cache");
    set(header::CONTENT_SECURITY_POLICY, POLICY);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    if let Ok(tag) = HeaderValue::from_str(tag) {
        to.insert(header::ETAG, tag);
    }
    response
}

fn tag(bytes: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    format!("\"{:016x}\"", hasher.finish())
}
