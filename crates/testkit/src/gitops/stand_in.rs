//! What reports on objects where there is no node, no cloud and no controller of the kind: a Deployment is rolled out,
//! a Job complete, a load balancer there, a secret fetched, a Helm release installed, what is deleted gone.
//!
//! It says so of every object as soon as it sees it, and again after each change. It proves nothing about the objects;
//! Argo CD and Flux only go on to the next step when somebody has said it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};

use crate::cluster::Client;

/// How long between two looks.
const PERIOD: Duration = Duration::from_millis(500);

/// The stand-in at work, until the value is dropped.
#[derive(Debug)]
pub struct StandIn {
    end: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl StandIn {
    /// Begins to report on the objects that stand at the `reported` paths of the API (`/apis/apps/v1/deployments`), and
    /// to let go of those that stand at the `collected` paths and are deleted in the foreground.
    pub fn start(client: Client, reported: &[&str], collected: &[&str]) -> Self {
        let end = Arc::new(AtomicBool::new(false));
        let own = |paths: &[&str]| paths.iter().map(|&path| path.to_owned()).collect();
        let (reported, collected): (Vec<String>, Vec<String>) = (own(reported), own(collected));
        let ended = Arc::clone(&end);
        let thread = std::thread::spawn(move || {
            let mut told = BTreeMap::new();
            while !ended.load(Ordering::Relaxed) {
                for path in &reported {
                    report(&client, path, &mut told);
                }
                for path in &collected {
                    collect(&client, path);
                }
                std::thread::sleep(PERIOD);
            }
        });
        Self {
            end,
            thread: Some(thread),
        }
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.end.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What the garbage collector does for an object that nothing depends on.
fn collect(client: &Client, path: &str) {
    const FINALIZER: &str = "foregroundDeletion";
    for object in client.get(path)["items"].as_array().into_iter().flatten() {
        let metadata = &object["metadata"];
        let others: Vec<_> = metadata["finalizers"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|finalizer| *finalizer != FINALIZER)
            .collect();
        if !metadata["deletionTimestamp"].is_null() && metadata["finalizers"] != json!(others) {
            let patch = json!({ "metadata": { "finalizers": others } });
            // What is gone meanwhile needs nobody to let go of it.
            let _ = client.merge(&path_of(path, metadata), &patch);
        }
    }
}

/// The path of one object of those that stand at `path` in all namespaces.
fn path_of(path: &str, metadata: &Value) -> String {
    let (root, plural) = path.rsplit_once('/').expect("paths begin with a slash");
    let namespace = metadata["namespace"].as_str();
    let namespace = namespace.map_or(String::new(), |name| format!("/namespaces/{name}"));
    let name = metadata["name"].as_str().unwrap_or_default();
    format!("{root}{namespace}/{plural}/{name}")
}

/// Tells about everything that is new or has changed; `told` holds the generation that was told last, by identity.
fn report(client: &Client, path: &str, told: &mut BTreeMap<String, i64>) {
    let list = client.get(path);
    let kind = list["kind"].as_str().unwrap_or_default();
    let kind = kind.strip_suffix("List").unwrap_or_default();
    for object in list["items"].as_array().into_iter().flatten() {
        let metadata = &object["metadata"];
        let identity = metadata["uid"].as_str().unwrap_or_default().to_owned();
        // Where nobody counts changes there is nothing to tell again.
        let generation = metadata["generation"].as_i64().unwrap_or(1);
        if told.get(&identity) == Some(&generation) {
            continue;
        }
        let patch = json!({ "status": status(kind, object, generation) });
        let path = format!("{}/status", path_of(path, metadata));
        // What is gone or was changed meanwhile is told about the next time.
        if client.merge(&path, &patch).is_ok() {
            told.insert(identity, generation);
        }
    }
}

/// What the kind's controller reports when all is well.
fn status(kind: &str, object: &Value, generation: i64) -> Value {
    let now = "2026-01-01T00:00:00Z";
    let condition = |kind: &str| {
        json!({
            "type": kind,
            "status": "True",
            "reason": "StandIn",
            "message": "written by a test",
            "lastTransitionTime": now,
        })
    };
    let spec = &object["spec"];
    match kind {
        "Deployment" => {
            let replicas = &spec["replicas"];
            let mut progressing = condition("Progressing");
            progressing["reason"] = json!("NewReplicaSetAvailable");
            json!({
                "observedGeneration": generation,
                "replicas": replicas,
                "updatedReplicas": replicas,
                "readyReplicas": replicas,
                "availableReplicas": replicas,
                "conditions": [condition("Available"), progressing],
            })
        }
        "Job" => {
            let begun = &object["metadata"]["creationTimestamp"];
            json!({
                "startTime": begun,
                "completionTime": begun,
                "succeeded": 1,
                "ready": 0,
                "terminating": 0,
                "uncountedTerminatedPods": {},
                "conditions": [condition("SuccessCriteriaMet"), condition("Complete")],
            })
        }
        "HorizontalPodAutoscaler" => json!({
            "observedGeneration": generation,
            "currentReplicas": spec["minReplicas"],
            "desiredReplicas": spec["minReplicas"],
            "conditions": [condition("AbleToScale"), condition("ScalingActive")],
        }),
        "PodDisruptionBudget" => json!({
            "observedGeneration": generation,
            "currentHealthy": 2,
            "desiredHealthy": 1,
            "disruptionsAllowed": 1,
            "expectedPods": 2,
            "conditions": [condition("DisruptionAllowed")],
        }),
        "Ingress" => json!({ "loadBalancer": { "ingress": [{ "hostname": "edge.example.com" }] } }),
        "HelmRelease" => json!({
            "observedGeneration": generation,
            "conditions": [condition("Ready")],
        }),
        _ => json!({ "conditions": [condition("Ready")] }),
    }
}
