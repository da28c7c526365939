//! What one file is enough for: few, and only where they matter.

use crate::Rule;

pub(crate) const RULES: &[Rule] = &[];
