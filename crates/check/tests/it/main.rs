//! The rules against their pages, and the settings of `check`.

mod pages;
mod settings;
