//! Files made of bytes, and everything that `check` does with them.

use seaworthy_check::report::{Entry, Report, json, sarif, text};
use seaworthy_diagnostics::text::Colour;
use seaworthy_facts::{SourceKind, SourceRoot, Sources};
use seaworthy_link::{LinkGraph, World};

/// Reads the bytes as files: a line that starts with `=== ` begins the next file, named by the rest of the line; what
/// comes before the first is `first`. Places of findings lie within their files.
pub fn check(bytes: &[u8], first: &str) {
    let text = String::from_utf8_lossy(bytes);
    let mut sources = Sources::default();
    let root = sources.add_root(SourceRoot::default());
    let mut add = |path: &str, text: String| {
        let kind = SourceKind::of(path, &text);
        sources.add(root, path, text, kind, false);
    };
    let (mut path, mut lines) = (first.to_owned(), String::new());
    for line in text.split_inclusive('\n') {
        match line.strip_prefix("=== ") {
            Some(next) => {
                add(&path, std::mem::take(&mut lines));
                path = seaworthy_facts::normalized(next.trim());
            }
            None => lines.push_str(line),
        }
    }
    add(&path, lines);
    let today = "2026-11-21".parse().expect("it is a date");
    let world = World::new(sources, today);
    let findings = seaworthy_check::check(&world);
    let fingerprints = seaworthy_check::fingerprint::of_findings(&findings, &world.sources);
    for diagnostic in findings
        .iter()
        .map(|finding| &finding.diagnostic)
        .chain(&world.facts.broken)
    {
        for label in &diagnostic.labels {
            let text = world.sources.get(label.span.file).file.text();
            assert!(label.span.start <= label.span.end && label.span.end <= text.len());
        }
    }
    let report = Report {
        entries: findings
            .iter()
            .zip(fingerprints)
            .map(|(finding, fingerprint)| {
                Entry::finding(finding, fingerprint, false, &world.sources)
            })
            .collect(),
        ..Report::default()
    };
    text::render(&report, Colour::Never);
    json::value(&report);
    sarif::value(&report, "0");
    LinkGraph::new(&world).json(&world.sources);
}
