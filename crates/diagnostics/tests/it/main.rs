//! Diagnostics as their readers see them.

mod render;
