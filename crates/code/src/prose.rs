//! What Markdown says: sentences that claim something, and paths it names.
//!
//! Only sentences of plain patterns count; a sentence that could be meant otherwise is no claim.

use seaworthy_facts::documents::{Claim, ClaimKind, Documents};
use seaworthy_facts::{Source, Sources, file_name};

/// Reads one document.
pub(crate) fn read(sources: &Sources, source: &Source, documents: &mut Documents) {
    let path = source.file.path();
    if !matches!(path.rsplit('.').next(), Some("md" | "markdown")) {
        return;
    }
    let name = file_name(path).to_ascii_uppercase();
    if name.starts_with("CHANGELOG") || name.starts_with("HISTORY") || name.starts_with("CODE_OF") {
        return;
    }
    // What a platform promises stands in the README or the documents at its top, or of one of its parts; deeper down, and in courses and
    // guides, sentences of the same words are about something else.
    let top = &sources.roots()[source.root].path;
    let below = path.strip_prefix(top.as_str()).unwrap_or(path);
    let depth = below.trim_start_matches('/').matches('/').count();
    let in_docs = path.split('/').any(|part| part == "docs" || part == "doc");
    let claims = depth <= 1 && (name.starts_with("README") || in_docs);
    let mut fenced = false;
    let mut at = 0;
    for line in source.file.text().split_inclusive('\n') {
        let start = at;
        at += line.len();
        if line.trim_start().starts_with("```") || line.trim_start().starts_with("~~~") {
            fenced = !fenced;
            continue;
        }
        if fenced || line.len() > 4_000 {
            continue;
        }
        paths(source, start, line, documents);
        if claims {
            claim(source, start, line, documents);
        }
    }
}

/// Paths in code style: `services/api/deployment.yaml`.
fn paths(source: &Source, start: usize, line: &str, documents: &mut Documents) {
    let mut rest = start;
    for (at, part) in line.split('`').enumerate() {
        if at % 2 == 1 && is_path(part) {
            documents
                .paths
                .push((part.into(), source.file.span(rest..rest + part.len())));
        }
        rest += part.len() + 1;
    }
}

fn is_path(text: &str) -> bool {
    let known_end = [
        ".tf", ".yaml", ".yml", ".sh", ".json", ".tfvars", ".md", ".go", ".py", ".hcl", ".toml",
    ]
    .iter()
    .any(|end| text.ends_with(end));
    !text.is_empty()
        && text.len() < 200
        && (known_end || text.ends_with('/'))
        && !text.starts_with(['/', '~', '-', '$', '@'])
        && !text.contains("://")
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-'))
}

