//! A small client of an API server, for what a test asks often: each `kubectl` is a process that learns the server anew.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig};

use super::Keys;

/// Speaks to one API server as administrator.
#[derive(Debug, Clone)]
pub struct Client {
    agent: ureq::Agent,
    address: Arc<str>,
}

impl Client {
    pub(super) fn new(keys: &Keys, port: u16) -> Self {
        let read = |path: &Path| fs::read(path).expect("the keys are written");
        let certificate =
            |path: &Path| Certificate::from_pem(&read(path)).expect("it is a certificate");
        let key = PrivateKey::from_pem(&read(&keys.admin_key)).expect("it is a key");
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::from([certificate(&keys.ca)]))
            .client_cert(Some(ClientCert::new_with_certs(
                &[certificate(&keys.admin_certificate)],
                key,
            )))
            .build();
        let config = ureq::Agent::config_builder()
            .tls_config(tls)
            .timeout_global(Some(Duration::from_secs(30)))
            .http_status_as_error(false)
            .build();
        Self {
            agent: config.new_agent(),
            address: format!("https://127.0.0.1:{port}").into(),
        }
    }

    /// What stands at a path (`/apis/apps/v1/namespaces/a/deployments/b`, or a list): null where there is nothing,
    /// and where the server does not answer.
    pub fn get(&self, path: &str) -> Value {
        let answer = self.agent.get(format!("{}{path}", self.address)).call();
        match answer {
            Ok(mut answer) if answer.status().is_success() => body(&mut answer),
            _ => Value::Null,
        }
    }

    /// Merges `patch` into what stands at a path.
    ///
    /// # Errors
    /// What the server answered, where it refused or did not answer.
    pub fn merge(&self, path: &str, patch: &Value) -> Result<Value, String> {
        let request = self
            .agent
            .patch(format!("{}{path}", self.address))
            .header("Content-Type", "application/merge-patch+json");
        answer(request.send(patch.to_string()))
    }

    /// Posts an object to a path, such as an eviction to a pod's.
    ///
    /// # Errors
    /// What the server answered, where it refused or did not answer.
    pub fn post(&self, path: &str, object: &Value) -> Result<Value, String> {
        let request = self
            .agent
            .post(format!("{}{path}", self.address))
            .header("Content-Type", "application/json");
        answer(request.send(object.to_string()))
    }
}

fn answer(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Value, String> {
    let mut answer = answer.map_err(|error| error.to_string())?;
    let value = body(&mut answer);
    if answer.status().is_success() {
        Ok(value)
    } else {
        Err(format!("{}: {value}", answer.status()))
    }
}

fn body(answer: &mut ureq::http::Response<ureq::Body>) -> Value {
    let text = answer
        .body_mut()
        .with_config()
        .limit(64 << 20)
        .read_to_string();
    serde_json::from_str(&text.unwrap_or_default()).unwrap_or_default()
}
