//! What could not be seen, so that silence about it is not taken for approval.

use seaworthy_diagnostics::Span;

/// Something that the files name and that is not here.
#[derive(Debug, Clone, PartialEq)]
pub struct Unseen {
    /// What kind of thing.
    pub subject: Subject,
    /// Its name: a module's source, a chart with its repository, a url, a path.
    pub name: Box<str>,
    /// Why it could not be seen, and what would make it visible: "run `tofu init`".
    pub why: Box<str>,
    /// Where it is named.
    pub span: Option<Span>,
}

/// What kind of thing was not seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// A module that is not on disk and has no summary.
    Module,
    /// A chart that is not here and has no summary.
    Chart,
    /// A template that could not be expanded.
    Template,
    /// A kustomization's base or resource somewhere else.
    Remote,
    /// A file that is there and was not read, or is named and is not there.
    File,
    /// A repository that is named and was not given.
    Repository,
    /// An action or workflow of another repository.
    Action,
}

impl Subject {
    /// The word that messages and JSON use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Module => "module",
            Self::Chart => "chart",
            Self::Template => "template",
            Self::Remote => "remote",
            Self::File => "file",
            Self::Repository => "repository",
            Self::Action => "action",
        }
    }
}
