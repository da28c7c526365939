//! OpenTofu and Terraform configurations, evaluated with places and unknowns.
//!
//! [`read()`] fills [`seaworthy_facts::terraform`].

use seaworthy_facts::{Facts, Sources};
use seaworthy_knowledge::Knowledge;

/// Reads every configuration, evaluates it, and notes what could not be read or seen.
pub fn read(_sources: &Sources, _knowledge: &Knowledge, _facts: &mut Facts) {}
