//! Faults that teams make, planted into a rendered platform or its definition. Each is refused by the definition,
//! impossible by how the files are made, or named by `check`. The numbers are those of the list that they come from.

use std::fs;
use std::path::Path;

use crate::repository::Repository;

/// The counter with everything released: only then is there something that applies its services.
fn counter() -> Repository {
    rendered(&[])
}

/// The counter, with these changes of its definition.
fn rendered(changes: &[(&str, &str)]) -> Repository {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/counter");
    let mut text = fs::read_to_string(example.join("seaworthy.yaml")).expect("the example exists");
    for (old, new) in changes {
        assert!(text.contains(old), "the example does not say {old:?}");
        text = text.replace(old, new);
    }
    let repository = Repository::new(&[("seaworthy.yaml", &text)]);
    let images = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nimages:\n"
        .to_owned()
        + &["api", "web"]
            .map(|service| {
                format!(
                    "- name: {REGISTRY}/{service}\n  newTag: v1.0.0\n  digest: sha256:{}\n",
                    "0123456789abcdef".repeat(4)
                )
            })
            .concat();
    for environment in ["development", "production"] {
        let path = format!("gitops/environments/{environment}/images/kustomization.yaml");
        repository.write(&path, &images);
    }
    repository.run(&["render"]).code(0);
    repository
}

const REGISTRY: &str = "222222222222.dkr.ecr.eu-west-3.amazonaws.com/counter";

/// Replaces a text that stands in a file.
#[track_caller]
fn plant(repository: &Repository, path: &str, old: &str, new: &str) {
    let text = repository.read(path);
    assert!(text.contains(old), "{path} does not say {old:?}:\n{text}");
    repository.write(path, &text.replace(old, new));
}

/// Fails unless this rule finds something in this file.
#[track_caller]
fn is_named(repository: &Repository, rule: &str, path: &str) {
    let report = repository.json(&["--select", rule]);
    let found = report["diagnostics"].to_string();
    assert!(found.contains(path), "{rule} does not name {path}: {found}");
}

/// Fails if this rule finds anything before something is planted.
#[track_caller]
fn is_silent(repository: &Repository, rule: &str) {
    let found = repository.rules(&["--select", rule]);
    assert!(found.is_empty(), "{found:?}");
}

/// Every rendered object, with its path.
fn objects(repository: &Repository) -> Vec<(String, String)> {
    fn collect(top: &Path, folder: &Path, found: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("it can be read").path();
            if path.is_dir() {
                collect(top, &path, found);
            } else {
                let shown = path.strip_prefix(top).expect("it is below");
                let text = fs::read_to_string(&path).expect("it is text");
                found.push((shown.to_string_lossy().into_owned(), text));
            }
        }
    }
    let mut found = Vec::new();
    collect(
        repository.path(),
        &repository.path().join("gitops"),
        &mut found,
    );
    found
}

#[test]
fn planted_fault_02_no_object_holds_the_address_of_a_database() {
    let counter = counter();
    let objects = objects(&counter);
    let literal: Vec<&String> = objects
        .iter()
        .filter(|(_, text)| text.contains(".rds.amazonaws.com"))
        .map(|(path, _)| path)
        .collect();
    assert!(literal.is_empty(), "{literal:?}");
    let deployment = counter.read("gitops/services/api/base/deployment.yaml");
    assert!(
        deployment.contains(
            "- name: DB_HOST\n          valueFrom:\n            secretKeyRef:\n              name: api\n              key: counter_host"
        ),
        "{deployment}"
    );
}

#[test]
fn planted_fault_03_an_image_for_other_processors_than_the_nodes() {
    let counter = rendered(&[(
        "compute: karpenter",
        "compute: karpenter, nodes: { architecture: arm64 }",
    )]);
    is_silent(&counter, "arch-mismatch");
    counter.write(
        "build.sh",
        &format!(
            "#!/bin/bash\ndocker build --platform linux/amd64 -t {REGISTRY}/api:v1.0.0 --push .\n"
        ),
    );
    is_named(&counter, "arch-mismatch", "build.sh");
}

#[test]
fn planted_fault_06_an_image_that_nobody_pushed_is_not_run() {
    // What runs is a digest, which a person or pipeline got from the registry; a tag alone releases nothing.
    let counter = counter();
    let path = "gitops/environments/production/images/kustomization.yaml";
    assert!(
        counter
            .read("gitops/clusters/production/kustomization.yaml")
            .contains("application-api.yaml")
    );
    let without: String = counter
        .read(path)
        .split_inclusive('\n')
        .filter(|line| !line.contains("digest:"))
        .collect();
    counter.write(path, &without);
    counter.run(&["render"]).code(0);
    assert!(
        !counter
            .read("gitops/clusters/production/kustomization.yaml")
            .contains("application-api.yaml")
    );
}

#[test]
fn planted_fault_07_a_branch_as_a_tag() {
    let counter = counter();
    is_silent(&counter, "branch-name-invalid-as-tag");
    let path = ".github/workflows/build.yaml";
    counter.write(
        path,
        &format!(
            "on: push
permissions: {{}}
jobs:
  build:
    runs-on: ubuntu-24.04
    steps:
      - run: docker build --push -t {REGISTRY}/api:${{{{ github.ref_name }}}} .
"
        ),
    );
    is_named(&counter, "branch-name-invalid-as-tag", path);
}

