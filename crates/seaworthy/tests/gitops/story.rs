//! What both ways of delivery must do, step by step.

use std::time::{Duration, Instant};

use seaworthy_testkit::cluster::{ApiServer, Client};
use serde_json::Value;

use crate::repository::{Repository, digest};

/// How long a step may take on a loaded machine.
const PATIENCE: Duration = Duration::from_mins(4);

/// Kinds of other projects that the counter's production has objects of.
pub(crate) const CRDS: &[&str] = &[
    "external-secrets",
    "prometheus-operator",
    "karpenter",
    "vpc-resource-controller",
];

/// What somebody has to report on before the next step begins, as paths of the API.
pub(crate) const REPORTED: &[&str] = &[
    "/apis/apps/v1/deployments",
    "/apis/batch/v1/jobs",
    "/apis/autoscaling/v2/horizontalpodautoscalers",
    "/apis/policy/v1/poddisruptionbudgets",
    "/apis/networking.k8s.io/v1/ingresses",
    "/apis/external-secrets.io/v1/secretstores",
    "/apis/external-secrets.io/v1/externalsecrets",
    "/apis/karpenter.sh/v1/nodepools",
    "/apis/karpenter.k8s.aws/v1/ec2nodeclasses",
];

const API: &str = "/apis/apps/v1/namespaces/counter/deployments/api";
const WEB: &str = "/apis/apps/v1/namespaces/counter/deployments/web";
const MIGRATION: &str = "/apis/batch/v1/namespaces/counter/jobs/api-migration";
const WEB_SERVICE: &str = "/api/v1/namespaces/counter/services/web";
const MONITOR: &str = "/apis/monitoring.coreos.com/v1/namespaces/counter/servicemonitors/web";

/// The controllers of one way of delivery, with the repository that they follow.
pub(crate) trait Follower {
    fn server(&self) -> &ApiServer;

    fn client(&self) -> &Client;

    fn repository(&self) -> &Repository;

    /// Makes the last commit the one that is to be followed.
    fn publish(&self);

    /// Makes the controllers look at the cluster now, if they would not soon.
    fn look(&self);

    /// What the controllers report about a service.
    fn report(&self, service: &str) -> Value;

    /// The ends of their logs.
    fn log(&self) -> String;
}

/// The whole story, from the first commit to a rollback.
pub(crate) fn tell(follower: &dyn Follower) {
    a_commit_arrives_in_order(follower);
    a_promotion_moves_one_digest_and_what_leaves_git_is_pruned(follower);
    drift_is_put_back(follower);
    broken_commits_change_nothing_and_are_reported(follower);
    a_rollback_is_a_commit_too(follower);
}

fn a_commit_arrives_in_order(follower: &dyn Follower) {
    wait(follower, "both services run build 1", || {
        runs(follower, API, '1') && runs(follower, WEB, '1')
    });
    let created = |path: &str| {
        let at = follower.client().get(path)["metadata"]["creationTimestamp"].clone();
        at.as_str().map(str::to_owned)
    };
    let migrated = created(MIGRATION).expect("there is a migration");
    let api = created(API).expect("it runs");
    assert!(
        migrated <= api,
        "the migration comes first: {migrated} {api}"
    );
    let namespace = follower.client().get("/api/v1/namespaces/counter");
    assert_eq!(
        namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"], "restricted",
        "{namespace}"
    );
}

fn a_promotion_moves_one_digest_and_what_leaves_git_is_pruned(follower: &dyn Follower) {
    let repository = follower.repository();
    repository.release("development", '2');
    repository.commit("development: build 2");
    let web = follower.client().get(WEB)["metadata"]["generation"].clone();
    repository.seaworthy(&[
        "promote",
        "api",
        "--from",
        "development",
        "--to",
        "production",
        "--offline",
    ]);

    let file = "gitops/services/web/base/kustomization.yaml";
    let whole = repository.read(file);
    let line = "- servicemonitor.yaml\n";
    assert!(whole.contains(line), "{whole}");
    assert!(!follower.client().get(MONITOR).is_null());
    repository.write(file, &whole.replace(line, ""));
    repository.commit("web: not watched any more");
    follower.publish();

    wait(follower, "api runs the promoted build", || {
        runs(follower, API, '2')
    });
    wait(follower, "the monitor is pruned", || {
        follower.client().get(MONITOR).is_null()
    });
    let after = &follower.client().get(WEB)["metadata"]["generation"];
    assert_eq!(*after, web, "the deployment of web was touched");
    let migration = follower.client().get(MIGRATION)["spec"].to_string();
    assert!(migration.contains(&digest('2')), "{migration}");
}

