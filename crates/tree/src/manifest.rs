//! What was written last: `rendered.sha256`, in the format of `sha256sum`, so that `sha256sum --check` reads it too.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::tree::is_inside;

/// The file's name. It stands beside the definition and is committed like what it lists.
pub const MANIFEST: &str = "rendered.sha256";

/// Which files were written last, and with which contents.
///
/// A path has several hashes only while a write is under way: a run that was ended in its middle left either text, and
/// neither is a hand's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    hashes: BTreeMap<String, BTreeSet<String>>,
}

impl Manifest {
    /// Reads a manifest. Lines that are none are left out: the worst that follows is that a file counts as edited,
    /// and is then not touched.
    pub fn read(text: &str) -> Self {
        let mut manifest = Self::default();
        for line in text.lines() {
            if let Some((hash, path)) = line.trim_end().split_once("  ")
                && hash.len() == 64
                && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
                && is_inside(path)
            {
                manifest.add(path, hash.to_ascii_lowercase());
            }
        }
        manifest
    }

    /// Notes a text as written to a path.
    pub fn add(&mut self, path: &str, hash: String) {
        self.hashes.entry(path.to_owned()).or_default().insert(hash);
    }

    /// Takes over what another one lists.
    pub fn extend(&mut self, other: &Self) {
        for (path, hashes) in &other.hashes {
            let known = self.hashes.entry(path.clone()).or_default();
            known.extend(hashes.iter().cloned());
        }
    }

    /// What was written to a path.
    pub(crate) fn of(&self, path: &str) -> BTreeSet<String> {
        self.hashes.get(path).cloned().unwrap_or_default()
    }

    /// Says what was written to a path; nothing: it is not ours.
    pub(crate) fn replace(&mut self, path: &str, hashes: BTreeSet<String>) {
        if hashes.is_empty() {
            self.hashes.remove(path);
        } else {
            self.hashes.insert(path.to_owned(), hashes);
        }
    }

    /// Whether this path was written by us.
    pub fn lists(&self, path: &str) -> bool {
        self.hashes.contains_key(path)
    }

    /// Whether this text is what was written to the path.
    pub fn wrote(&self, path: &str, bytes: &[u8]) -> bool {
        self.hashes
            .get(path)
            .is_some_and(|hashes| hashes.contains(&hash(bytes)))
    }

    /// Every path it lists, sorted.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.hashes.keys().map(String::as_str)
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (path, hashes) in &self.hashes {
            for hash in hashes {
                let _ = writeln!(text, "{hash}  {path}");
            }
        }
        text
    }
}

/// SHA-256 of a text in hexadecimal. Git may check files out with `\r\n`, which is no edit, so line ends count as `\n`.
pub fn hash(bytes: &[u8]) -> String {
    let mut hasher = Sha256::new();
    let mut rest = bytes;
    while let Some(end) = rest.windows(2).position(|pair| pair == b"\r\n") {
        hasher.update(&rest[..end]);
        rest = &rest[end + 1..];
    }
    hasher.update(rest);
    HEXLOWER.encode(&hasher.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_what_sha256sum_writes() {
        let mut manifest = Manifest::default();
        manifest.add("a/b.tf", hash(b"hello\n"));
        let text = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03  a/b.tf\n";
        assert_eq!(manifest.text(), text);
        assert_eq!(Manifest::read(text), manifest);
        assert!(manifest.wrote("a/b.tf", b"hello\r\n"));
        assert!(!manifest.wrote("a/b.tf", b"hello you\n"));
    }

    #[test]
    fn lines_that_are_no_entries_are_left_out() {
        let manifest = Manifest::read("<<<<<<< HEAD\nabc  a\n\n5891  ../../etc/passwd\n");
        assert_eq!(manifest, Manifest::default());
    }
}
