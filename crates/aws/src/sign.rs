//! Signature Version 4: proves who sends a request, without sending the secret.
//!
//! Source: the documentation of AWS IAM, "Create a signed AWS API request"; the tests hold its examples.

use std::fmt::Write as _;
use std::time::SystemTime;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::Keys;

/// A request before it is signed.
#[derive(Debug)]
pub(crate) struct Unsigned<'a> {
    pub(crate) method: &'a str,
    /// With the port, where it is not the scheme's.
    pub(crate) host: &'a str,
    /// Percent-encoded as it is sent.
    pub(crate) path: &'a str,
    /// Names and values before encoding, in any order.
    pub(crate) query: &'a [(String, String)],
    /// Lower-case names of what is signed beside `host` and what this module adds.
    pub(crate) headers: &'a [(String, String)],
    pub(crate) body: &'a [u8],
}

/// For whom, where and when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) region: &'a str,
    /// The name that the service signs by: `s3`, `elasticloadbalancing`.
    pub(crate) service: &'a str,
    pub(crate) time: SystemTime,
}

/// The headers that make a request a signed one, those of the caller included.
pub(crate) fn sign(request: &Unsigned<'_>, scope: Scope<'_>, keys: &Keys) -> Vec<(String, String)> {
    let time = compact_time(scope.time);
    let payload = hexadecimal(&Sha256::digest(request.body));
    let mut headers = request.headers.to_vec();
    headers.push(("host".to_owned(), request.host.to_owned()));
    headers.push(("x-amz-date".to_owned(), time.clone()));
    if scope.service == "s3" {
        headers.push(("x-amz-content-sha256".to_owned(), payload.clone()));
    }
    if let Some(token) = &keys.session_token {
        headers.push(("x-amz-security-token".to_owned(), token.clone()));
    }
    headers.sort();

    let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
    let signed_names = names.join(";");
    // S3 takes the path as it is sent; every other service signs it encoded once more.
    let path = if scope.service == "s3" {
        request.path.to_owned()
    } else {
        encode(request.path, true)
    };
    let mut canonical = format!(
        "{}\n{path}\n{}\n",
        request.method,
        query_string(request.query)
    );
    for (name, value) in &headers {
        let _ = writeln!(canonical, "{name}:{}", value.trim());
    }
    let _ = write!(canonical, "\n{signed_names}\n{payload}");

    let day = &time[..8];
    let range = format!("{day}/{}/{}/aws4_request", scope.region, scope.service);
    let to_sign = format!(
        "AWS4-HMAC-SHA256\n{time}\n{range}\n{}",
        hexadecimal(&Sha256::digest(canonical))
    );
    let mut key = mac(format!("AWS4{}", keys.secret_access_key).as_bytes(), day);
    for part in [scope.region, scope.service, "aws4_request", &to_sign] {
        key = mac(&key, part);
    }
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={}/{range}, SignedHeaders={signed_names}, Signature={}",
        keys.access_key_id,
        hexadecimal(&key)
    );
    // The client sends its own `host`, the same.
    headers.retain(|(name, _)| name != "host");
    headers.push(("authorization".to_owned(), authorization));
    headers
}

/// A query as it is sent and signed: encoded and sorted.
pub(crate) fn query_string(query: &[(String, String)]) -> String {
    let mut pairs: Vec<String> = query
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name, false), encode(value, false)))
        .collect();
    pairs.sort();
    pairs.join("&")
}

/// Percent-encodes everything but what RFC 3986 calls unreserved, and `/` where it parts segments.
pub(crate) fn encode(text: &str, keep_slashes: bool) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(byte.into());
            }
            b'/' if keep_slashes => encoded.push('/'),
            _ => {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    encoded
}

/// `20261121T193128Z`
fn compact_time(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time)
        .to_string()
        .replace(['-', ':'], "")
}

fn mac(key: &[u8], message: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        Keys {
            access_key_id: "AKIDEXAMPLE".to_owned(),
            secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned(),
            session_token: None,
        }
    }

    fn signature(headers: &[(String, String)]) -> &str {
        let authorization = headers.iter().find(|(name, _)| name == "authorization");
        let (_, value) = authorization.expect("it is signed");
        value.rsplit_once("Signature=").expect("it says how").1
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    /// The example of "Signature Version 4 signing process": IAM's ListUsers.
    #[test]
    fn a_query_is_signed_as_the_documentation_shows() {
        let query = pairs(&[("Version", "2010-05-08"), ("Action", "ListUsers")]);
        let kind = "application/x-www-form-urlencoded; charset=utf-8";
        let request = Unsigned {
            method: "GET",
            host: "iam.amazonaws.com",
            path: "/",
            query: &query,
            headers: &pairs(&[("content-type", kind)]),
            body: b"",
        };
        let scope = Scope {
            region: "us-east-1",
            service: "iam",
            time: humantime::parse_rfc3339("2015-08-30T12:36:00Z").expect("a time"),
        };
        assert_eq!(
            signature(&sign(&request, scope, &keys())),
            "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
        );
    }

    /// The examples of "Authenticating Requests: Using the Authorization Header" of S3.
    #[test]
    fn requests_to_s3_are_signed_as_the_documentation_shows() {
        let keys = Keys {
            access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret_access_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
            session_token: None,
        };
        let scope = Scope {
            region: "us-east-1",
            service: "s3",
            time: humantime::parse_rfc3339("2013-05-24T00:00:00Z").expect("a time"),
        };
        let get = Unsigned {
            method: "GET",
            host: "examplebucket.s3.amazonaws.com",
            path: "/test.txt",
            query: &[],
            headers: &pairs(&[("range", "bytes=0-9")]),
            body: b"",
        };
        assert_eq!(
            signature(&sign(&get, scope, &keys)),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        );
        let list = Unsigned {
            path: "/",
            query: &pairs(&[("prefix", "J"), ("max-keys", "2")]),
            headers: &[],
            ..get
        };
        assert_eq!(
            signature(&sign(&list, scope, &keys)),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
        );
    }

    #[test]
    fn a_session_token_is_part_of_what_is_signed() {
        let request = Unsigned {
            method: "GET",
            host: "sts.eu-west-3.amazonaws.com",
            path: "/",
            query: &[],
            headers: &[],
            body: b"",
        };
        let scope = Scope {
            region: "eu-west-3",
            service: "sts",
            time: SystemTime::UNIX_EPOCH,
        };
        let with_token = Keys {
            session_token: Some("token".to_owned()),
            ..keys()
        };
        let headers = sign(&request, scope, &with_token);
        assert!(headers.contains(&("x-amz-security-token".to_owned(), "token".to_owned())));
        assert_ne!(
            signature(&headers),
            signature(&sign(&request, scope, &keys()))
        );
    }
}
