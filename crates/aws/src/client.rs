//! Sends signed requests and reads what comes back, again where AWS asks for patience.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, SystemTime};

use serde_json::Value;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use crate::sign::{self, Scope, Unsigned, encode};
use crate::{Credentials, Element, Error, Service, Settings};

/// How long one request may take, its answer included.
const PATIENCE: Duration = Duration::from_mins(1);

/// How often a request is sent at most; the pause between doubles.
const TRIES: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// How S3 says that a bucket is in another region.
const MOVED: u16 = 301;
const BUCKET_REGION: &str = "x-amz-bucket-region";

/// AWS in one region, as one caller.
#[derive(Debug)]
pub struct Client {
    settings: Settings,
    credentials: Credentials,
    region: String,
    agent: ureq::Agent,
}

/// A request to a service that is not a query.
#[derive(Debug, Clone, Copy, Default)]
pub struct RestRequest<'a> {
    /// The method.
    pub method: &'a str,
    /// The bucket, for S3.
    pub bucket: Option<&'a str>,
    /// The path before encoding, with a slash at its begin.
    pub path: &'a str,
    /// Names and values before encoding.
    pub query: &'a [(&'a str, &'a str)],
    /// More headers, with lower-case names.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body.
    pub body: &'a [u8],
}

/// An answer that is no refusal.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Headers by lower-case name.
    pub headers: BTreeMap<String, String>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Client {
    /// A client for a region. Nothing is asked before the first call.
    ///
    /// # Errors
    /// When `AWS_CA_BUNDLE` names a file that cannot be read.
    pub fn new(settings: Settings, region: impl Into<String>) -> Result<Self, Error> {
        let region = region.into();
        let agent = agent(&settings)?;
        Ok(Self {
            credentials: Credentials::new(settings.clone(), region.clone()),
            settings,
            region,
            agent,
        })
    }

    /// The region it talks to.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Calls an action of a service that takes queries and answers in XML.
    ///
    /// # Errors
    /// When there are no credentials, no answer, or AWS refuses.
    pub fn query(
        &self,
        service: Service,
        (action, version): (&str, &str),
        parameters: &[(String, String)],
    ) -> Result<Element, Error> {
        let mut form = vec![
            ("Action".to_owned(), action.to_owned()),
            ("Version".to_owned(), version.to_owned()),
        ];
        form.extend_from_slice(parameters);
        let body = sign::query_string(&form);
        let kind = "application/x-www-form-urlencoded; charset=utf-8";
        let answer = self.send(
            service,
            action,
            RestRequest {
                method: "POST",
                path: "/",
                headers: &[("content-type", kind)],
                body: body.as_bytes(),
                ..RestRequest::default()
            },
        )?;
        Element::read(&answer.text(), &asked(service, action))
    }

    /// Calls an action of a service that takes and gives JSON. `target` is the header's value: `Prefix.Action`.
    ///
    /// # Errors
    /// As [`query`](Self::query).
    pub fn json(&self, service: Service, target: &str, body: &Value) -> Result<Value, Error> {
        let action = target.rsplit('.').next().unwrap_or(target);
        let answer = self.send(
            service,
            action,
            RestRequest {
                method: "POST",
                path: "/",
                headers: &[
                    ("content-type", "application/x-amz-json-1.1"),
                    ("x-amz-target", target),
                ],
                body: body.to_string().as_bytes(),
                ..RestRequest::default()
            },
        )?;
        read_json(&answer, &asked(service, action))
    }

    /// Calls a service that has paths and answers in JSON.
    ///
    /// # Errors
    /// As [`query`](Self::query).
    pub fn rest_json(
        &self,
        service: Service,
        action: &str,
        request: RestRequest<'_>,
    ) -> Result<Value, Error> {
        let answer = self.send(service, action, request)?;
        read_json(&answer, &asked(service, action))
    }

    /// Calls a service that has paths.
    ///
    /// # Errors
    /// As [`query`](Self::query).
    pub fn send(
        &self,
        service: Service,
        action: &str,
        request: RestRequest<'_>,
    ) -> Result<Answer, Error> {
        let mut pause = FIRST_PAUSE;
        let mut region = self.region.clone();
        for tried in 1.. {
            match self.send_once(service, action, request, &region) {
                Err(error) if is_passing(&error) && tried < TRIES => thread::sleep(pause),
                // A bucket in another region says which.
                Ok(answer) if answer.status == MOVED && tried < TRIES => {
                    answer.headers[BUCKET_REGION].clone_into(&mut region);
                    continue;
                }
                result => return result,
            }
            pause *= 2;
        }
        self.send_once(service, action, request, &region)
    }

    fn send_once(
        &self,
        service: Service,
        action: &str,
        request: RestRequest<'_>,
        region: &str,
    ) -> Result<Answer, Error> {
        let mut endpoint = service.endpoint(&self.settings, region)?;
        let mut path = endpoint.prefix.clone();
        match request.bucket {
            // A name cannot be put in front of an address that somebody chose.
            Some(bucket) if endpoint.chosen => {
                path.push('/');
                path.push_str(&encode(bucket, false));
            }
            Some(bucket) => endpoint.host = format!("{bucket}.{}", endpoint.host),
            None => {}
        }
        path.push_str(&encode(request.path, true));
        let query = owned(request.query);
        let unsigned = Unsigned {
            method: request.method,
            host: &endpoint.host,
            path: &path,
            query: &query,
            headers: &owned(request.headers),
            body: request.body,
        };
        let scope = Scope {
            region: &endpoint.region,
            service: service.signs_as(),
            time: SystemTime::now(),
        };
        let headers = sign::sign(&unsigned, scope, &self.credentials.keys()?);
        let mut url = format!("{}://{}{path}", endpoint.scheme, endpoint.host);
        if !query.is_empty() {
            url.push('?');
            url.push_str(&sign::query_string(&query));
        }
        let sent = Sent {
            agent: &self.agent,
            asked: asked(service, action),
            host: &endpoint.host,
        };
        sent.exchange(request.method, &url, &headers, request.body)
    }
}

