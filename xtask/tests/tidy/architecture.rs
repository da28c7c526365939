//! ARCHITECTURE.md tells the truth, and the arrows between crates point down.

use std::process::Command;

use serde_json::Value;

use crate::repository::{none, read, root, rust_files};

/// Which crates of ours each crate may depend on. A new arrow is a decision: add it here and write an ADR.
const ARROWS: &[(&str, &[&str])] = &[
    ("seaworthy-diagnostics", &[]),
    ("seaworthy-yaml", &["seaworthy-diagnostics"]),
    (
        "seaworthy-definition",
        &["seaworthy-diagnostics", "seaworthy-yaml"],
    ),
    (
        "seaworthy-facts",
        &["seaworthy-diagnostics", "seaworthy-yaml"],
    ),
    ("seaworthy-knowledge", &["seaworthy-facts"]),
    ("seaworthy-repository", &["seaworthy-facts"]),
    (
        "seaworthy-hcl",
        &[
            "seaworthy-diagnostics",
            "seaworthy-facts",
            "seaworthy-knowledge",
        ],
    ),
    (
        "seaworthy-delivery",
        &[
            "seaworthy-diagnostics",
            "seaworthy-yaml",
            "seaworthy-facts",
            "seaworthy-knowledge",
        ],
    ),
    (
        "seaworthy-kubernetes",
        &[
            "seaworthy-diagnostics",
            "seaworthy-yaml",
            "seaworthy-facts",
            "seaworthy-knowledge",
        ],
    ),
    (
        "seaworthy-code",
        &["seaworthy-diagnostics", "seaworthy-yaml", "seaworthy-facts"],
    ),
    (
        "seaworthy-link",
        &[
            "seaworthy-diagnostics",
            "seaworthy-facts",
            "seaworthy-knowledge",
            "seaworthy-hcl",
            "seaworthy-delivery",
            "seaworthy-kubernetes",
            "seaworthy-code",
        ],
    ),
    (
        "seaworthy-check",
        &[
            "seaworthy-diagnostics",
            "seaworthy-yaml",
            "seaworthy-facts",
            "seaworthy-knowledge",
            "seaworthy-link",
        ],
    ),
    // It knows no platform: what the files are is the renderers' business.
    ("seaworthy-tree", &[]),
    (
        "seaworthy-release",
        &["seaworthy-diagnostics", "seaworthy-yaml"],
    ),
    (
        "seaworthy-render",
        &[
            "seaworthy-definition",
            "seaworthy-knowledge",
            "seaworthy-tree",
        ],
    ),
    // These know no platform: they could serve another program.
    ("seaworthy-postgres", &[]),
    ("seaworthy-gateway", &[]),
    ("seaworthy-aws", &[]),
    ("seaworthy-provision", &["seaworthy-aws"]),
    (
        "seaworthy-local",
        &[
            "seaworthy-diagnostics",
            "seaworthy-definition",
            "seaworthy-postgres",
            "seaworthy-gateway",
        ],
    ),
    (
        "seaworthy",
        &[
            "seaworthy-diagnostics",
            "seaworthy-yaml",
            "seaworthy-definition",
            "seaworthy-postgres",
            "seaworthy-gateway",
            "seaworthy-local",
            "seaworthy-facts",
            "seaworthy-knowledge",
            "seaworthy-repository",
            "seaworthy-link",
            "seaworthy-check",
            "seaworthy-tree",
            "seaworthy-render",
            "seaworthy-release",
            "seaworthy-aws",
            "seaworthy-provision",
        ],
    ),
    ("service-kit", &[]),
    ("counter-api", &["service-kit"]),
    ("counter-web", &["service-kit"]),
    ("hello", &["service-kit"]),
    ("seaworthy-testkit", &["seaworthy-postgres"]),
    (
        "xtask",
        &[
            "seaworthy-diagnostics",
            "seaworthy-definition",
            "seaworthy-postgres",
            "seaworthy-testkit",
            "seaworthy-facts",
            "seaworthy-knowledge",
            "seaworthy-repository",
            "seaworthy-link",
            "seaworthy-check",
        ],
    ),
];

