//! Tests of the command line, through the real program.

mod browser;
mod daily;
mod diagnosis;
mod foreign;
mod orphans;
mod platform;
mod rolling;
