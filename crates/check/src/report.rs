//! What a run has to say, in forms that leave the program: [`text`] for people, [`json`], [`sarif`] and [`github`] for
//! machines. All return strings; the command line prints them.

pub mod github;
pub mod json;
pub mod sarif;
pub mod text;

use seaworthy_diagnostics::{Diagnostic, FileId, LabelKind, Severity as Level, SourceFile, Span};
use seaworthy_facts::{Sources, Unread, Unseen};

use crate::{Confidence, Finding, Link};

/// Everything that one run has to say.
#[derive(Debug, Default)]
pub struct Report<'a> {
    /// What is shown, in order.
    pub entries: Vec<Entry<'a>>,
    /// What could not be seen.
    pub unseen: Vec<UnseenPlace>,
    /// How many findings are not shown, and why not.
    pub hidden: Hidden,
    /// How many files were read.
    pub n_files: usize,
}

/// Findings that are there and not shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hidden {
    /// Allowed, with a reason.
    pub allowed: usize,
    /// Known from the baseline.
    pub baseline: usize,
    /// There before the change that is looked at.
    pub before: usize,
}

/// One thing that is shown.
#[derive(Debug)]
pub struct Entry<'a> {
    /// The rule, or the code of a diagnostic that no rule made.
    pub rule: &'a str,
    /// Its severity's word: `breaks`, `insecure`, `unreliable`, `costly`; of what no rule made `error`, `warning`,
    /// `note`.
    pub word: &'static str,
    /// How sure it is; nothing for what no rule made.
    pub confidence: Option<Confidence>,
    /// Message, places, notes, hints, fix.
    pub diagnostic: &'a Diagnostic,
    /// What joins the places.
    pub chain: &'a [Link],
    /// What was taken from a table or assumed.
    pub assumed: &'a [String],
    /// What it is known by after an edit.
    pub fingerprint: String,
    /// It makes the run fail.
    pub denied: bool,
    /// The files that its places are in.
    pub files: Files<'a>,
}

/// Where the text of places is found.
#[derive(Debug, Clone, Copy)]
pub enum Files<'a> {
    /// Among the files of the run.
    All(&'a Sources),
    /// In a file that was read by itself.
    One(&'a SourceFile),
}

/// Something that could not be seen, with its place as people count.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnseenPlace {
    /// `module`, `chart`, `template`, `remote`, `file`, `repository`, `action`.
    pub subject: &'static str,
    /// Its name.
    pub name: String,
    /// Why, and what would make it visible.
    pub why: String,
    /// File and line where it is named.
    pub place: Option<(String, usize)>,
}

impl<'a> Entry<'a> {
    /// A finding.
    pub fn finding(
        finding: &'a Finding,
        fingerprint: String,
        denied: bool,
        sources: &'a Sources,
    ) -> Self {
        Self {
            rule: finding.rule,
            word: finding.severity.as_str(),
            confidence: Some(finding.confidence),
            diagnostic: &finding.diagnostic,
            chain: &finding.chain,
            assumed: &finding.assumed,
            fingerprint,
            denied,
            files: Files::All(sources),
        }
    }

    /// What no rule made: a file that cannot be read, an allowance for nothing. An error makes the run fail.
    pub fn diagnostic(diagnostic: &'a Diagnostic, fingerprint: String, files: Files<'a>) -> Self {
        Self {
            rule: diagnostic.code,
            word: diagnostic.severity.as_str(),
            confidence: None,
            diagnostic,
            chain: &[],
            assumed: &[],
            fingerprint,
            denied: diagnostic.severity == Level::Error,
            files,
        }
    }
}

impl<'a> Files<'a> {
    /// A file by its number.
    pub fn file(self, id: FileId) -> Option<&'a SourceFile> {
        match self {
            Self::All(sources) => Some(&sources.get(id).file),
            Self::One(file) => (file.id() == id).then_some(file),
        }
    }
}

/// A span as people count it: lines and columns from 1, columns in characters, both ends within.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place<'a> {
    file: &'a SourceFile,
    line: usize,
    column: usize,
    /// The last line that holds a character of it.
    end_line: usize,
    /// The column after its last character.
    end_column: usize,
}

impl<'a> Place<'a> {
    fn of(span: Span, files: Files<'a>) -> Option<Self> {
        let file = files.file(span.file)?;
        let start = file.position(span.start);
        let end = file.position(span.end.max(span.start));
        // A span that ends with a line break ends on the line that it breaks.
        let (end_line, end_column) = if end.column == 1 && end.line > start.line {
            let line = file.line(end.line - 1);
            let end = file.position(line.end);
            (end.line, end.column)
        } else {
            (end.line, end.column)
        };
        Some(Self {
            file,
            line: start.line,
            column: start.column,
            end_line,
            end_column,
        })
    }
}

/// The labels, primary ones first.
fn labels(diagnostic: &Diagnostic) -> impl Iterator<Item = (Span, bool, &str)> {
    let of = |kind| {
        diagnostic
            .labels
            .iter()
            .filter(move |label| label.kind == kind)
            .map(move |label| (label.span, kind == LabelKind::Primary, &*label.message))
    };
    of(LabelKind::Primary).chain(of(LabelKind::Secondary))
}

/// What could not be seen, and which large or closed files were not read; each once, in order.
pub fn unseen(sources: &Sources, unseen: &[Unseen]) -> Vec<UnseenPlace> {
    let named = unseen.iter().map(|unseen| UnseenPlace {
        subject: unseen.subject.as_str(),
        name: unseen.name.to_string(),
        why: unseen.why.to_string(),
        place: unseen
            .span
            .map(|span| (sources.path(span.file).to_owned(), sources.line(span))),
    });
    let files = sources.unread().filter_map(|(path, why)| {
        let why = match why {
            Unread::TooLarge => {
                "it is too large; `largest_file` in the settings says how large a file may be"
            }
            Unread::Refused => {
                "the system does not let it be read, or it is a link out of the folder"
            }
            // Pictures and archives say nothing that anybody would look for.
            Unread::Binary | Unread::Vendored => return None,
        };
        Some(UnseenPlace {
            subject: "file",
            name: path.to_owned(),
            why: why.to_owned(),
            place: None,
        })
    });
    let mut all: Vec<_> = named.chain(files).collect();
    all.sort();
    all.dedup_by(|a, b| (a.subject, &a.name, &a.why) == (b.subject, &b.name, &b.why));
    all
}
