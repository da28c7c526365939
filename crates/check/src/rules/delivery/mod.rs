//! CI and delivery.

use crate::Rule;

pub(crate) const RULES: &[Rule] = &[];
