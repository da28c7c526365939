//! Jenkinsfiles: a tolerant scan for stages, settings and the shell in `sh` steps. Groovy itself is not followed.

use std::collections::HashMap;
use std::ops::Range;

use seaworthy_diagnostics::Span;
use seaworthy_facts::delivery::{Deed, Pipeline, What};
use seaworthy_facts::{Source, SourceKind, Sources, Text, Unknown, UnknownKind, Value};

use crate::deeds::State;
use crate::fragment::{self, Fragment};
use crate::shell::{self, Shells, Variables, entered};

const LARGEST: usize = 512 << 10;

/// Reads every Jenkinsfile.
pub(crate) fn pipelines(sources: &Sources, shells: &Shells<'_>) -> Vec<Pipeline> {
    sources
        .of(SourceKind::Jenkinsfile)
        .filter(|source| source.file.text().len() <= LARGEST)
        .map(|source| Scan::new(source, shells).all())
        .collect()
}

/// A piece of Groovy that matters here.
#[derive(Debug)]
enum Token<'t> {
    /// A name.
    Word(&'t str, Range<usize>),
    /// A text: what is between its quotes, and whether `$` counts.
    Text(Range<usize>, bool),
    /// Anything else.
    Sign(char),
}

struct Scan<'a> {
    source: &'a Source,
    shells: &'a Shells<'a>,
    pipeline: Pipeline,
    variables: HashMap<String, Value>,
    state: State,
    /// Folders of `dir('x') {`, each with the depth of its brace.
    folders: Vec<(usize, Text)>,
    /// The image that `docker.build` last made.
    built: Option<Value>,
    top: String,
}

impl<'a> Scan<'a> {
    fn new(source: &'a Source, shells: &'a Shells<'a>) -> Self {
        let top = shells.files.sources.roots()[source.root].repository.clone();
        Self {
            source,
            shells,
            pipeline: Pipeline {
                file: source.file.id(),
                system: "Jenkins".into(),
                deeds: Vec::new(),
                commands: Vec::new(),
                stages: Vec::new(),
                manifests: Vec::new(),
            },
            variables: HashMap::new(),
            state: State::default(),
            folders: Vec::new(),
            built: None,
            top,
        }
    }

    fn all(mut self) -> Pipeline {
        let text = self.source.file.text();
        let tokens = tokens(text);
        let mut depth = 0_usize;
        for at in 0..tokens.len() {
            match &tokens[at] {
                Token::Sign('{') => depth += 1,
                Token::Sign('}') => {
                    depth = depth.saturating_sub(1);
                    self.folders.retain(|(opened, _)| *opened < depth + 1);
                }
                Token::Word(word, range) => self.word(word, range, &tokens[at + 1..], depth),
                _ => {}
            }
        }
        self.pipeline
    }

