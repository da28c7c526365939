//! Headers on their way through: what ends at the gateway, and what it adds.

use std::cell::Cell;

use http::{
    HeaderMap, HeaderName, HeaderValue, Version,
    header::{
        CONNECTION, CONTENT_LENGTH, COOKIE, EXPECT, HOST, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION,
        TE, TRANSFER_ENCODING, UPGRADE,
    },
    uri::Authority,
};

use crate::client::Client;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");

/// The host a request is for, by RFC 9112: the target's authority, else the one `Host`.
///
/// `Err` says what is wrong with it.
pub(crate) fn authority(
    target: Option<&Authority>,
    headers: &HeaderMap,
    version: Version,
) -> Result<Option<Authority>, &'static str> {
    let mut named = headers.get_all(HOST).iter();
    let host = named.next();
    if named.next().is_some() {
        return Err("the request has more than one `Host` header");
    }
    if host.is_none() && version == Version::HTTP_11 {
        return Err("an HTTP/1.1 request needs a `Host` header");
    }
    let authority = match (target, host) {
        (Some(target), _) => target.clone(),
        (None, Some(host)) if !host.is_empty() => Authority::try_from(host.as_bytes())
            .map_err(|_| "the `Host` header is not a host name")?,
        _ => return Ok(None),
    };
    if authority.as_str().contains('@') {
        return Err("the host of a request cannot hold a user name");
    }
    Ok(Some(authority))
}

/// Whether the message asks to switch protocols, and to which.
pub(crate) fn upgrade(headers: &HeaderMap) -> Option<HeaderValue> {
    let protocol = headers.get(UPGRADE)?;
    // h2c by upgrade was taken out of HTTP/2; who wants it gets HTTP/1.1, as the RFC allows.
    if protocol.as_bytes().eq_ignore_ascii_case(b"h2c") {
        return None;
    }
    named_by_connection(headers)
        .any(|name| name.eq_ignore_ascii_case("upgrade"))
        .then(|| protocol.clone())
}

