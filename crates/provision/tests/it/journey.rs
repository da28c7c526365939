//! From nothing to applied, to drift, to nothing: the whole way of an environment.

use seaworthy_aws::Service;
use seaworthy_provision::{Action, Outcome, summary};

use crate::platform::{Platform, whole};

const NETWORK: &str = r#"
resource "aws_vpc" "this" {
  cidr_block = "10.0.0.0/16"
  tags       = { Name = "counter-staging" }
}

output "vpc_id" {
  value = aws_vpc.this.id
}
"#;

const DATA: &str = r#"
resource "aws_sns_topic" "alerts" {
  name         = "counter-staging-alerts"
  display_name = "alerts of ${data.terraform_remote_state.network.outputs.vpc_id}"
}

resource "aws_secretsmanager_secret" "api" {
  name                    = "counter-staging/api"
  recovery_window_in_days = 7
}

resource "aws_secretsmanager_secret_version" "api" {
  secret_id     = aws_secretsmanager_secret.api.id
  secret_string = "correct horse battery staple"
}
"#;

#[test]
fn an_environment_is_applied_from_nothing_drifts_and_is_destroyed_without_a_trace() {
    let platform = Platform::new(&[("network", &[], NETWORK), ("data", &["network"], DATA)]);

    // Nothing is there: the bucket of the states can be planned, and nothing else.
    let (plan, _) = platform.with(|session| session.plan());
    let plan = plan.unwrap_or_else(|error| panic!("{}", whole(&error)));
    let waits: Vec<Option<&[String]>> = plan
        .roots
        .iter()
        .map(|root| match &root.outcome {
            Outcome::Waits { until } => Some(until.as_slice()),
            Outcome::Planned { .. } => None,
        })
        .collect();
    let state = ["state".to_owned()];
    assert_eq!(waits, [None, Some(&state[..]), Some(&state[..])]);
    let text = summary::text(&plan);
    assert!(
        text.contains("network: not plannable until `state` is applied"),
        "{text}"
    );

    let changed = platform
        .apply()
        .unwrap_or_else(|error| panic!("{}", whole(&error)));
    assert_eq!(changed, ["state", "network", "data"]);
    let (plan, _) = platform.with(|session| session.plan());
    let plan = plan.unwrap_or_else(|error| panic!("{}", whole(&error)));
    assert!(plan.is_empty(), "{}", summary::text(&plan));
    assert!(!plan.has_drift());

    drift(&platform);
    leave_a_volume(&platform);
    destroy(&platform);
}

/// Somebody renames the topic by hand, and the files change a secret's value.
fn drift(platform: &Platform) {
    let client = platform.client();
    let arn = format!(
        "arn:aws:sns:eu-west-3:{}:counter-staging-alerts",
        platform.account.id()
    );
    let parameters = [
        ("TopicArn", arn.as_str()),
        ("AttributeName", "DisplayName"),
        ("AttributeValue", "by hand"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    client
        .query(
            Service::Sns,
            ("SetTopicAttributes", "2010-03-31"),
            &parameters,
        )
        .expect("it is changed");
    platform.write("data", &DATA.replace("battery", "of another"));

    let (planned, _) = platform.with(|session| {
        let plan = session.plan()?;
        let full: Result<Vec<String>, _> =
            plan.roots.iter().map(|root| session.full(root)).collect();
        Ok((plan, full?))
    });
    let (plan, full) = planned.unwrap_or_else(|error| panic!("{}", whole(&error)));
    assert!(plan.has_drift());
    let text = summary::text(&plan);
    let markdown = summary::markdown("staging", &plan, &full);
    assert!(
        markdown.contains("~ display_name"),
        "the whole plan is in it: {markdown}"
    );
    let topic = plan.changes().find(|change| change.kind == "aws_sns_topic");
    let topic = topic.expect("it is put back");
    assert!(topic.drift && topic.action == Action::Update);
    assert_eq!(topic.why, "`display_name` changed outside of OpenTofu");
    for shown in [&text, &markdown] {
        assert!(
            shown.contains("by hand") && shown.contains("drift"),
            "{shown}"
        );
        assert!(!shown.contains("horse"), "a secret is shown:\n{shown}");
    }
    let secret = plan
        .changes()
        .find(|change| change.kind == "aws_secretsmanager_secret_version");
    assert!(!secret.expect("it is changed in the files").drift);

    // What was just planned is what is applied.
    let (applied, _) = platform
        .with(|session| session.apply(&seaworthy_provision::Approval::default(), &mut |_| false));
    let applied = applied.unwrap_or_else(|error| panic!("{}", whole(&error)));
    assert_eq!(applied.changed, ["data"]);
}

/// A controller's volume that no state knows.
fn leave_a_volume(platform: &Platform) {
    let parameters = [
        ("Size", "1"),
        ("AvailabilityZone", "eu-west-3a"),
        ("TagSpecification.1.ResourceType", "volume"),
        (
            "TagSpecification.1.Tag.1.Key",
            "kubernetes.io/cluster/counter-staging",
        ),
        ("TagSpecification.1.Tag.1.Value", "owned"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    platform
        .client()
        .query(Service::Ec2, ("CreateVolume", "2016-11-15"), &parameters)
        .expect("it is made");
}

fn destroy(platform: &Platform) {
    let (doomed, _) = platform.with(|session| session.doomed());
    let doomed = doomed.unwrap_or_else(|error| panic!("{}", whole(&error)));
    assert_eq!(
        doomed.roots,
        [("data".to_owned(), 3), ("network".to_owned(), 1)]
    );
    assert_eq!(doomed.stateful, ["aws_secretsmanager_secret.api"]);
    assert_eq!(doomed.leftovers.len(), 1);

    let (destroyed, _) = platform.with(|session| session.destroy());
    let destroyed = destroyed.unwrap_or_else(|error| panic!("{}", whole(&error)));
    assert_eq!(destroyed.roots, ["data", "network"]);
    assert_eq!(destroyed.swept.len(), 1);
    let proof = &destroyed.proof;
    assert!(proof.holds(), "{proof:#?}");
    // The secret can be recovered for seven days, and nothing else is there.
    let left: Vec<&str> = proof
        .explained
        .iter()
        .map(|remnant| remnant.item.service)
        .collect();
    assert_eq!(left, ["Secrets Manager"], "{proof:#?}");
    assert!(proof.explained[0].why.contains("recoverable until"));

    let bucket = &platform.target.roots[0].bucket;
    let keys = platform.client();
    let keys = keys.bucket(bucket, platform.account.id()).keys("");
    assert_eq!(keys.expect("it answers"), ["state.tfstate"]);
}
