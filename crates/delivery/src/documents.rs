//! Shell blocks of Markdown: what a person is told to run.

use seaworthy_facts::delivery::{Script, ScriptKind};
use seaworthy_facts::{Source, SourceKind, Sources, file_name};

use crate::deeds::State;
use crate::fragment::Fragment;
use crate::shell::{self, Shells, Variables};

/// Reads the fenced shell blocks of every Markdown file; the blocks of one file are one script.
pub(crate) fn scripts(sources: &Sources, shells: &Shells<'_>) -> Vec<Script> {
    sources
        .of(SourceKind::Document)
        .filter(|source| {
            let name = file_name(source.file.path()).to_lowercase();
            matches!(name.rsplit('.').next(), Some("md" | "markdown" | "mdx"))
        })
        .filter_map(|source| script(source, sources, shells))
        .collect()
}

fn script(source: &Source, sources: &Sources, shells: &Shells<'_>) -> Option<Script> {
    let ranges = blocks(source);
    let first = ranges.first()?.clone();
    let parsed = shell::parse(Fragment::parts(&source.file, &ranges))?;
    let folder = shells.files.working_folder(source);
    let own = sources.folder(source.file.id()).to_owned();
    let outcome = shells.run(
        &parsed,
        Variables::default(),
        folder.into(),
        &own,
        State::default(),
    );
    if outcome.commands.is_empty() {
        return None;
    }
    Some(Script {
        file: source.file.id(),
        kind: ScriptKind::Document,
        target: None,
        span: source.file.span(first),
        deeds: outcome.deeds,
        commands: outcome.commands,
    })
}

/// The lines within fences of shell, prompts left out.
fn blocks(source: &Source) -> Vec<std::ops::Range<usize>> {
    let file = &source.file;
    let mut ranges = Vec::new();
    let mut fence: Option<(String, bool, bool)> = None;
    for number in 1..=file.n_lines() {
        let line = file.line(number);
        let text = &file.text()[line.clone()];
        let trimmed = text.trim_start();
        match &fence {
            None => {
                let mark = if trimmed.starts_with("```") {
                    '`'
                } else if trimmed.starts_with("~~~") {
                    '~'
                } else {
                    continue;
                };
                let length = trimmed.chars().take_while(|c| *c == mark).count();
                let word = trimmed[length..].trim().to_lowercase();
                let word = word.split([' ', '{', ',']).next().unwrap_or_default();
                let is_shell = matches!(
                    word,
                    "sh" | "bash" | "shell" | "zsh" | "console" | "shell-session"
                );
                let prompts = matches!(word, "console" | "shell-session");
                fence = Some((mark.to_string().repeat(length), is_shell, prompts));
            }
            Some((mark, is_shell, prompts)) => {
                if trimmed.starts_with(mark.as_str())
                    && trimmed.trim_matches(['`', '~', ' ']).is_empty()
                {
                    fence = None;
                    continue;
                }
                let blank = text.len() - trimmed.len();
                let prompt = if trimmed.starts_with("$ ") { 2 } else { 0 };
                // In a session, lines without a prompt are output.
                if *is_shell && (!prompts || prompt > 0) {
                    let end = (line.end + 1).min(file.text().len());
                    let start = if prompt > 0 {
                        line.start + blank + prompt
                    } else {
                        line.start
                    };
                    ranges.push(start..end);
                }
            }
        }
    }
    ranges
}