#[test]
fn planted_fault_09_a_plan_that_fails_and_a_job_that_stays_green() {
    let counter = counter();
    is_silent(&counter, "plan-failure-ignored");
    let path = ".github/workflows/plan.yaml";
    counter.write(
        path,
        "on: pull_request
permissions: {}
jobs:
  plan:
    runs-on: ubuntu-24.04
    steps:
      - run: tofu init && tofu plan
        working-directory: infra/production/cluster
        continue-on-error: true
",
    );
    is_named(&counter, "plan-failure-ignored", path);
}

#[test]
fn planted_fault_12_a_dump_every_minute() {
    let counter = counter();
    is_silent(&counter, "backup-schedule-implausible");
    let path = "gitops/databases/counter/base/cronjob-dump.yaml";
    plant(
        &counter,
        path,
        "schedule: 30 2 * * *",
        "schedule: '* 0/4 * * *'",
    );
    is_named(&counter, "backup-schedule-implausible", path);
}

#[test]
fn planted_fault_14_replicas_beside_an_autoscaler() {
    let counter = counter();
    let path = "gitops/services/api/base/deployment.yaml";
    assert!(!counter.read(path).contains("replicas:"));
    is_silent(&counter, "hpa-fights-gitops-replicas");
    plant(
        &counter,
        path,
        "spec:\n  minReady",
        "spec:\n  replicas: 3\n  minReady",
    );
    is_named(&counter, "hpa-fights-gitops-replicas", path);
}

#[test]
fn planted_fault_15_a_kind_that_the_cluster_no_longer_has() {
    let counter = counter();
    is_silent(&counter, "removed-api-for-cluster");
    let path = "gitops/services/api/production/horizontalpodautoscaler.yaml";
    plant(&counter, path, "autoscaling/v2", "autoscaling/v2beta2");
    is_named(&counter, "removed-api-for-cluster", path);
}

#[test]
fn planted_fault_19_a_config_map_that_changes_rolls_its_pods() {
    let objects = objects(&counter());
    let maps: Vec<&str> = objects
        .iter()
        .filter(|(_, text)| {
            text.contains("\nkind: ConfigMap\n") && text.contains("immutable: true")
        })
        .filter_map(|(_, text)| {
            let name = text.split_once("\n  name: ")?.1.lines().next()?;
            Some(name.trim())
        })
        .collect();
    assert!(!maps.is_empty());
    let mut mounted = 0;
    for (path, text) in objects
        .iter()
        .filter(|(path, _)| !path.ends_with("values.yaml"))
    {
        for (_, rest) in text
            .match_indices("configMap:\n")
            .map(|(at, word)| text.split_at(at + word.len()))
        {
            let name = rest
                .trim_start()
                .strip_prefix("name: ")
                .and_then(|name| name.lines().next());
            let name = name.unwrap_or_default().trim();
            // The name is that of the content: another content is another name, and a new template of pods.
            let hash = name.rsplit('-').next().unwrap_or_default();
            assert!(
                maps.contains(&name),
                "{path} mounts `{name}`, which may change"
            );
            assert!(
                hash.len() == 8 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()),
                "{path}: {name}"
            );
            mounted += 1;
        }
    }
    assert!(mounted > 0);
}

#[test]
fn planted_fault_20_a_path_with_nothing_behind_it() {
    // No generator makes Applications from folders here: each is a file, and a path without its folder does not build.
    let counter = counter();
    let generated = objects(&counter)
        .into_iter()
        .find(|(_, text)| text.contains("kind: ApplicationSet"));
    assert_eq!(generated, None);
    is_silent(&counter, "kustomization-does-not-build");
    let path = "gitops/services/api/production/kustomization.yaml";
    plant(&counter, path, "- ../base\n", "- ../bsae\n");
    is_named(&counter, "kustomization-does-not-build", path);
}

#[test]
fn planted_fault_23_no_node_joins_before_its_network() {
    let main = counter().read("infra/production/cluster/main.tf");
    let block = |name: &str| {
        let start = main
            .find(&format!("module \"{name}\" {{"))
            .expect("the module is there");
        let rest = &main[start..];
        &rest[..rest.find("\n}\n").expect("it ends")]
    };
    assert!(block("node_addons").contains("vpc-cni = {"));
    // OpenTofu makes the nodes when what they are named after is made: not before the network add-on.
    assert!(block("controllers").contains("module.node_addons.cluster_name"));
}

#[test]
fn planted_fault_24_secrets_and_state_in_git() {
    let counter = counter();
    is_silent(&counter, "state-or-credential-committed");
    let secret = "gitops/services/api/base/secret.yaml";
    counter.write(
        secret,
        "apiVersion: v1\nkind: Secret\nmetadata: {name: api, namespace: counter}\ndata: {password: cThacjJtVng3THc5S3AzTnM2VGQ=}\n",
    );
    let token = "notes.txt";
    // Put together here, so that no scanner takes this test for a leak.
    counter.write(
        token,
        &format!(
            "token: {}_{}\n",
            "ghp", "q8Zr2mVx7Lw9Kp3Ns6TdA1bC4eF5gH6iJ7kL"
        ),
    );
    let state = "infra/production/data/terraform.tfstate";
    counter.write(
        state,
        "{\"version\": 4, \"terraform_version\": \"1.12.0\", \"resources\": [{\"mode\": \"managed\", \"type\": \"random_password\", \"name\": \"db\"}]}\n",
    );
    for path in [secret, token, state] {
        is_named(&counter, "state-or-credential-committed", path);
    }
}
