//! A definition that was read: its values, and what can be asked of them.

use seaworthy_diagnostics::{Diagnostic, FileId, SourceFile, sort, suggest};
use seaworthy_yaml::scalar::{self, Meaning};
use seaworthy_yaml::{Limits, NodeKind, Style};

use crate::merge::merge;
use crate::model::{EnvironmentName, Platform};
use crate::resolve::{Resolved, resolve};
use crate::shape::PLATFORM;
use crate::value::{Kind, Map, Value};
use crate::{read, shape};

/// A definition as it was read, with the place of everything in it.
#[derive(Debug, Clone)]
pub struct Definition {
    source: SourceFile,
    root: Value,
    /// The file breaks off: what seems missing may only be unread.
    broken: bool,
    diagnostics: Vec<Diagnostic>,
}

impl Definition {
    /// The most bytes that a definition may have. A larger file is refused unread, so a caller need not load it.
    pub const MAX_BYTES: usize = 4 << 20;

    /// Reads a definition; `path` is what messages show. It never fails: what is wrong is among the diagnostics, and
    /// the rest is there.
    pub fn read(path: &str, bytes: &[u8]) -> (Self, Vec<Diagnostic>) {
        let limits = Limits {
            bytes: Self::MAX_BYTES,
            depth: 64,
            nodes: 200_000,
        };
        let parsed = seaworthy_yaml::parse(FileId(0), path, bytes, limits);
        let (source, tree) = (parsed.source, parsed.tree);
        let mut diagnostics = parsed.diagnostics;
        let mut documents = tree.documents().iter();
        // A leading `---` may follow an empty document of comments.
        let first = documents.find(|document| document.root.is_some() || document.broken);
        let mut broken = first.is_some_and(|document| document.broken);
        let mut root = None;
        match first.and_then(|document| document.root) {
            Some(id) if is_empty(&tree, id) && !broken => diagnostics.push(empty(&source)),
            Some(id) => {
                let (value, found) = read::read(&source, &tree, id);
                diagnostics.extend(
                    found
                        .into_iter()
                        .filter(|d| !broken || is_certain(d, &source, &diagnostics))
                        .collect::<Vec<_>>(),
                );
                root = Some(value);
            }
            None if diagnostics.is_empty() => diagnostics.push(empty(&source)),
            None => broken = true,
        }
        if let Some(second) = documents.find(|document| document.root.is_some()) {
            diagnostics.push(
                Diagnostic::error(
                    "definition/several-documents",
                    "a definition is one YAML document, and here are several",
                )
                .primary(
                    source.span(first_line(&source, second.span.start)),
                    "another one starts here",
                )
                .hint("keep one; what differs between environments stands under `environments:`"),
            );
        }
        sort(&mut diagnostics);
        let root = root.unwrap_or_else(|| {
            broken = true;
            let nowhere = source.span(0..0);
            Value {
                key: nowhere,
                span: nowhere,
                kind: Kind::Map(Map {
                    incomplete: true,
                    ..Map::default()
                }),
            }
        });
        let definition = Self {
            source,
            root,
            broken,
            diagnostics: diagnostics.clone(),
        };
        (definition, diagnostics)
    }

    /// What the definition means for an environment, or for this machine where none is named. Never fails: what does
    /// not fit together is among the diagnostics, and the platform is the best there is.
    pub fn resolve(&self, environment: Option<&str>) -> (Platform, Vec<Diagnostic>) {
        let (resolved, _, mut diagnostics) = self.resolved(environment);
        sort(&mut diagnostics);
        (resolved.platform, diagnostics)
    }

    /// Everything that is wrong, in reading, in the base and in each environment; each thing once, sorted.
    pub fn check(&self) -> Vec<Diagnostic> {
        let mut diagnostics = self.diagnostics.clone();
        let (_, base) = self.resolve(None);
        // What an environment adds, and which environments add it.
        let mut added: Vec<(Diagnostic, Vec<&str>)> = Vec::new();
        for environment in self.environment_names() {
            let (_, found) = self.resolve(Some(environment));
            for diagnostic in found.into_iter().filter(|d| !base.contains(d)) {
                match added.iter_mut().find(|(known, _)| *known == diagnostic) {
                    Some((_, environments)) => environments.push(environment),
                    None => added.push((diagnostic, vec![environment])),
                }
            }
        }
        diagnostics.extend(added.into_iter().map(|(diagnostic, environments)| {
            let noun = if environments.len() == 1 {
                "environment"
            } else {
                "environments"
            };
            diagnostic.note(format!("in the {noun} {}", shape::all_of(environments)))
        }));
        diagnostics.extend(base);
        sort(&mut diagnostics);
        diagnostics
    }