fn claim(source: &Source, start: usize, line: &str, documents: &mut Documents) {
    let text = line.trim();
    // Headings, tables and links in images claim nothing by themselves.
    if text.starts_with('#') || text.starts_with('|') || text.is_empty() {
        return;
    }
    let lower = text.to_ascii_lowercase();
    // What is only wished for or to be done is no claim.
    let wished = [
        "[ ]",
        "todo",
        "not yet",
        "roadmap",
        "in the future",
        "should consider",
        "optional",
        "can be enabled",
        "if you",
        "e.g.",
        "concern",
    ]
    .iter()
    .any(|word| lower.contains(word));
    if wished && !lower.contains("near future") {
        return;
    }
    let at = start + line.find(text).unwrap_or(0);
    let span = source.file.span(at..at + text.len());
    let mut push = |about, number| {
        documents.claims.push(Claim {
            about,
            span,
            number,
        });
    };
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if let Some(days) = retention(&lower) {
        push(ClaimKind::Retention, Some(days));
    }
    let place = has(&[
        "datacenter",
        "data center",
        "data-center",
        "datacentre",
        "data centre",
        "availability zone",
        "zone fail",
        "zone outage",
        "az fail",
        "az outage",
    ]);
    let lost = has(&[" fail", "outage", "goes down", "the loss of", " lost"]);
    if place && lost {
        push(ClaimKind::ZoneFailure, None);
    }
    if has(&[
        "no downtime",
        "zero downtime",
        "zero-downtime",
        "without downtime",
        "without interruption",
    ]) {
        push(ClaimKind::NoDowntime, None);
    }
    // What a cloud offers is no promise of the platform.
    let offered = has(&["for any region supported"]);
    if !offered
        && has(&[
            "any region",
            "migrated to any",
            "region-agnostic",
            "region agnostic",
            "other regions without",
            "to another region",
        ])
    {
        push(ClaimKind::AnyRegion, None);
    }
    if has(&[
        "highly available",
        "highly-available",
        "high availability",
        "high-availability",
    ]) || percent(&lower).is_some_and(|percent| percent >= 99.0)
    {
        push(ClaimKind::Availability, percent(&lower));
    }
    if let Some(cost) = cost(&lower) {
        push(ClaimKind::Cost, Some(cost));
    }
    if has(&[
        "exact replica",
        "identical environments",
        "environments are identical",
        "same as production",
        "mirrors production",
    ]) {
        push(ClaimKind::SameEnvironments, None);
    }
    if has(&[
        "encrypted at rest",
        "encryption at rest",
        "are encrypted using",
        "is encrypted using",
        "encrypted with kms",
        "encrypted using aws kms",
        "volumes are encrypted",
    ]) {
        push(ClaimKind::Encryption, None);
    }
    if has(&["vpc flow log", "flow logs are", "flow logs enabled"]) {
        push(ClaimKind::FlowLogs, None);
    }
}

/// Days that something is kept for.
fn retention(lower: &str) -> Option<f64> {
    let keeps = [
        "preserved",
        "retained",
        "retention",
        "kept for",
        "keep for",
        "storing",
        "stored for",
        "retain ",
    ];
    let about_data = [
        "backup", "snapshot", "notes", "data", "dump", "record", "document", "order", "message",
        "s3", "database",
    ];
    if !keeps.iter().any(|word| lower.contains(word))
        || !about_data.iter().any(|word| lower.contains(word))
    {
        return None;
    }
    if lower.contains("log") && !lower.contains("backup") {
        return None;
    }
    let words: Vec<&str> = lower
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '.'))
        .filter(|word| !word.is_empty())
        .collect();
    words.windows(2).find_map(|pair| {
        let days = match pair[1].trim_end_matches('.') {
            "day" | "days" => 1.0,
            "week" | "weeks" => 7.0,
            "month" | "months" => 30.0,
            "year" | "years" => 365.0,
            _ => return None,
        };
        Some(number(pair[0])? * days)
    })
}

fn number(word: &str) -> Option<f64> {
    const WORDS: [&str; 13] = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twelve",
    ];
    if let Some(at) = WORDS.iter().position(|own| *own == word) {
        return u32::try_from(at).ok().map(f64::from);
    }
    word.parse()
        .ok()
        .filter(|number: &f64| number.is_finite() && *number > 0.0 && *number < 100_000.0)
}

fn percent(lower: &str) -> Option<f64> {
    let (before, _) = lower.split_once('%')?;
    let start = before
        .rfind(|c: char| !(c.is_ascii_digit() || c == '.'))
        .map_or(0, |at| {
            at + before[at..].chars().next().map_or(1, char::len_utf8)
        });
    before.get(start..)?.parse().ok()
}

/// Dollars a month.
fn cost(lower: &str) -> Option<f64> {
    if !["/month", "per month", "a month", "monthly"]
        .iter()
        .any(|word| lower.contains(word))
    {
        return None;
    }
    let (_, after) = lower.split_once('$')?;
    let digits: String = after
        .chars()
        .take_while(|c| c.is_ascii_digit() || matches!(c, '.' | ','))
        .filter(|c| *c != ',')
        .collect();
    digits.trim_end_matches('.').parse().ok()
}
