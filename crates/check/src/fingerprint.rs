//! What a finding is known by after an edit: its rule, what it is about, and its file; never a line.

use std::collections::HashMap;
use std::fmt::Write as _;

use seaworthy_diagnostics::{Diagnostic, SourceFile};
use seaworthy_facts::Sources;
use sha2::{Digest, Sha256};

use crate::Finding;

/// The fingerprints of findings, in their order. Findings that are about the same are numbered.
pub fn of_findings(findings: &[Finding], sources: &Sources) -> Vec<String> {
    let mut seen = HashMap::new();
    findings
        .iter()
        .map(|finding| {
            let place = finding.diagnostic.place();
            let path = place.map_or("", |place| path_in_repository(sources, place.file));
            let mut parts = vec![finding.rule, path];
            if finding.identity.is_empty() {
                // The message names the things, too.
                parts.push(&finding.diagnostic.message);
            }
            parts.extend(finding.identity.iter().map(String::as_str));
            numbered(&mut seen, &parts)
        })
        .collect()
}

/// The fingerprints of diagnostics that no rule made, in their order.
pub fn of_diagnostics<'a>(
    diagnostics: impl IntoIterator<Item = (&'a Diagnostic, Option<&'a str>)>,
) -> Vec<String> {
    let mut seen = HashMap::new();
    diagnostics
        .into_iter()
        .map(|(diagnostic, path)| {
            let parts = [diagnostic.code, path.unwrap_or(""), &diagnostic.message];
            numbered(&mut seen, &parts)
        })
        .collect()
}

/// A file's path from the top of its repository, whatever folder the program was called in.
pub fn path_in_repository(sources: &Sources, file: seaworthy_facts::FileId) -> &str {
    let top = sources.root_of(file).repository.as_str();
    let path = SourceFile::path(&sources.get(file).file);
    path.strip_prefix(top)
        .map_or(path, |rest| rest.trim_start_matches('/'))
}

fn numbered(seen: &mut HashMap<String, usize>, parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_le_bytes());
        hash.update(part.as_bytes());
    }
    let mut fingerprint = String::with_capacity(16);
    for byte in &hash.finalize()[..8] {
        let _ = write!(fingerprint, "{byte:02x}");
    }
    let n = seen.entry(fingerprint.clone()).or_insert(0);
    *n += 1;
    match *n {
        1 => fingerprint,
        n => format!("{fingerprint}-{n}"),
    }
}
