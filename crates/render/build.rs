//! Rebuilds when a module changes: `include_dir!` sees the files that were there, not those that were added.

fn main() {
    println!("cargo::rerun-if-changed=../../modules");
}
