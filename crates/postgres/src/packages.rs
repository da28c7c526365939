//! The pinned packages that PostgreSQL can be obtained from.
//!
//! Versions and checksums age, so they live in `data/packages.json` with the date they were seen.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde::Deserialize;

/// A package that holds a PostgreSQL for this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) client: Client,
    pub(crate) major: u32,
    /// What `postgres --version` must print.
    pub(crate) postgres: String,
    pub(crate) name: String,
    pub(crate) version: String,
    /// Hexadecimal; of the tarball (npm: SHA-512) or of the wheel (pip: SHA-256).
    pub(crate) checksum: String,
    /// Where the programs are in the unpacked package.
    pub(crate) bin: String,
    /// Whether `psql`, `pg_dump` and the like come with it.
    pub(crate) tools: bool,
}

/// Who fetches a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Client {
    Npm,
    Pip,
}

#[derive(Deserialize)]
struct File {
    packages: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    client: Client,
    postgres: String,
    version: String,
    bin: String,
    #[serde(default)]
    tools: bool,
    platforms: BTreeMap<String, Build>,
}

#[derive(Deserialize)]
struct Build {
    name: String,
    #[serde(alias = "sha256", alias = "sha512")]
    checksum: String,
}

static PACKAGES: LazyLock<File> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../data/packages.json"))
        .expect("the data file is checked by a test")
});

/// The packages of PostgreSQL `major` for this machine, the preferred one first.
pub(crate) fn pinned(major: u32) -> Vec<Package> {
    here().filter(|package| package.major == major).collect()
}

/// The packages whose tools work with a server of version `major`: theirs must not be older. The nearest one first.
pub(crate) fn with_tools(major: u32) -> Vec<Package> {
    let mut packages: Vec<Package> = here()
        .filter(|package| package.tools && package.major >= major)
        .collect();
    packages.sort_by_key(|package| package.major);
    packages
}

/// The major versions that can be obtained on this machine, in the order of the data file: newest first.
pub(crate) fn majors() -> Vec<u32> {
    let mut majors: Vec<u32> = here().map(|package| package.major).collect();
    majors.dedup();
    majors
}

fn here() -> impl Iterator<Item = Package> {
    let platform = format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH);
    PACKAGES
        .packages
        .iter()
        .filter_map(move |entry| entry.package_for(&platform))
}

impl Package {
    /// The folder that the package is unpacked into.
    pub(crate) fn folder_in(&self, cache: &Path) -> PathBuf {
        let client = match self.client {
            Client::Npm => "npm",
            Client::Pip => "pip",
        };
        cache
            .join("postgres")
            .join(format!("{}-{client}", self.postgres))
    }

    /// The folder of its programs.
    pub(crate) fn bin_in(&self, cache: &Path) -> PathBuf {
        self.folder_in(cache).join(&self.bin)
    }
}

impl Entry {
    fn package_for(&self, platform: &str) -> Option<Package> {
        let build = self.platforms.get(platform)?;
        Some(Package {
            client: self.client,
            major: self.postgres.split('.').next()?.parse().ok()?,
            postgres: self.postgres.clone(),
            name: build.name.clone(),
            version: self.version.clone(),
            checksum: build.checksum.clone(),
            bin: self.bin.clone(),
            tools: self.tools,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_complete() {
        for entry in &PACKAGES.packages {
            assert!(
                entry.version.starts_with(&entry.postgres),
                "{} is not {}",
                entry.version,
                entry.postgres
            );
            for (platform, build) in &entry.platforms {
                let length = match entry.client {
                    Client::Npm => 128,
                    Client::Pip => 64,
                };
                assert_eq!(build.checksum.len(), length, "{platform} {}", entry.version);
                assert!(build.checksum.bytes().all(|b| b.is_ascii_hexdigit()));
                assert!(entry.package_for(platform).is_some());
            }
        }
    }

    #[test]
    fn a_build_that_serves_tls_comes_first() {
        let first = pinned(18)
            .into_iter()
            .next()
            .expect("version 18 is packaged for every platform that tests run on");
        assert_eq!(first.client, Client::Npm);
    }
}
