//! Secrets: made, read, rotated, leaked.

use crate::Rule;

pub(crate) const RULES: &[Rule] = &[];
