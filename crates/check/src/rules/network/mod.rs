//! Network: who reaches whom.

use crate::Rule;

pub(crate) const RULES: &[Rule] = &[];
