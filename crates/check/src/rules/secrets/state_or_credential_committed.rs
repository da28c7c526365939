//! Credentials in the files: in Secrets, decoded; in any text, by their shape; in state that is tracked; in code.

use std::collections::{HashMap, HashSet};

use seaworthy_facts::kubernetes::Origin;
use seaworthy_facts::{Source, SourceKind, Span, Value, file_name};
use seaworthy_link::World;

use super::shapes::{credential, decoded, is_random, marks};
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "state-or-credential-committed",
    severity: Severity::Insecure,
    page: include_str!("state-or-credential-committed.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let mut seen: HashSet<(u32, usize)> = HashSet::new();
    let mut lines: HashSet<Span> = HashSet::new();
    secrets(world, findings, &mut lines);
    for source in world.sources.iter().filter(|source| !source.vendored) {
        if is_example(source.file.path()) {
            continue;
        }
        if let Some(finding) = state(source) {
            findings.push(finding);
            continue;
        }
        text(world, source, findings, &mut seen, &lines);
    }
    for program in &world.facts.code.programs {
        for secret in &program.secrets {
            if is_example(world.sources.path(secret.span.file)) {
                continue;
            }
            findings.push(
                Finding::new(format!(
                    "the value of `{}` is written in the program, where everybody who reads the repository can read it",
                    secret.name
                ))
                .at(secret.span, "a secret in the text")
                .hint("read it from the environment, and make a new one: this one is known")
                .about([program.folder.to_string(), secret.name.to_string()]),
            );
        }
    }
}

/// Secrets whose values are in the manifest.
fn secrets(world: &World, findings: &mut Vec<Finding>, lines: &mut HashSet<Span>) {
    let mut seen: HashSet<Span> = HashSet::new();
    // Copies of one credential are one finding; the value is only compared.
    let mut by_value: HashMap<String, usize> = HashMap::new();
    for cluster in &world.facts.kubernetes.clusters {
        for object in cluster.of("Secret") {
            if !matches!(
                object.origin,
                Origin::Manifest | Origin::Kustomization { .. }
            ) || is_example(world.sources.path(object.file))
                || is_encrypted(object.body.get("sops"))
            {
                continue;
            }
            for part in ["data", "stringData"] {
                for entry in object.at(part).map_or(&[][..], Value::entries) {
                    let Some(written) = entry.value.str() else {
                        continue;
                    };
                    let plain = if part == "data" {
                        decoded(written)
                    } else {
                        Some(written.to_owned())
                    };
                    let Some(what) = plain.as_deref().and_then(|plain| judged(&entry.key, plain))
                    else {
                        continue;
                    };
                    if !seen.insert(entry.value.span) {
                        continue;
                    }
                    lines.insert(entry.value.span);
                    if let Some(at) = by_value.get(written) {
                        let known: &mut Finding = &mut findings[*at];
                        *known = known.clone().and(entry.value.span, "the same again");
                        continue;
                    }
                    by_value.insert(written.to_owned(), findings.len());
                    let name = object.name().unwrap_or("a Secret");
                    findings.push(
                        Finding::new(format!(
                            "Secret `{name}` holds {what} in the repository: base64 hides nothing"
                        ))
                        .at(entry.value.span, format!("key `{}` is {what}", entry.key))
                        .hint("keep it in a store that External Secrets or the CSI driver reads, and make a new one: this one is known")
                        .about([name.to_owned(), entry.key.to_string()]),
                    );
                }
            }
        }
    }
}

fn is_encrypted(sops: Option<&Value>) -> bool {
    sops.is_some_and(|sops| !sops.is_null())
}

