//! What ages: charts, modules, versions, prices and support dates, from dated data files.
//!
//! Each table is a folder or file under `data/`, says its source and the day it was read, and has a module here that
//! gives it types. Tables are parsed when they are first asked for, so that a run pays only for what it needs.

pub mod charts;
pub mod cluster_names;
mod date;
pub mod eks;
pub mod iam;
pub mod images;
pub mod instances;
pub mod log_switches;
pub mod logins;
pub mod migrations;
mod modules;
mod outside_images;
pub mod prices;
mod rds_certificates;
pub mod releases;
pub mod sizes;
pub mod support;

pub use date::Date;
pub use modules::{Module, Untyped, Version, newest_major};
pub use outside_images::OutsideImage;

/// Every table that ships with the program.
#[derive(Debug, Default)]
pub struct Knowledge;