    fn word(&mut self, word: &str, range: &Range<usize>, after: &[Token<'a>], depth: usize) {
        // `sh 'x'`, `sh('x')`, `sh(script: 'x', returnStdout: true)`.
        let argument = |name: &str| -> Option<(Range<usize>, bool)> {
            let mut open = 0_usize;
            let mut named: Option<&str> = None;
            for (index, token) in after.iter().take(40).enumerate() {
                match token {
                    Token::Sign('(') => open += 1,
                    Token::Sign(')') if open <= 1 => return None,
                    Token::Sign(')') => open -= 1,
                    Token::Sign('{' | '}' | ';') => return None,
                    Token::Word(word, _) => {
                        if open == 0
                            && index > 0
                            && named.is_none()
                            && !matches!(after.get(index + 1), Some(Token::Sign(':')))
                        {
                            return None;
                        }
                        named = Some(word);
                    }
                    Token::Text(range, expands) => {
                        if named.is_none_or(|named| named == name) {
                            return Some((range.clone(), *expands));
                        }
                        named = None;
                    }
                    Token::Sign(_) => {}
                }
            }
            None
        };
        match word {
            "sh" => {
                if let Some((range, expands)) = argument("script") {
                    self.shell(range, expands);
                }
            }
            "stage" => {
                if let Some((name, _)) = argument("name") {
                    let name = &self.source.file.text()[name];
                    self.pipeline
                        .stages
                        .push((name.into(), self.source.file.span(range.clone())));
                }
            }
            "dir" => {
                if let Some((range, expands)) = argument("path") {
                    let path = self.text(range, expands).text().unwrap_or_default();
                    let folder = entered(&self.folder(), &path);
                    self.folders.push((depth + 1, folder));
                }
            }
            "yaml" => {
                if let Some((range, expands)) = argument("yaml") {
                    let text = self.text(range.clone(), expands).text().unwrap_or_default();
                    let span = self.source.file.span(range);
                    let documents =
                        seaworthy_facts::yaml::read_text(&text, &|part| span.part(part));
                    self.pipeline.manifests.extend(
                        documents
                            .documents
                            .into_iter()
                            .map(|document| document.value),
                    );
                }
            }
            "build" => self.docker(argument("image"), range),
            "push" => {
                let tag = argument("tag").map(|(range, expands)| self.text(range, expands));
                if let Some(image) = self.built.clone() {
                    let image = match tag {
                        Some(tag) => crate::deeds::with_tag(&image, &tag),
                        None => image,
                    };
                    let span = self.source.file.span(range.clone());
                    self.deed(What::PushImage { image }, span);
                }
            }
            _ => self.assignment(word, after),
        }
    }

    /// `docker.build("image:tag", "-f Dockerfile .")`.
    fn docker(&mut self, argument: Option<(Range<usize>, bool)>, range: &Range<usize>) {
        let before = self.source.file.text()[..range.start].trim_end();
        let Some((argument, expands)) = argument.filter(|_| before.ends_with("docker.")) else {
            return;
        };
        let image = self.text(argument, expands);
        self.built = Some(image.clone());
        let span = self.source.file.span(range.clone());
        self.deed(
            What::BuildImage {
                tags: vec![image],
                context: Some(Value::string(".", span)),
                dockerfile: None,
                platforms: Vec::new(),
                push: false,
            },
            span,
        );
    }

    /// `NAME = "text"` in an environment block or as a variable.
    fn assignment(&mut self, word: &str, after: &[Token<'a>]) {
        if let [Token::Sign('='), next, ..] = after {
            match next {
                Token::Text(range, expands) => {
                    let value = self.text(range.clone(), *expands);
                    self.variables.insert(word.to_owned(), value);
                }
                _ => {
                    self.variables.remove(word);
                }
            }
        }
    }

    fn folder(&self) -> Text {
        self.folders
            .last()
            .map_or_else(|| self.top.as_str().into(), |(_, folder)| folder.clone())
    }

    fn deed(&mut self, what: What, span: Span) {
        let folder = self.folder();
        self.pipeline.deeds.push(Deed {
            what,
            span,
            called_at: Vec::new(),
            folder,
            conditions: Vec::new(),
            failure_ignored: false,
        });
    }

    /// A text with `$x`, `${x}` and `${env.X}` put in.
    fn text(&self, range: Range<usize>, expands: bool) -> Value {
        let raw = &self.source.file.text()[range.clone()];
        let span = self.source.file.span(range);
        if !expands || !raw.contains('$') {
            return Value::string(raw, span);
        }
        let mut text = Text::default();
        let mut trail = seaworthy_facts::Trail::default();
        let mut from = 0;
        for (range, name) in references(raw) {
            text.push_str(&raw[from..range.start]);
            let value = self.named(name);
            if trail.is_empty()
                && let Some(known) = self.variables.get(plain(name))
            {
                trail = known.trail.via(known.span, format!("`{name}` is set here"));
            }
            text.push(&value);
            from = range.end;
        }
        text.push_str(&raw[from..]);
        Value {
            data: fragment::value(text, span).data,
            span,
            trail,
        }
    }

    fn named(&self, name: &str) -> Text {
        match self.variables.get(plain(name)).and_then(Value::text) {
            Some(text) if text.parts().len() < 32 => text,
            _ => Text::hole(Unknown::new(UnknownKind::Expression, name)),
        }
    }

    fn shell(&mut self, range: Range<usize>, expands: bool) {
        let file = &self.source.file;
        let raw = &file.text()[range.clone()];
        let mut fragment = Fragment::parts(file, std::slice::from_ref(&range));
        if expands {
            for (part, name) in references(raw) {
                let span = file.span(range.start + part.start..range.start + part.end);
                let value = match self.variables.get(plain(name)) {
                    Some(value) => value.used_at(span, format!("`{name}` is set here")),
                    None => fragment::value(self.named(name), span),
                };
                fragment.put(part, value);
            }
        }
        let Some(parsed) = shell::parse(fragment) else {
            return;
        };
        let mut variables = Variables::default();
        for (name, value) in &self.variables {
            variables.set(name, value.clone());
            variables.export(name);
        }
        let folder = self.folder();
        let state = std::mem::take(&mut self.state);
        let mut outcome = self
            .shells
            .run(&parsed, variables, folder, &self.top, state);
        self.state = outcome.state;
        let first = self.pipeline.commands.len();
        for command in &mut outcome.commands {
            command.reads_from = command.reads_from.map(|at| at + first);
        }
        self.pipeline.commands.append(&mut outcome.commands);
        self.pipeline.deeds.append(&mut outcome.deeds);
    }
}

fn plain(name: &str) -> &str {
    name.strip_prefix("env.").unwrap_or(name)
}

/// `$x`, `${x}`: all of it and the name. A dollar behind a backslash is the shell's.
fn references(raw: &str) -> Vec<(Range<usize>, &str)> {
    let mut found = Vec::new();
    let bytes = raw.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'$' if bytes.get(at + 1) == Some(&b'{') => {
                let Some(end) = raw[at..].find('}') else {
                    break;
                };
                found.push((at..at + end + 1, raw[at + 2..at + end].trim()));
                at += end + 1;
            }
            b'$' => {
                let end = raw[at + 1..]
                    .find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '.')
                    .map_or(raw.len(), |end| at + 1 + end);
                let name = raw[at + 1..end].trim_end_matches('.');
                let end = at + 1 + name.len();
                if name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
                    found.push((at..end, name));
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    found
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text[at..];
        if rest.starts_with("//") || rest.starts_with("#!") {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if rest.starts_with("/*") {
            at += rest.find("*/").map_or(rest.len(), |end| end + 2);
        } else if let Some(mark) = ["'''", "\"\"\"", "'", "\""]
            .into_iter()
            .find(|mark| rest.starts_with(*mark))
        {
            let start = at + mark.len();
            let end = end_of_text(text, start, mark);
            tokens.push(Token::Text(start..end, mark.starts_with('"')));
            at = (end + mark.len()).min(bytes.len());
        } else if bytes[at].is_ascii_alphabetic() || bytes[at] == b'_' {
            let length = bytes[at..]
                .iter()
                .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_')
                .count();
            tokens.push(Token::Word(&text[at..at + length], at..at + length));
            at += length;
        } else {
            let Some(character) = rest.chars().next() else {
                break;
            };
            if !character.is_whitespace() {
                tokens.push(Token::Sign(character));
            }
            at += character.len_utf8();
        }
    }
    tokens
}

fn end_of_text(text: &str, start: usize, mark: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = start;
    while at < bytes.len() {
        if bytes[at] == b'\\' {
            at += 2;
        } else if bytes[at..].starts_with(mark.as_bytes()) {
            return at;
        } else if mark.len() == 1 && bytes[at] == b'\n' {
            // A text in single marks ends with its line; what is open there is a slip.
            return at;
        } else {
            at += 1;
        }
    }
    // A backslash at the very end may have stepped over it, or into a character.
    bytes.len()
}
