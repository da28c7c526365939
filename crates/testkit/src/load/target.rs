//! What is asked, and of whom.

use std::net::SocketAddr;

use bytes::Bytes;
use http::header::{HOST, HeaderName, HeaderValue};
use http::{HeaderMap, Method, Request, Uri};
use http_body_util::Empty;

/// What is asked, and of whom.
#[derive(Clone, Debug)]
pub struct Target {
    pub(super) addresses: Vec<SocketAddr>,
    method: Method,
    path: Uri,
    headers: HeaderMap,
}

impl Target {
    /// Asks `GET path` of the server at `address`, which is also the `Host` unless [`Target::host`] says otherwise.
    ///
    /// # Panics
    /// When `path` is not a path such as `/send?x=1`.
    pub fn get(address: SocketAddr, path: &str) -> Self {
        let mut headers = HeaderMap::new();
        let host = address.to_string();
        headers.insert(
            HOST,
            HeaderValue::from_str(&host).expect("an address is visible text"),
        );
        Self {
            addresses: vec![address],
            method: Method::GET,
            path: path
                .parse()
                .expect("the path of a load target is a valid path"),
            headers,
        }
    }

    /// Names the public host, for a gateway that routes by it.
    #[must_use]
    pub fn host(self, host: &str) -> Self {
        self.header(HOST, host)
    }

    /// Adds or replaces a header.
    ///
    /// # Panics
    /// When `value` is not visible text.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        self.headers.insert(
            name,
            HeaderValue::from_str(value).expect("a header of a load target is visible text"),
        );
        self
    }

    /// Asks with another method; the body is always empty.
    #[must_use]
    pub fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    /// Spreads requests over one more server, in turn: for replicas that are asked directly.
    #[must_use]
    pub fn and(mut self, address: SocketAddr) -> Self {
        self.addresses.push(address);
        self
    }

    pub(super) fn request(&self) -> Request<Empty<Bytes>> {
        let mut request = Request::new(Empty::new());
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.path.clone();
        *request.headers_mut() = self.headers.clone();
        request
    }
}
