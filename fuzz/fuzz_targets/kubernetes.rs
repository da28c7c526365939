//! Any bytes as objects, kustomizations and charts: reading, linking, judging and printing never panic, and places stay within their files.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../world.rs"]
mod world;

fuzz_target!(|bytes: &[u8]| world::check(bytes, "app/deployment.yaml"));
