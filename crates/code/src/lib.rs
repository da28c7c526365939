//! What programs read, listen on and serve, by their syntax trees; what prose and dashboards say.
//!
//! [`read()`] fills [`seaworthy_facts::code`] and [`seaworthy_facts::documents`].

use seaworthy_facts::{Facts, Sources};

/// Reads programs, prose, dashboards and settings files, and notes what could not be read.
pub fn read(_sources: &Sources, _facts: &mut Facts) {}
