//! The examples of a rule's page: files with marked lines.
//!
//! They are the rule's tests, the corpus on which other checkers are compared, and what the reference shows.

use seaworthy_facts::{SourceKind, SourceRoot, Sources};

/// A section of a page: the files of one small repository.
#[derive(Debug, Default)]
pub struct Example {
    /// Its files.
    pub files: Vec<ExampleFile>,
    /// `owner/name` of the repository's remote, where the section says one.
    pub remote: Option<String>,
}

/// A file, with the lines where labels are expected to start.
#[derive(Debug)]
pub struct ExampleFile {
    /// Its path.
    pub path: String,
    /// Its text.
    pub text: String,
    /// The lines where primary labels start.
    pub primary: Vec<usize>,
    /// The lines where other labels start.
    pub secondary: Vec<usize>,
}

impl Example {
    /// The files of a section, or nothing where the page lacks it. A fence's info string gives the file:
    /// `hcl file=iam.tf primary=3,9 secondary=4`. A line `Remote: owner/name` gives the repository's remote.
    pub fn of(page: &str, section: &str) -> Option<Self> {
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
                    .filter_map(|number| number.parse().ok())
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

    /// The files as a run would load them.
    pub fn sources(&self) -> Sources {
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
        sources
    }

    /// Where labels are expected: path, line, primary.
    pub fn marks(&self) -> Vec<(String, usize, bool)> {
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