/// What an exchange is about, for its errors.
pub(crate) struct Sent<'a> {
    pub(crate) agent: &'a ureq::Agent,
    pub(crate) asked: String,
    pub(crate) host: &'a str,
}

impl Sent<'_> {
    /// Sends a finished request and tells refusals from answers.
    pub(crate) fn exchange(
        &self,
        method: &str,
        url: &str,
        headers: &[(String, String)],
        body: &[u8],
    ) -> Result<Answer, Error> {
        let mut request = http::Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request.body(body).map_err(|error| Error::ReadAnswer {
            asked: self.asked.clone(),
            why: format!("the request cannot be built: {error}"),
        })?;
        let no_answer = |source| Error::Connect {
            asked: self.asked.clone(),
            host: self.host.to_owned(),
            source: Box::new(source),
        };
        let mut response = self.agent.run(request).map_err(no_answer)?;
        let mut reader = response.body_mut().with_config();
        // States of large platforms are tens of megabytes.
        reader = reader.limit(1 << 30);
        let body = reader.read_to_vec().map_err(no_answer)?;
        let answer = Answer {
            status: response.status().as_u16(),
            headers: response
                .headers()
                .iter()
                .map(|(name, value)| {
                    let value = String::from_utf8_lossy(value.as_bytes());
                    (name.as_str().to_owned(), value.into_owned())
                })
                .collect(),
            body,
        };
        let moved = answer.status == MOVED && answer.headers.contains_key(BUCKET_REGION);
        if answer.status < 300 || moved {
            return Ok(answer);
        }
        Err(refusal(&answer, &self.asked))
    }
}

/// A connection pool with the user's certificates.
pub(crate) fn agent(settings: &Settings) -> Result<ureq::Agent, Error> {
    let mut config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(PATIENCE))
        .user_agent(concat!("seaworthy/", env!("CARGO_PKG_VERSION")));
    if let Some(file) = settings.variable("AWS_CA_BUNDLE") {
        let unreadable = |why: String| Error::ReadProfiles {
            path: file.into(),
            why,
        };
        let pem = std::fs::read(file).map_err(|error| unreadable(error.to_string()))?;
        let certificates: Vec<Certificate<'static>> = ureq::tls::parse_pem(&pem)
            .filter_map(|item| match item {
                Ok(ureq::tls::PemItem::Certificate(certificate)) => Some(certificate),
                _ => None,
            })
            .collect();
        if certificates.is_empty() {
            return Err(unreadable("it holds no certificate".to_owned()));
        }
        let tls = TlsConfig::builder().root_certs(RootCerts::new_with_certs(&certificates));
        config = config.tls_config(tls.build());
    }
    Ok(config.build().into())
}

/// Whether the same request may well succeed in a moment.
fn is_passing(error: &Error) -> bool {
    match error {
        Error::Call { status, code, .. } => {
            *status == 429
                || matches!(status, 500 | 502 | 503 | 504)
                || code.contains("Throttl")
                || [
                    "RequestLimitExceeded",
                    "TooManyRequestsException",
                    "SlowDown",
                ]
                .contains(&code.as_str())
        }
        Error::Connect { source, .. } => {
            matches!(**source, ureq::Error::Io(_) | ureq::Error::Timeout(_))
        }
        _ => false,
    }
}

/// The code and the sentence of a refusal, in whichever of its forms the service wrote it.
fn refusal(answer: &Answer, asked: &str) -> Error {
    let text = answer.text();
    let mut code = String::new();
    let mut message = String::new();
    if let Ok(json) = serde_json::from_str::<Value>(&text) {
        let first = |names: &[&str]| {
            let found = names.iter().find_map(|name| json[*name].as_str());
            found.unwrap_or_default().to_owned()
        };
        code = first(&["__type", "code", "Code"]);
        message = first(&["message", "Message"]);
    } else if let Ok(xml) = Element::read(&text, asked) {
        let error = xml.find("Error").unwrap_or(&xml);
        error.text("Code").clone_into(&mut code);
        error.text("Message").clone_into(&mut message);
    }
    if code.is_empty()
        && let Some(kind) = answer.headers.get("x-amzn-errortype")
    {
        code.clone_from(kind);
    }
    // `com.amazonaws.kms#NotFoundException:http://…`
    let short = code.rsplit('#').next().unwrap_or_default();
    let short = short.split(':').next().unwrap_or_default();
    Error::Call {
        asked: asked.to_owned(),
        status: answer.status,
        code: if short.is_empty() {
            answer.status.to_string()
        } else {
            short.to_owned()
        },
        message,
    }
}

fn read_json(answer: &Answer, asked: &str) -> Result<Value, Error> {
    if answer.body.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(&answer.body).map_err(|error| Error::ReadAnswer {
        asked: asked.to_owned(),
        why: error.to_string(),
    })
}

fn asked(service: Service, action: &str) -> String {
    format!("{}:{action}", service.signs_as())
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}
