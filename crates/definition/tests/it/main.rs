//! The definition as its users see it.

mod cases;
mod examples;
