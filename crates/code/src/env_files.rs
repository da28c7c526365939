//! Files of `NAME=value` lines.

use std::sync::Arc;

use seaworthy_facts::documents::{Documents, EnvFile};
use seaworthy_facts::{Source, SourceKind, Value, file_name};

/// Reads a file, if its name says that it is one.
pub(crate) fn read(source: &Source, documents: &mut Documents) {
    if !matches!(
        source.kind,
        SourceKind::Text | SourceKind::Document | SourceKind::Shell
    ) || !is_env(file_name(source.file.path()))
    {
        return;
    }
    let mut entries: Vec<(Arc<str>, Value)> = Vec::new();
    let mut at = 0;
    for line in source.file.text().split_inclusive('\n') {
        let start = at;
        at += line.len();
        let text = line.trim_start();
        let indent = line.len() - text.len();
        let (text, skipped) = match text.strip_prefix("export ") {
            Some(rest) => (rest, "export ".len()),
            None => (text, 0),
        };
        if text.starts_with('#') {
            continue;
        }
        let Some((name, value)) = text.split_once('=') else {
            continue;
        };
        if name.is_empty()
            || !name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        {
            continue;
        }
        let shown = value
            .split(" #")
            .next()
            .unwrap_or_default()
            .trim()
            .trim_matches(['"', '\'']);
        let first = start + indent + skipped;
        let span = source
            .file
            .span(first..first + name.len() + 1 + value.trim_end().len());
        entries.push((name.into(), Value::string(shown, span)));
    }
    if !entries.is_empty() {
        documents.env_files.push(EnvFile {
            file: source.file.id(),
            entries,
        });
    }
}

fn is_env(name: &str) -> bool {
    name == ".env"
        || name.starts_with(".env.")
        || name.rsplit_once('.').is_some_and(|(_, end)| end == "env")
        || matches!(
            name,
            "env.dist"
                | "env.example"
                | "env.sample"
                | "env.template"
                | "dotenv"
                | ".envrc"
                | "env"
        )
}
