//! What workflows, scripts, Dockerfiles and Compose files do.
//!
//! [`read()`] fills [`seaworthy_facts::delivery`].

use seaworthy_facts::{Facts, Sources};

/// Reads everything that delivers, and notes what could not be read or seen.
pub fn read(_sources: &Sources, _facts: &mut Facts) {}