    /// The file.
    pub fn source(&self) -> &SourceFile {
        &self.source
    }

    /// The names of the environments, as declared.
    pub fn environment_names(&self) -> impl Iterator<Item = &str> {
        let environments = self.root.get("environments").and_then(Value::as_map);
        environments
            .into_iter()
            .flat_map(|map| map.entries.keys().map(String::as_str))
    }

    /// The path of every key that the definition gives, maps and what is in them, in order: `services`,
    /// `services.api`, `services.api.slo`.
    pub fn declared(&self) -> impl Iterator<Item = String> {
        fn walk(value: &Value, path: &str, paths: &mut Vec<String>) {
            let Some(map) = value.as_map() else { return };
            for (name, value) in &map.entries {
                let here = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                paths.push(here.clone());
                walk(value, &here, paths);
            }
        }
        let mut paths = Vec::new();
        walk(&self.root, "", &mut paths);
        paths.into_iter()
    }

    pub(crate) fn root(&self) -> &Value {
        &self.root
    }

    /// The values of an environment with its override laid over them, resolved.
    pub(crate) fn resolved(&self, environment: Option<&str>) -> (Resolved, Value, Vec<Diagnostic>) {
        let mut diagnostics = Vec::new();
        let mut values = self.root.clone();
        let mut name = None;
        if let Some(environment) = environment {
            let declared = self
                .root
                .get("environments")
                .and_then(|value| value.get(environment));
            match declared {
                Some(value) => {
                    name = Some(EnvironmentName::new(environment));
                    if let Some(change) = value.get("override") {
                        let (merged, found) = merge(&values, change, &PLATFORM);
                        values = merged;
                        diagnostics.extend(found);
                    }
                }
                None => diagnostics.push(self.unknown_environment(environment)),
            }
        }
        let mut resolved = resolve(&self.source, &values, name);
        diagnostics.append(&mut resolved.diagnostics);
        if self.broken {
            diagnostics.clear();
        }
        (resolved, values, diagnostics)
    }

    fn unknown_environment(&self, name: &str) -> Diagnostic {
        let place = self
            .root
            .get("environments")
            .map_or(self.source.span(0..0), |value| value.key);
        let diagnostic = Diagnostic::error(
            "definition/unknown-environment",
            format!("no environment is called `{name}`"),
        )
        .primary(place, "");
        match suggest(name, self.environment_names()) {
            Some(near) => diagnostic.hint(format!("did you mean `{near}`?")),
            None if self.environment_names().next().is_none() => {
                diagnostic.hint("declare it under `environments:`")
            }
            None => diagnostic.hint(format!(
                "the environments are {}",
                shape::all_of(self.environment_names())
            )),
        }
    }
}

fn is_empty(tree: &seaworthy_yaml::Tree, id: seaworthy_yaml::NodeId) -> bool {
    match &tree.resolved(id).kind {
        NodeKind::Scalar { text, style } => {
            *style == Style::Plain && scalar::plain(text) == Meaning::Null
        }
        NodeKind::Mapping { entries, .. } => entries.is_empty(),
        _ => false,
    }
}

fn empty(source: &SourceFile) -> Diagnostic {
    Diagnostic::error("definition/empty", "the definition is empty")
        .primary(source.span(0..0), "")
        .hint("begin with `platform: name` and a service, or write a whole one with `seaworthy new hello FOLDER`")
}

/// In a file that breaks off, what is said about lines before the break, and is not about something missing.
fn is_certain(diagnostic: &Diagnostic, source: &SourceFile, syntax: &[Diagnostic]) -> bool {
    let line = |d: &Diagnostic| d.place().map(|span| source.position(span.start).line);
    let about_absence = matches!(
        diagnostic.code,
        "definition/missing-key" | "definition/no-value"
    );
    let first = syntax.iter().filter_map(line).min();
    !about_absence && line(diagnostic) < first
}

fn first_line(source: &SourceFile, byte: usize) -> std::ops::Range<usize> {
    source.line(source.position(byte).line)
}
