//! The definition as its users see it.

mod examples;
