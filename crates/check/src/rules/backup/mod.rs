//! Backup, retention and the safety of data.

use crate::Rule;

pub(crate) const RULES: &[Rule] = &[];
