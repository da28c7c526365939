//! Observability.

mod log_group_without_producer;

use crate::Rule;

pub(crate) const RULES: &[Rule] = &[log_group_without_producer::RULE];
