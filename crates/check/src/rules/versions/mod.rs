//! Versions and compatibility.

use crate::Rule;

pub(crate) const RULES: &[Rule] = &[];
