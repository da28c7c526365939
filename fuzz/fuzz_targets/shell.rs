//! Any bytes as a shell script: reading, linking, judging and printing never panic, and places stay within their files.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../world.rs"]
mod world;

fuzz_target!(|bytes: &[u8]| world::check(bytes, "deploy.sh"));