/// What the value of a key is, if it is a credential.
fn judged(key: &str, plain: &str) -> Option<&'static str> {
    if plain.starts_with("ENC[")
        || plain.contains("${")
        || plain.contains("{{")
        || plain.contains("<path:")
    {
        return None;
    }
    if let Some(what) = credential(plain) {
        return Some(what);
    }
    let key = key.to_ascii_lowercase();
    let is_secret = [
        "password",
        "passwd",
        "secret",
        "token",
        "apikey",
        "api-key",
        "api_key",
        "secret_key",
        "secretkey",
        "access_key",
        "private_key",
    ]
    .iter()
    .any(|word| key.ends_with(word));
    // What only looks random until it is decoded once more: `changeme`.
    let stands_for_a_word =
        decoded(plain).is_some_and(|word| word.len() >= 4 && word.is_ascii() && !is_random(&word));
    (is_secret
        && plain.len() >= 12
        && is_random(plain)
        && !plain.contains('/')
        && !stands_for_a_word)
        .then_some("what looks like a password or key")
}

/// State of OpenTofu with what it knows.
fn state(source: &Source) -> Option<Finding> {
    let name = file_name(source.file.path());
    if !(name.ends_with(".tfstate") || name.ends_with(".tfstate.backup")) {
        return None;
    }
    let text = source.file.text();
    if !text.contains("\"resources\"") && !text.contains("\"modules\"") {
        return None;
    }
    let at = text
        .find("\"resources\"")
        .or_else(|| text.find("\"modules\""))
        .unwrap_or(0);
    if text[at..]
        .trim_start_matches("\"resources\"")
        .trim_start_matches([':', ' '])
        .starts_with("[]")
    {
        return None;
    }
    Some(
        Finding::new(format!(
            "`{name}` is in the repository: state holds every secret of what it describes in plain text"
        ))
        .at(source.file.span(at..at + 11.min(text.len() - at)), "state with resources")
        .hint("keep state in a backend, take the file out of Git, and change the secrets in it")
        .about([source.file.path().to_owned()]),
    )
}

/// Shapes of credentials in a text, line by line; a line that is marked or commented as an example is none.
fn text(
    world: &World,
    source: &Source,
    findings: &mut Vec<Finding>,
    seen: &mut HashSet<(u32, usize)>,
    known: &HashSet<Span>,
) {
    let body = source.file.text();
    let mut found = 0;
    let mut looked_at = 0;
    for mark in marks().find_iter(body) {
        if mark.start() < looked_at || found > 20 {
            continue;
        }
        let start = body[..mark.start()].rfind('\n').map_or(0, |at| at + 1);
        let at = body[mark.start()..]
            .find('\n')
            .map_or(body.len(), |end| mark.start() + end + 1);
        looked_at = at;
        let line = &body[start..at];
        if line.len() > 2_000 {
            continue;
        }
        let private = line.contains("-----BEGIN ") && line.contains("PRIVATE KEY-----");
        if private && !key_follows(body, at) {
            continue;
        }
        let Some(what) = credential(line) else {
            continue;
        };
        let span = source
            .file
            .span(start + (line.len() - line.trim_start().len())..start + line.trim_end().len());
        let number = world.sources.line(span);
        let is_known = known.iter().any(|known| {
            known.file == span.file && known.start >= span.start && known.start <= span.end
        });
        if is_known || !seen.insert((span.file.0, number)) {
            continue;
        }
        found += 1;
        let shown = source.file.path();
        findings.push(
            Finding::new(format!("{what} is in the repository"))
                .at(span, format!("{what}, as its shape says"))
                .hint("make a new one and take this one back: Git keeps what was once committed")
                .about([shown.to_owned(), what.to_owned()]),
        );
    }
}

/// Whether lines of base64 follow the head of a key: an empty or cut one is an example.
fn key_follows(body: &str, at: usize) -> bool {
    let lines = body.get(at..).unwrap_or_default().lines().take(4);
    let long = lines
        .map(str::trim)
        .filter(|line| {
            line.len() >= 48
                && line
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
        })
        .count();
    long >= 1
}

/// Whether a path is one of tests and examples, whose credentials are made up.
fn is_example(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    lower.split(['/', '.', '-', '_']).any(|part| {
        matches!(
            part,
            "test"
                | "tests"
                | "testdata"
                | "fixtures"
                | "fixture"
                | "example"
                | "examples"
                | "sample"
                | "samples"
                | "mock"
                | "mocks"
                | "e2e"
                | "spec"
                | "dist"
                | "template"
        )
    }) || SourceKind::of(path, "") == SourceKind::HelmTemplate
}
