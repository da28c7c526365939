//! Dockerfiles: stages, arguments, and what each instruction says.

use std::collections::HashMap;
use std::ops::Range;

use seaworthy_diagnostics::Span;
use seaworthy_facts::delivery::{Dockerfile, Instruction, Stage};
use seaworthy_facts::{Data, Source, SourceKind, Sources, Text, Value};

use crate::fragment;
use crate::template::filled;

const LARGEST: usize = 1 << 20;

/// Reads every Dockerfile that has a stage.
pub(crate) fn dockerfiles(sources: &Sources) -> Vec<Dockerfile> {
    sources
        .of(SourceKind::Dockerfile)
        .filter(|source| source.file.text().len() <= LARGEST)
        .map(read)
        .filter(|dockerfile| !dockerfile.stages.is_empty())
        .collect()
}

/// An instruction as it is written: its word, and its text with the place of each part.
struct Line {
    word: String,
    /// The text after the word, continued lines together, comments between them left out.
    text: String,
    /// Where parts of the text stand.
    pieces: Vec<(usize, usize)>,
    span: Span,
}

impl Line {
    fn place(&self, source: &Source, range: Range<usize>) -> Span {
        let at = |byte: usize| {
            let index = self.pieces.partition_point(|(text, _)| *text <= byte);
            let (text, file) = self.pieces[index.saturating_sub(1)];
            file + (byte - text.min(byte))
        };
        let start = at(range.start);
        let end = if range.end > range.start {
            at(range.end - 1) + 1
        } else {
            start
        };
        source.file.span(start..end.max(start))
    }
}

fn read(source: &Source) -> Dockerfile {
    let mut stages: Vec<Stage> = Vec::new();
    // Arguments in front of the first FROM hold for FROM lines, and in a stage once it names them again.
    let mut global: HashMap<String, Value> = HashMap::new();
    let mut local: HashMap<String, Value> = HashMap::new();
    for line in lines(source) {
        let put = |text: &str, span: Span, variables: &HashMap<String, Value>| {
            let filled = filled(text, &|name| variables.get(name).and_then(Value::text));
            let mut value = fragment::value(filled, span);
            if let Some(name) = first_name(text)
                && let Some(from) = variables.get(name)
            {
                value.trail = from.trail.via(from.span, format!("`{name}` is set here"));
            }
            value
        };
        if line.word == "FROM" {
            let words = words(&line.text);
            let mut flags = Vec::new();
            let mut rest = Vec::new();
            for range in words {
                let text = &line.text[range.clone()];
                let value = put(text, line.place(source, range), &global);
                if text.starts_with("--") && rest.is_empty() {
                    flags.push(value);
                } else {
                    rest.push(value);
                }
            }
            let name = rest
                .iter()
                .position(|word| {
                    word.str()
                        .is_some_and(|word| word.eq_ignore_ascii_case("as"))
                })
                .and_then(|at| rest.get(at + 1)?.str());
            let platform = flags.iter().find_map(|flag| {
                let (name, value) = flag.text()?.split_once('=')?;
                (name.literal() == Some("--platform")).then(|| Value {
                    data: fragment::value(value, flag.span).data,
                    ..flag.clone()
                })
            });
            local = HashMap::new();
            let Some(from) = rest.first() else { continue };
            stages.push(Stage {
                from: from.clone(),
                name: name.map(Into::into),
                platform,
                instructions: Vec::new(),
                span: line.span,
            });
            continue;
        }
        let instruction = instruction(source, &line, &local, &put);
        match line.word.as_str() {
            "ARG" => {
                for argument in &instruction.arguments {
                    let Some(text) = argument.text() else {
                        continue;
                    };
                    let (name, value) = match text.split_once('=') {
                        Some((name, value)) => (name, Some(value)),
                        None => (text, None),
                    };
                    let name = name.to_string();
                    let value = match value {
                        Some(value) => Some(Value {
                            data: fragment::value(value, argument.span).data,
                            ..argument.clone()
                        }),
                        None => global.get(&name).cloned(),
                    };
                    let scope = if stages.is_empty() {
                        &mut global
                    } else {
                        &mut local
                    };
                    if let Some(value) = value {
                        scope.insert(name, value);
                    }
                }
            }
            "ENV" => {
                for argument in &instruction.arguments {
                    if let Some((name, value)) =
                        argument.text().and_then(|text| text.split_once('='))
                    {
                        local.insert(
                            name.to_string(),
                            Value {
                                data: fragment::value(value, argument.span).data,
                                ..argument.clone()
                            },
                        );
                    }
                }
            }
            _ => {}
        }
        if let Some(stage) = stages.last_mut() {
            stage.instructions.push(instruction);
        }
    }
    Dockerfile {
        file: source.file.id(),
        stages,
    }
}

