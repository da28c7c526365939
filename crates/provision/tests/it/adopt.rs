//! A bucket of states that exists already is adopted.

use seaworthy_aws::{RestRequest, Service};
use seaworthy_provision::Action;

use crate::platform::{Platform, REGION, whole};

#[test]
fn a_bucket_that_exists_is_adopted_and_not_made_again() {
    let topic = "resource \"aws_sns_topic\" \"this\" {\n  name = \"counter-staging-a\"\n}\n";
    let platform = Platform::new(&[("network", &[], topic)]);
    let bucket = &platform.target.roots[0].bucket;
    let body = format!(
        "<CreateBucketConfiguration><LocationConstraint>{REGION}</LocationConstraint></CreateBucketConfiguration>"
    );
    platform
        .client()
        .send(
            Service::S3,
            "CreateBucket",
            RestRequest {
                method: "PUT",
                bucket: Some(bucket),
                path: "/",
                body: body.as_bytes(),
                ..RestRequest::default()
            },
        )
        .expect("it is made");
    let (plan, told) = platform.with(|session| session.plan());
    let plan = plan.unwrap_or_else(|error| panic!("{}", whole(&error)));
    assert!(
        told.iter().any(|told| told.contains("is adopted")),
        "{told:?}"
    );
    assert!(
        plan.changes()
            .all(|change| change.kind != "aws_s3_bucket" || change.action == Action::Update)
    );
    platform
        .apply()
        .unwrap_or_else(|error| panic!("{}", whole(&error)));
    let (again, _) = platform.with(|session| session.plan());
    assert!(again.expect("it can be planned").is_empty());
}
