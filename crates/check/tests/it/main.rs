//! The rules against their pages.

mod example;
mod pages;
