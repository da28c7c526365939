//! Selectors, names and ports inside the cluster, and in code that uses them.

use crate::Rule;

pub(crate) const RULES: &[Rule] = &[];
