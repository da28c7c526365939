//! Linking small repositories.

mod iam;
mod why;
mod worlds;