fn named_by_connection(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

/// Takes out what is meant for the next hop only, including what `Connection` names.
pub(crate) fn remove_hop_by_hop(headers: &mut HeaderMap) {
    if headers.contains_key(CONNECTION) {
        let named: Vec<HeaderName> = named_by_connection(headers)
            .filter_map(|name| name.parse().ok())
            // Calling these hop-by-hop would change what the message is.
            .filter(|name| *name != HOST && *name != CONTENT_LENGTH && *name != TE)
            .collect();
        for name in named {
            headers.remove(name);
        }
        headers.remove(CONNECTION);
    }
    if headers.contains_key(TE) {
        // Of what TE can say, only the wish for trailers holds across this hop.
        let wants_trailers = headers
            .get_all(TE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .any(|coding| coding.trim().eq_ignore_ascii_case("trailers"));
        headers.remove(TE);
        if wants_trailers {
            headers.insert(TE, HeaderValue::from_static("trailers"));
        }
    }
    for name in [
        TRANSFER_ENCODING,
        UPGRADE,
        KEEP_ALIVE,
        PROXY_CONNECTION,
        PROXY_AUTHENTICATE,
        PROXY_AUTHORIZATION,
    ] {
        headers.remove(name);
    }
}

/// Puts the crumbs into which HTTP/2 may cut `Cookie` together again (RFC 9113, 8.2.3).
pub(crate) fn join_cookies(headers: &mut HeaderMap) {
    let mut crumbs = headers.get_all(COOKIE).iter();
    if crumbs.next().is_none() || crumbs.next().is_none() {
        return;
    }
    let crumbs: Vec<&[u8]> = headers
        .get_all(COOKIE)
        .iter()
        .map(HeaderValue::as_bytes)
        .collect();
    if let Ok(cookie) = HeaderValue::from_bytes(&crumbs.join(&b"; "[..])) {
        headers.insert(COOKIE, cookie);
    }
}

/// Drops `Expect`: the gateway itself says `100 Continue` once the replica takes the body.
pub(crate) fn remove_expect(headers: &mut HeaderMap) {
    headers.remove(EXPECT);
}

/// Adds what a load balancer in front of the service adds. Returns the request's id.
pub(crate) fn add_forwarding(
    headers: &mut HeaderMap,
    client: &Client,
    authority: Option<&Authority>,
) -> HeaderValue {
    let addr = client.ip_header();
    let forwarded_for = match joined(headers, &X_FORWARDED_FOR) {
        None => addr,
        Some(before) => {
            let mut value = before;
            value.extend_from_slice(b", ");
            value.extend_from_slice(addr.as_bytes());
            HeaderValue::from_bytes(&value).unwrap_or(addr)
        }
    };
    headers.insert(X_FORWARDED_FOR, forwarded_for);
    headers.insert(X_FORWARDED_PROTO, HeaderValue::from_static("http"));
    match authority.map(|a| HeaderValue::from_str(a.as_str())) {
        Some(Ok(host)) => headers.insert(X_FORWARDED_HOST, host),
        _ => headers.remove(X_FORWARDED_HOST),
    };
    let id = match headers.get(X_REQUEST_ID) {
        Some(id) if is_good_id(id) => id.clone(),
        _ => new_request_id(),
    };
    headers.insert(X_REQUEST_ID, id.clone());
    id
}

fn joined(headers: &HeaderMap, name: &HeaderName) -> Option<Vec<u8>> {
    let mut values = headers.get_all(name).iter();
    let mut all = values.next()?.as_bytes().to_vec();
    for value in values {
        all.extend_from_slice(b", ");
        all.extend_from_slice(value.as_bytes());
    }
    Some(all)
}

fn is_good_id(id: &HeaderValue) -> bool {
    (1..=128).contains(&id.len()) && id.as_bytes().iter().all(u8::is_ascii_graphic)
}

/// A random UUID. Unique, not secret: a seed per thread, then a fast generator.
fn new_request_id() -> HeaderValue {
    thread_local! {
        static STATE: Cell<u64> = Cell::new(getrandom::u64().unwrap_or(0x5eed));
    }
    // splitmix64
    let next = || {
        STATE.with(|state| {
            let mut z = state.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
            state.set(z);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        })
    };
    let (high, low) = (next(), next());
    let text = format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        0x8000 | ((low >> 48) & 0x3fff),
        low & 0xffff_ffff_ffff,
    );
    HeaderValue::try_from(text).expect("hexadecimal digits and dashes are visible ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(*name, HeaderValue::from_static(value));
        }
        map
    }

    #[test]
    fn what_connection_names_goes_and_what_makes_the_message_stays() {
        let mut map = headers(&[
            ("host", "a.example"),
            ("connection", "close, X-Private"),
            ("connection", "content-length, host"),
            ("x-private", "1"),
            ("content-length", "3"),
            ("keep-alive", "timeout=5"),
            ("te", "gzip, trailers"),
            ("transfer-encoding", "chunked"),
            ("proxy-connection", "keep-alive"),
            (
                "traceparent",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            ),
        ]);
        remove_hop_by_hop(&mut map);
        let mut left: Vec<_> = map.keys().map(HeaderName::as_str).collect();
        left.sort_unstable();
        assert_eq!(left, ["content-length", "host", "te", "traceparent"]);
        assert_eq!(map["te"], "trailers");
    }

    #[test]
    fn a_request_id_is_a_uuid_and_never_twice_the_same() {
        let ids: std::collections::HashSet<_> = (0..10_000)
            .map(|_| new_request_id().to_str().expect("text").to_owned())
            .collect();
        assert_eq!(ids.len(), 10_000);
        for id in ids {
            assert_eq!(id.len(), 36, "{id}");
            assert_eq!(id.as_bytes()[14], b'4', "{id}");
            assert!(b"89ab".contains(&id.as_bytes()[19]), "{id}");
        }
    }
}
