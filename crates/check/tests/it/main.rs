//! The rules against their pages.

mod pages;