/// Puts variables into a text at a place.
type Put<'a> = &'a dyn Fn(&str, Span, &HashMap<String, Value>) -> Value;

fn instruction(
    source: &Source,
    line: &Line,
    variables: &HashMap<String, Value>,
    put: Put<'_>,
) -> Instruction {
    let mut flags = Vec::new();
    let mut start = line.text.len() - line.text.trim_start().len();
    while line.text[start..].starts_with("--") {
        let end = line.text[start..]
            .find(char::is_whitespace)
            .map_or(line.text.len(), |end| start + end);
        flags.push(put(
            &line.text[start..end],
            line.place(source, start..end),
            variables,
        ));
        start = end + (line.text[end..].len() - line.text[end..].trim_start().len());
    }
    let text = line.text[start..].trim_end();
    let whole = line.place(source, start..start + text.len());
    let arguments = match line.word.as_str() {
        "RUN" | "CMD" | "ENTRYPOINT" | "SHELL" | "HEALTHCHECK" | "COPY" | "ADD" | "VOLUME"
            if text.trim_start().starts_with('[') && json(text, whole).is_some() =>
        {
            json(text, whole).unwrap_or_default()
        }
        // The shell in the container fills these, not the builder.
        "RUN" | "CMD" | "ENTRYPOINT" | "HEALTHCHECK" | "ONBUILD" => {
            vec![Value::string(text, whole)]
        }
        "ENV" | "ARG" | "LABEL" => settings(text)
            .into_iter()
            .map(|(range, text)| {
                put(
                    &text,
                    line.place(source, start + range.start..start + range.end),
                    variables,
                )
            })
            .collect(),
        _ => words(text)
            .into_iter()
            .map(|range| {
                put(
                    unquoted(&text[range.clone()]),
                    line.place(source, start + range.start..start + range.end),
                    variables,
                )
            })
            .collect(),
    };
    Instruction {
        word: line.word.as_str().into(),
        arguments,
        flags,
        span: line.span,
    }
}

fn json(text: &str, span: Span) -> Option<Vec<Value>> {
    let documents = seaworthy_facts::yaml::read_text(&Text::from(text), &|_| span);
    let document = documents.documents.into_iter().next()?;
    if document.broken {
        return None;
    }
    match document.value.data {
        Data::List(items) => Some(items),
        _ => None,
    }
}

/// `A=b C="d e"` or `A b`: each as `A=b`.
fn settings(text: &str) -> Vec<(Range<usize>, String)> {
    let words = words(text);
    let Some(first) = words.first() else {
        return Vec::new();
    };
    let first_text = &text[first.clone()];
    if !first_text.contains('=') && words.len() > 1 {
        let value = text[first.end..].trim();
        return vec![(
            first.start..text.len(),
            format!("{first_text}={}", unquoted(value)),
        )];
    }
    words
        .into_iter()
        .map(|range| {
            let word = &text[range.clone()];
            let plain = match word.split_once('=') {
                Some((name, value)) => format!("{name}={}", unquoted(value)),
                None => word.to_owned(),
            };
            (range, plain)
        })
        .collect()
}

