//! Buckets.

use super::{Resolver, Scope};
use crate::model::{Bucket, BucketName};

impl Resolver<'_> {
    #[expect(clippy::unused_self, reason = "one method per resource")]
    pub(super) fn bucket(&mut self, name: BucketName, scope: &Scope<'_>) -> Bucket {
        Bucket {
            was: scope.owned("was").map(BucketName::new),
            versioned: scope.boolean("versioned").unwrap_or(true),
            expire: scope.optional_duration("expire"),
            name,
        }
    }
}
