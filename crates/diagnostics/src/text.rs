//! The text form of diagnostics, as rustc looks.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};

use crate::source::floor_boundary;
use crate::{Diagnostic, Label, LabelKind, Severity, SourceFile};

/// Whether the text carries ANSI colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// Plain text.
    Never,
    /// With ANSI escapes.
    Always,
}

/// Labels at most this many lines apart share one cut of the source.
const NEAR: usize = 12;
/// A line longer than this is not shown: it is no line a person wrote.
const LONGEST_LINE: usize = 2000;

/// The diagnostics as text, one after another with an empty line between; empty where there are none.
///
/// A label whose file is not among `sources` is left out.
pub fn render(diagnostics: &[Diagnostic], sources: &[&SourceFile], colour: Colour) -> String {
    let renderer = renderer(colour);
    let mut text = String::new();
    for diagnostic in diagnostics {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&renderer.render(&groups(diagnostic, None, sources)));
        text.push('\n');
    }
    text
}

/// One diagnostic whose severity has a word of its own: `breaks[rule]: …` in the place of `error[rule]: …`.
pub fn render_as(
    word: &str,
    diagnostic: &Diagnostic,
    sources: &[&SourceFile],
    colour: Colour,
) -> String {
    let mut text = renderer(colour).render(&groups(diagnostic, Some(word), sources));
    text.push('\n');
    text
}

fn renderer(colour: Colour) -> Renderer {
    match colour {
        Colour::Never => Renderer::plain(),
        Colour::Always => Renderer::styled(),
    }
    .decor_style(DecorStyle::Ascii)
}

fn groups<'a>(
    diagnostic: &'a Diagnostic,
    word: Option<&'a str>,
    sources: &[&'a SourceFile],
) -> Vec<Group<'a>> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let level = match word {
        Some(word) => level.with_name(word),
        None => level,
    };
    let mut group = level
        .primary_title(diagnostic.message.as_str())
        .id(diagnostic.code)
        .elements(cuts(&diagnostic.labels, sources));
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.message(note.as_str()));
    }
    let mut groups = vec![group];
    for hint in &diagnostic.hints {
        groups.push(Group::with_title(
            Level::HELP.with_name("hint").secondary_title(hint.as_str()),
        ));
    }
    groups
}

/// The pieces of source that the labels need. The whole text is never handed over: a large one would be slow.
fn cuts<'a>(labels: &'a [Label], sources: &[&'a SourceFile]) -> Vec<Element<'a>> {
    let mut clusters: Vec<Cluster<'a>> = Vec::new();
    // The primary's piece comes first: its place is the one in the headline.
    let (primary, secondary): (Vec<_>, Vec<_>) = labels
        .iter()
        .partition(|label| label.kind == LabelKind::Primary);
    for label in primary.into_iter().chain(secondary) {
        let Some(source) = sources.iter().find(|s| s.id() == label.span.file) else {
            continue;
        };
        let line = source.position(label.span.start).line;
        let near = clusters.iter_mut().find(|cluster| {
            cluster.source.id() == source.id()
                && line + NEAR >= cluster.first
                && line <= cluster.last + NEAR
        });
        match near {
            Some(cluster) => {
                cluster.first = cluster.first.min(line);
                cluster.last = cluster.last.max(line);
                cluster.labels.push((line, label));
            }
            None => clusters.push(Cluster {
                source,
                first: line,
                last: line,
                labels: vec![(line, label)],
            }),
        }
    }
    clusters.iter().map(Cluster::element).collect()
}

/// Labels of one file that are near each other.
struct Cluster<'a> {
    source: &'a SourceFile,
    first: usize,
    last: usize,
    labels: Vec<(usize, &'a Label)>,
}

impl<'a> Cluster<'a> {
    fn element(&self) -> Element<'a> {
        let cut = self.source.line(self.first).start..self.source.line(self.last).end;
        let shown = !cut.is_empty()
            && (self.first..=self.last).all(|line| self.source.line(line).len() <= LONGEST_LINE);
        if !shown {
            let position = self.source.position(self.labels[0].1.span.start);
            return Origin::path(self.source.path())
                .line(position.line)
                .char_column(position.column)
                .into();
        }
        // A byte order mark is no column.
        let mark = '\u{feff}'.len_utf8();
        let marked =
            cut.start == 0 && self.source.text().starts_with('\u{feff}') && cut.end >= mark;
        let cut = if marked { mark..cut.end } else { cut };
        let text = &self.source.text()[cut.clone()];
        let mut snippet = Snippet::source(text)
            .path(self.source.path())
            .line_start(self.first);
        for (line, label) in &self.labels {
            // A span over several lines is underlined on its first: the start is what one looks for.
            let line = self.source.line(*line);
            let last = line.end.max(cut.start);
            let first = label.span.start.clamp(cut.start, last);
            let start = floor_boundary(text, first - cut.start);
            let end = floor_boundary(text, label.span.end.clamp(first, last) - cut.start);
            let kind = match label.kind {
                LabelKind::Primary => AnnotationKind::Primary,
                LabelKind::Secondary => AnnotationKind::Context,
            };
            let words = (!label.message.is_empty()).then_some(label.message.as_str());
            snippet = snippet.annotation(kind.span(start..end).label(words));
        }
        snippet.into()
    }
}
