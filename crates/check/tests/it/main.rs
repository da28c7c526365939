//! The rules against their pages, and the settings of `check`.

mod mutations;
mod pages;
mod settings;
