//! The root of the bucket that holds every state of an account.

use super::Root;
use super::hcl::{Body, reference};
use super::root::RootName;
use crate::input::Scope;

/// The state bucket of an account and region, shared by all environments there.
pub(super) fn root(scope: &Scope<'_>) -> Root {
    let mut root = Root::of_account(RootName::State, scope);
    root.call(
        "state",
        "state",
        Body::new().set("bucket", root.bucket.clone()),
    );
    root.output(
        "bucket",
        "The bucket that holds every state of this account.",
        reference("module.state.bucket"),
    );
    root.output(
        "kms_key_arn",
        "ARN of the key that encrypts the states.",
        reference("module.state.kms_key_arn"),
    );
    root
}