fn drift_is_put_back(follower: &dyn Follower) {
    let server = follower.server();
    let ports = follower.client().get(WEB_SERVICE)["spec"]["ports"].clone();
    let changed = server.kubectl(&[
        "set",
        "env",
        "deployment/api",
        "LOG_LEVEL=trace",
        "--namespace=counter",
    ]);
    assert!(changed.success, "{changed:?}");
    let deleted = server.kubectl(&["delete", "service", "web", "--namespace=counter"]);
    assert!(deleted.success, "{deleted:?}");
    follower.look();
    wait(follower, "what was changed by hand is put back", || {
        let api = follower.client().get(API)["spec"].to_string();
        let service = follower.client().get(WEB_SERVICE);
        !api.is_empty() && !api.contains("trace") && service["spec"]["ports"] == ports
    });
}

/// One that Kustomize does not build (`api`), and one that the API server does not take (`web`).
fn broken_commits_change_nothing_and_are_reported(follower: &dyn Follower) {
    let repository = follower.repository();
    let running = [API, WEB].map(|path| follower.client().get(path)["spec"].clone());
    let overlay = "gitops/services/api/production/kustomization.yaml";
    // As a merge leaves it that somebody committed unread.
    repository.write(
        overlay,
        &format!("<<<<<<< HEAD\n{}", repository.read(overlay)),
    );
    let service = "gitops/services/web/base/service.yaml";
    let text = repository.read(service);
    let wrong = text.replace("port: 8080", "port: 808000");
    assert_ne!(text, wrong);
    repository.write(service, &wrong);
    repository.commit("a merge");
    follower.publish();

    wait(follower, "what cannot be built is reported", || {
        let report = follower.report("api").to_string();
        report.contains("kustomize build") || report.contains("types.Kustomization")
    });
    wait(follower, "what the API server refuses is reported", || {
        follower
            .report("web")
            .to_string()
            .contains("spec.ports[0].port")
    });
    let after = [API, WEB].map(|path| follower.client().get(path)["spec"].clone());
    assert_eq!(after, running, "a broken commit arrived");
    let port = &follower.client().get(WEB_SERVICE)["spec"]["ports"][0]["port"];
    assert_eq!(port, 8080);
    repository.git(&["revert", "--no-edit", "HEAD"]);
}

fn a_rollback_is_a_commit_too(follower: &dyn Follower) {
    let repository = follower.repository();
    repository.seaworthy(&["rollback", "api", "--in", "production"]);
    follower.publish();
    wait(follower, "api runs the build before", || {
        runs(follower, API, '1')
    });
}

/// Whether a Deployment has this build.
fn runs(follower: &dyn Follower, deployment: &str, digit: char) -> bool {
    follower.client().get(deployment)["spec"]["template"]["spec"]["containers"][0]["image"]
        .as_str()
        .is_some_and(|image| image.ends_with(&digest(digit)))
}

#[expect(clippy::print_stdout, reason = "how long each step took")]
#[track_caller]
pub(crate) fn wait(follower: &dyn Follower, what: &str, mut seen: impl FnMut() -> bool) {
    let start = Instant::now();
    while !seen() {
        assert!(
            start.elapsed() < PATIENCE,
            "not seen after {PATIENCE:?}: {what}\napi: {:#}\nweb: {:#}\n{}",
            follower.report("api"),
            follower.report("web"),
            follower.log()
        );
        std::thread::sleep(Duration::from_millis(250));
    }
    println!("{:>6.1} s  {what}", start.elapsed().as_secs_f64());
}
