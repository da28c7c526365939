//! Linking small repositories.

mod why;
mod worlds;
