//! GitOps: paths, order, ownership.

use crate::Rule;

pub(crate) const RULES: &[Rule] = &[];
