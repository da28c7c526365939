//! Examples in Markdown: files with marked lines.

use seaworthy_facts::{SourceKind, SourceRoot, Sources};
use seaworthy_knowledge::Date;
use seaworthy_link::World;

/// A section of a page: the files of one small repository.
#[derive(Debug, Default)]
pub(crate) struct Example {
    pub(crate) files: Vec<ExampleFile>,
    pub(crate) remote: Option<String>,
}

/// A file, with the lines where labels are expected to start.
#[derive(Debug)]
pub(crate) struct ExampleFile {
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) primary: Vec<usize>,
    pub(crate) secondary: Vec<usize>,
}

impl Example {
    /// The files of a section, or nothing where the page lacks it. A fence's info string gives the file:
    /// `hcl file=iam.tf primary=3,9 secondary=4`. A line `Remote: owner/name` gives the repository's remote.
    pub(crate) fn of(page: &str, section: &str) -> Option<Self> {
        let start = page.find(&format!("\n## {section}\n"))?;
        let body = &page[start + section.len() + 5..];
        let mut example = Self::default();
        let mut lines = body.lines();
        while let Some(line) = lines.next() {
            if line.starts_with("## ") {
                break;
            }
            if let Some(remote) = line.strip_prefix("Remote: ") {
                example.remote = Some(remote.trim().trim_matches('`').to_owned());
            }
            let Some(info) = line.strip_prefix("```").filter(|info| !info.is_empty()) else {
                continue;
            };
            // A fence of four backticks holds Markdown with fences of its own.
            let (close, info) = match info.strip_prefix('`') {
                Some(info) => ("````", info),
                None => ("```", info),
            };
            let text: String = lines
                .by_ref()
                .take_while(|line| *line != close)
                .flat_map(|line| [line, "\n"])
                .collect();
            let attribute = |name: &str| {
                info.split_whitespace()
                    .find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
            };
            let numbers = |name: &str| -> Vec<usize> {
                attribute(name)
                    .into_iter()
                    .flat_map(|list| list.split(','))
                    .map(|number| number.parse().expect("line numbers after `=`"))
                    .collect()
            };
            let Some(path) = attribute("file") else {
                continue;
            };
            example.files.push(ExampleFile {
                path: path.to_owned(),
                text,
                primary: numbers("primary"),
                secondary: numbers("secondary"),
            });
        }
        Some(example)
    }

    /// The repository, read and linked, on the day that all examples happen.
    pub(crate) fn world(&self) -> World {
        let mut sources = Sources::default();
        let root = sources.add_root(SourceRoot {
            remote: self.remote.clone(),
            default_branch: Some("main".to_owned()),
            ..SourceRoot::default()
        });
        for file in &self.files {
            let kind = SourceKind::of(&file.path, &file.text);
            sources.add(root, &file.path, &file.text, kind, false);
        }
        World::new(sources, today())
    }

    /// Where labels are expected: path, line, primary.
    pub(crate) fn marks(&self) -> Vec<(String, usize, bool)> {
        let mut marks: Vec<_> = self
            .files
            .iter()
            .flat_map(|file| {
                let primary = file.primary.iter().map(|line| (*line, true));
                let secondary = file.secondary.iter().map(|line| (*line, false));
                primary
                    .chain(secondary)
                    .map(|(line, primary)| (file.path.clone(), line, primary))
            })
            .collect();
        marks.sort();
        marks
    }
}

/// The day of all examples.
fn today() -> Date {
    "2026-11-21".parse().expect("it is a date")
}
