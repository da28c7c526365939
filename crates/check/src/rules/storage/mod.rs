//! Storage.

mod state_on_container_layer;

use crate::Rule;

pub(crate) const RULES: &[Rule] = &[state_on_container_layer::RULE];
