//! The Kubernetes objects of an environment, as `kustomize build` gives them once the outputs are filled in.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use seaworthy_testkit::tools::program;
use serde::Deserialize as _;
use serde_json::Value;

use crate::place::Place;
use crate::states::{States, text};

/// What runs, and what is said of who reaches whom.
pub(crate) struct Objects {
    /// The labels of each workload's pods, by its name.
    pub(crate) pods: BTreeMap<String, Value>,
    /// NetworkPolicies, by name.
    pub(crate) network_policies: BTreeMap<String, Value>,
    /// SecurityGroupPolicies, by name.
    pub(crate) group_policies: BTreeMap<String, Value>,
}

impl Objects {
    /// Fills the outputs in, as the person does who has applied, and builds every overlay of the platform.
    pub(crate) fn of(place: &Place, states: &States) -> Self {
        let environment = &place.environment;
        fill(place, states);
        let gitops = place.path().join("gitops");
        let mut folders = vec![gitops.join("platform").join(environment)];
        for group in ["services", "databases"] {
            for folder in fs::read_dir(gitops.join(group)).into_iter().flatten() {
                let folder = folder.expect("it can be read").path();
                folders.push(folder.join(environment));
                folders.push(folder.join("migration").join(environment));
            }
        }
        let mut objects = Self {
            pods: BTreeMap::new(),
            network_policies: BTreeMap::new(),
            group_policies: BTreeMap::new(),
        };
        for folder in folders.iter().filter(|folder| folder.is_dir()) {
            for object in build(folder) {
                objects.add(object);
            }
        }
        assert!(!objects.pods.is_empty(), "{folders:?}");
        objects
    }

    fn add(&mut self, object: Value) {
        let name = text(&object["metadata"]["name"]).to_owned();
        let template = match text(&object["kind"]) {
            "NetworkPolicy" => {
                self.network_policies.insert(name, object);
                return;
            }
            "SecurityGroupPolicy" => {
                self.group_policies.insert(name, object);
                return;
            }
            "Deployment" | "StatefulSet" | "Job" => &object["spec"]["template"],
            "CronJob" => &object["spec"]["jobTemplate"]["spec"]["template"],
            _ => return,
        };
        self.pods
            .insert(name, template["metadata"]["labels"].clone());
    }
}

/// Writes what AWS made into the one file that waits for it.
fn fill(place: &Place, states: &States) {
    let file = place
        .path()
        .join("gitops/environments")
        .join(&place.environment)
        .join("outputs/configmap.yaml");
    let mut filled = fs::read_to_string(&file).expect("it was rendered");
    let mut fill = |key: String, value: &Value| {
        let empty = format!("  {key}: ''\n");
        if filled.contains(&empty) {
            filled = filled.replace(&empty, &format!("  {key}: {}\n", text(value)));
        }
    };
    fill(
        "cluster-security-group-id".to_owned(),
        states.output("cluster", "security_group_id"),
    );
    for (database, clients) in entries(states.output("data", "client_security_group_ids")) {
        for (client, group) in entries(clients) {
            fill(format!("{database}-{client}-security-group-id"), group);
        }
    }
    for (database, arn) in entries(states.output("data", "master_secret_arns")) {
        fill(format!("{database}-master-secret-arn"), arn);
    }
    assert!(!filled.contains(": ''"), "not filled in: {filled}");
    fs::write(&file, filled).expect("it is ours");
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn build(folder: &Path) -> Vec<Value> {
    let kustomize: PathBuf = program("kustomize");
    let output = Command::new(kustomize)
        .arg("build")
        .arg(folder)
        .output()
        .expect("it starts");
    assert!(
        output.status.success(),
        "{}: {}",
        folder.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    let built = String::from_utf8_lossy(&output.stdout);
    yaml_serde::Deserializer::from_str(&built)
        .map(|document| Value::deserialize(document).expect("an object"))
        .collect()
}
