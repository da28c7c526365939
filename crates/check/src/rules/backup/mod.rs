//! Backup, retention and the safety of data.

mod backup_bucket_destroyable;
mod buckets;

use crate::Rule;

pub(crate) const RULES: &[Rule] = &[backup_bucket_destroyable::RULE];