/// Crates that do no IO: no file, socket, process, environment or clock. Same input, same bytes.
const PURE: &[&str] = &[
    "crates/diagnostics/src/",
    "crates/yaml/src/",
    "crates/definition/src/",
    "crates/facts/src/",
    "crates/knowledge/src/",
    "crates/hcl/src/",
    "crates/delivery/src/",
    "crates/kubernetes/src/",
    "crates/code/src/",
    "crates/link/src/",
    "crates/check/src/",
    "crates/render/src/",
    "crates/release/src/",
];

fn packages() -> Vec<Value> {
    let metadata = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--format-version",
            "1",
            "--offline",
        ])
        .current_dir(root())
        .output()
        .expect("cargo runs this test");
    assert!(
        metadata.status.success(),
        "{}",
        String::from_utf8_lossy(&metadata.stderr)
    );
    let metadata: Value = serde_json::from_slice(&metadata.stdout).expect("cargo prints JSON");
    metadata["packages"]
        .as_array()
        .expect("a workspace has packages")
        .clone()
}

fn name(package: &Value) -> &str {
    package["name"].as_str().expect("a package has a name")
}

#[test]
fn every_crate_has_a_line_in_the_code_map() {
    let architecture = read("ARCHITECTURE.md");
    let missing: Vec<String> = packages()
        .iter()
        .map(|package| {
            let manifest = package["manifest_path"]
                .as_str()
                .expect("a package has a manifest");
            let folder = std::path::Path::new(manifest)
                .parent()
                .expect("a manifest stands in a folder");
            format!(
                "`{}`",
                folder
                    .strip_prefix(root())
                    .expect("members stand in the root")
                    .display()
            )
        })
        .filter(|folder| {
            !architecture
                .lines()
                .any(|line| line.starts_with('|') && line.contains(folder.as_str()))
        })
        .collect();
    none(
        &missing,
        "these crates have no row in the code map of ARCHITECTURE.md",
    );
}

#[test]
fn arrows_between_crates_are_the_ones_decided() {
    let packages = packages();
    let ours: Vec<&str> = packages.iter().map(name).collect();
    let mut complaints = Vec::new();
    for package in &packages {
        let Some((_, allowed)) = ARROWS.iter().find(|(from, _)| *from == name(package)) else {
            complaints.push(format!("`{}` is not in the table of arrows", name(package)));
            continue;
        };
        for dependency in package["dependencies"]
            .as_array()
            .expect("dependencies are a list")
        {
            let to = dependency["name"]
                .as_str()
                .expect("a dependency has a name");
            let for_tests = dependency["kind"] == "dev";
            if ours.contains(&to) && !allowed.contains(&to) && !for_tests {
                complaints.push(format!("`{}` depends on `{to}`", name(package)));
            }
        }
    }
    none(
        &complaints,
        "arrows that nobody decided (see `ARROWS` in this test)",
    );
}

#[test]
fn the_pure_crates_do_no_io() {
    // Addresses as values are pure; sockets are not.
    const EFFECTS: &[&str] = &[
        "std::fs",
        "std::env",
        "std::process",
        "std::io::std",
        "TcpStream",
        "TcpListener",
        "UdpSocket",
        "UnixStream",
        "SystemTime",
        "Instant::now",
        "tokio::",
        "rand::",
    ];
    let mut complaints = Vec::new();
    for file in rust_files()
        .iter()
        .filter(|file| PURE.iter().any(|folder| file.path.starts_with(folder)))
    {
        complaints.extend(
            EFFECTS
                .iter()
                .filter_map(|effect| Some(format!("{} uses `{effect}`", file.find(effect)?))),
        );
    }
    none(
        &complaints,
        "files, processes, clocks and the environment belong above these crates",
    );
}

#[test]
fn every_package_says_what_it_is() {
    let silent: Vec<String> = packages()
        .iter()
        .filter(|package| package["description"].as_str().is_none_or(str::is_empty))
        .map(|package| name(package).to_owned())
        .collect();
    none(&silent, "packages without a description");
}
