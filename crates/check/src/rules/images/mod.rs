//! Image supply: what is built, pushed, kept and pulled.

use crate::Rule;

pub(crate) const RULES: &[Rule] = &[];