fn unquoted(word: &str) -> &str {
    for mark in ['"', '\''] {
        if word.len() >= 2 && word.starts_with(mark) && word.ends_with(mark) {
            return &word[1..word.len() - 1];
        }
    }
    word
}

/// Words between blanks; quotes keep blanks.
fn words(text: &str) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut start = None;
    let mut quote = None;
    for (at, character) in text.char_indices() {
        match (quote, character) {
            (Some(mark), _) if character == mark => quote = None,
            (None, '"' | '\'') => {
                quote = Some(character);
                start.get_or_insert(at);
            }
            (None, _) if character.is_whitespace() => {
                if let Some(start) = start.take() {
                    words.push(start..at);
                }
            }
            _ => {
                start.get_or_insert(at);
            }
        }
    }
    if let Some(start) = start {
        words.push(start..text.len());
    }
    words
}

fn first_name(text: &str) -> Option<&str> {
    let (_, after) = text.split_once('$')?;
    let after = after.strip_prefix('{').unwrap_or(after);
    let end = after
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .unwrap_or(after.len());
    (end > 0).then(|| &after[..end])
}

/// The instructions, continued lines and heredocs taken together.
fn lines(source: &Source) -> Vec<Line> {
    let text = source.file.text();
    let escape = if text.lines().take(3).any(|line| {
        line.starts_with('#') && line.replace(' ', "").to_lowercase().contains("escape=`")
    }) {
        '`'
    } else {
        '\\'
    };
    let mut found: Vec<Line> = Vec::new();
    let mut number = 1;
    while number <= source.file.n_lines() {
        let range = source.file.line(number);
        number += 1;
        let line = &text[range.clone()];
        let trimmed = line.trim_start();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let start = range.start + (line.len() - trimmed.len());
        let word_end = trimmed.find(char::is_whitespace).unwrap_or(trimmed.len());
        let word = trimmed[..word_end].to_uppercase();
        let mut made = Line {
            word,
            text: String::new(),
            pieces: Vec::new(),
            span: source.file.span(start..range.start + line.trim_end().len()),
        };
        let mut from = start + word_end;
        let mut end = range.end;
        loop {
            let part = text[from.min(end)..end].trim_end();
            let part_start = from.min(end);
            let goes_on = part.ends_with(escape);
            let kept = if goes_on {
                &part[..part.len() - escape.len_utf8()]
            } else {
                part
            };
            made.pieces.push((made.text.len(), part_start));
            made.text.push_str(kept);
            if !goes_on || number > source.file.n_lines() {
                break;
            }
            // Comments and empty lines between continued lines do not end the instruction.
            let mut next = source.file.line(number);
            while number < source.file.n_lines()
                && (text[next.clone()].trim().is_empty()
                    || text[next.clone()].trim_start().starts_with('#'))
            {
                number += 1;
                next = source.file.line(number);
            }
            number += 1;
            made.text.push(' ');
            (from, end) = (next.start, next.end);
        }
        for delimiter in heredocs(&made.word, &made.text) {
            while number <= source.file.n_lines() {
                let range = source.file.line(number);
                number += 1;
                let line = &text[range.clone()];
                if line.trim_start_matches('\t') == delimiter {
                    break;
                }
                made.text.push('\n');
                made.pieces.push((made.text.len(), range.start));
                made.text.push_str(line);
            }
        }
        found.push(made);
    }
    found
}

fn heredocs(word: &str, text: &str) -> Vec<String> {
    if !matches!(word, "RUN" | "COPY" | "ADD") {
        return Vec::new();
    }
    let first = text.lines().next().unwrap_or_default();
    first
        .match_indices("<<")
        .filter_map(|(at, _)| {
            let rest = first[at + 2..].trim_start_matches('-');
            let rest = rest.trim_start_matches(['"', '\'']);
            let end = rest
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .unwrap_or(rest.len());
            let name = &rest[..end];
            (name.starts_with(|c: char| c.is_ascii_alphabetic()) && !first[..at].ends_with('<'))
                .then(|| name.to_owned())
        })
        .take(4)
        .collect()
}
