//! Text of which parts may be unknown, and what can be said of it all the same.

use std::fmt;
use std::sync::Arc;

/// Literal parts and holes, in order. Neighbouring literals are always one part; empty literals do not occur.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Text {
    parts: Vec<Part>,
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Part {
    /// Known.
    Literal(Box<str>),
    /// Not known.
    Hole(Unknown),
}

/// Something that is not known before it runs, or was not seen.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Unknown {
    /// Why.
    pub kind: UnknownKind,
    /// What it is, as its language writes it: `aws_ecr_repository.api.repository_url`, `var.region`,
    /// `github.head_ref`, `AWS_REGION`, `.Values.image.tag`.
    pub name: Arc<str>,
    /// The resource whose attribute it is, with its module: `module.eks.aws_eks_cluster.this`. For a module that was
    /// not seen, the module: `module.eks`.
    pub resource: Option<Arc<str>>,
    /// Every value it can take, where that is known: those of a matrix, both sides of a condition. Empty: not known.
    pub choices: Vec<Text>,
}

/// Why something is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnknownKind {
    /// The provider decides it when the resource is made.
    Attribute,
    /// An output of a module that was not seen.
    Output,
    /// A variable without a value.
    Variable,
    /// An expression of a pipeline.
    Expression,
    /// A variable of a shell that was not set in sight.
    Shell,
    /// A hole of a template that was not filled.
    Template,
    /// The result of a function or command that is not evaluated.
    Computed,
    /// It stands in a file or a place that was not seen.
    NotSeen,
}

/// Whether two texts can be the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Same {
    /// Whatever the holes hold, they are not.
    Never,
    /// It depends on the holes.
    Maybe,
    /// They are.
    Always,
}

impl Unknown {
    /// An unknown without choices.
    pub fn new(kind: UnknownKind, name: impl Into<Arc<str>>) -> Self {
        Self {
            kind,
            name: name.into(),
            resource: None,
            choices: Vec::new(),
        }
    }

    /// An attribute of a resource.
    pub fn attribute(resource: impl Into<Arc<str>>, path: &str) -> Self {
        let resource = resource.into();
        Self {
            kind: UnknownKind::Attribute,
            name: format!("{resource}.{path}").into(),
            resource: Some(resource),
            choices: Vec::new(),
        }
    }

    /// The attribute's path, where it is one: `repository_url`.
    pub fn path(&self) -> Option<&str> {
        self.name
            .strip_prefix(self.resource.as_deref()?)?
            .strip_prefix('.')
    }
}

impl Text {
    /// A text that is one hole.
    pub fn hole(unknown: Unknown) -> Self {
        Self {
            parts: vec![Part::Hole(unknown)],
        }
    }

    /// The parts.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Adds known text.
    pub fn push_str(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if let Some(Part::Literal(last)) = self.parts.last_mut() {
            *last = format!("{last}{text}").into();
        } else {
            self.parts.push(Part::Literal(text.into()));
        }
    }

    /// Adds a hole.
    pub fn push_hole(&mut self, unknown: Unknown) {
        self.parts.push(Part::Hole(unknown));
    }

    /// Adds another text.
    pub fn push(&mut self, other: &Text) {
        for part in &other.parts {
            match part {
                Part::Literal(text) => self.push_str(text),
                Part::Hole(unknown) => self.push_hole(unknown.clone()),
            }
        }
    }

    /// All of it, where it is known.
    pub fn literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// What is known of its start: all up to the first hole.
    pub fn known_prefix(&self) -> &str {
        match self.parts.first() {
            Some(Part::Literal(text)) => text,
            _ => "",
        }
    }

    /// What is known of its end: all after the last hole.
    pub fn known_suffix(&self) -> &str {
        match self.parts.last() {
            Some(Part::Literal(text)) => text,
            _ => "",
        }
    }

    /// The holes.
    pub fn holes(&self) -> impl Iterator<Item = &Unknown> {
        self.parts.iter().filter_map(|part| match part {
            Part::Hole(unknown) => Some(unknown),
            Part::Literal(_) => None,
        })
    }

    /// Whether it is empty for sure.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Before and after the first `separator` that is known.
    pub fn split_once(&self, separator: char) -> Option<(Text, Text)> {
        self.split_at_part(|text| text.find(separator), separator.len_utf8())
    }

    /// Before and after the last `separator` that is known.
    pub fn rsplit_once(&self, separator: char) -> Option<(Text, Text)> {
        let index = self
            .parts
            .iter()
            .rposition(|part| matches!(part, Part::Literal(text) if text.contains(separator)))?;
        let Part::Literal(text) = &self.parts[index] else {
            return None;
        };
        let at = text.rfind(separator)?;
        Some(self.cut(index, at, separator.len_utf8()))
    }

    fn split_at_part(
        &self,
        find: impl Fn(&str) -> Option<usize>,
        skip: usize,
    ) -> Option<(Text, Text)> {
        let (index, at) = self
            .parts
            .iter()
            .enumerate()
            .find_map(|(index, part)| match part {
                Part::Literal(text) => find(text).map(|at| (index, at)),
                Part::Hole(_) => None,
            })?;
        Some(self.cut(index, at, skip))
    }

    fn cut(&self, index: usize, at: usize, skip: usize) -> (Text, Text) {
        let Part::Literal(text) = &self.parts[index] else {
            unreachable!("callers found a literal there");
        };
        let mut before = Text {
            parts: self.parts[..index].to_vec(),
        };
        before.push_str(&text[..at]);
        let mut after = Text::default();
        after.push_str(&text[at + skip..]);
        after.push(&Text {
            parts: self.parts[index + 1..].to_vec(),
        });
        (before, after)
    }

    /// Every text it can be, where all holes have choices; itself where they have none. At most 64.
    pub fn expanded(&self) -> Vec<Text> {
        let mut texts = vec![Text::default()];
        for part in &self.parts {
            let choices: Vec<Text> = match part {
                Part::Hole(unknown) if !unknown.choices.is_empty() => {
                    unknown.choices.iter().flat_map(Text::expanded).collect()
                }
                Part::Hole(unknown) => vec![Text::hole(unknown.clone())],
                Part::Literal(text) => vec![Text::from(&**text)],
            };
            texts = texts
                .iter()
                .flat_map(|start| {
                    choices.iter().map(move |end| {
                        let mut text = start.clone();
                        text.push(end);
                        text
                    })
                })
                .take(64)
                .collect();
        }
        texts
    }

    /// Whether it can be the same as another. Two holes of one name hold the same; choices are looked at.
    pub fn same(&self, other: &Text) -> Same {
        if !self.has_choices() && !other.has_choices() {
            return same(self, other);
        }
        let (ours, theirs) = (self.expanded(), other.expanded());
        if let ([ours], [theirs]) = (ours.as_slice(), theirs.as_slice()) {
            return same(ours, theirs);
        }
        let any = ours.iter().any(|ours| {
            theirs
                .iter()
                .any(|theirs| same(ours, theirs) != Same::Never)
        });
        if any { Same::Maybe } else { Same::Never }
    }

    fn has_choices(&self) -> bool {
        self.parts
            .iter()
            .any(|part| matches!(part, Part::Hole(unknown) if !unknown.choices.is_empty()))
    }

    /// Whether it can be this text.
    pub fn can_be(&self, text: &str) -> bool {
        match self.literal() {
            Some(own) => own == text,
            None => self.same(&Text::from(text)) != Same::Never,
        }
    }
}

fn same(a: &Text, b: &Text) -> Same {
    if a == b {
        return Same::Always;
    }
    match (a.literal(), b.literal()) {
        (Some(_), Some(_)) => Same::Never,
        (None, Some(text)) => maybe(fits(&a.parts, text)),
        (Some(text), None) => maybe(fits(&b.parts, text)),
        (None, None) => {
            // Both have holes: their known ends must not contradict each other. What is between can be anything.
            let (start_a, start_b) = (a.known_prefix(), b.known_prefix());
            let (end_a, end_b) = (a.known_suffix(), b.known_suffix());
            maybe(
                (start_a.starts_with(start_b) || start_b.starts_with(start_a))
                    && (end_a.ends_with(end_b) || end_b.ends_with(end_a)),
            )
        }
    }
}

fn maybe(yes: bool) -> Same {
    if yes { Same::Maybe } else { Same::Never }
}

/// Whether holes that take any text can make the parts into this text. Each literal takes its first place that fits;
/// only the first and the last are bound to the ends, so that is enough, and linear.
fn fits(parts: &[Part], text: &str) -> bool {
    let mut rest = text;
    let mut bound = true;
    for (index, part) in parts.iter().enumerate() {
        let Part::Literal(literal) = part else {
            bound = false;
            continue;
        };
        if bound {
            let Some(after) = rest.strip_prefix(&**literal) else {
                return false;
            };
            rest = after;
        } else if index + 1 == parts.len() {
            return rest.ends_with(&**literal);
        } else {
            let Some(at) = rest.find(&**literal) else {
                return false;
            };
            rest = &rest[at + literal.len()..];
        }
        bound = true;
    }
    !bound || rest.is_empty()
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        let mut result = Self::default();
        result.push_str(text);
        result
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl fmt::Display for Text {
    /// Holes as `${name}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| match part {
            Part::Literal(text) => f.write_str(text),
            Part::Hole(unknown) => write!(f, "${{{}}}", unknown.name),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hole(name: &str) -> Unknown {
        Unknown::new(UnknownKind::Expression, name)
    }

    fn text(start: &str, name: &str, end: &str) -> Text {
        let mut text = Text::from(start);
        text.push_hole(hole(name));
        text.push_str(end);
        text
    }

    #[test]
    fn a_hole_can_be_anything_between_what_is_known() {
        let tag = text("v", "version", "-arm64");
        assert!(tag.can_be("v1.2-arm64"));
        assert!(tag.can_be("v-arm64"));
        assert!(!tag.can_be("1.2-arm64"));
        assert!(!tag.can_be("v1.2"));
        assert_eq!(tag.same(&text("v", "version", "-arm64")), Same::Always);
        assert_eq!(tag.same(&text("w", "version", "")), Same::Never);
        assert_eq!(tag.same(&text("v1", "other", "64")), Same::Maybe);
    }

    #[test]
    fn choices_are_tried_one_by_one() {
        let mut service = hole("matrix.service");
        service.choices = vec!["api".into(), "web".into()];
        let mut image = Text::from("registry/");
        image.push_hole(service);
        assert!(image.can_be("registry/api"));
        assert!(!image.can_be("registry/worker"));
        assert_eq!(image.expanded().len(), 2);
    }

    #[test]
    fn it_is_cut_only_where_it_is_known() {
        let image = text("registry/", "name", ":latest");
        let (name, tag) = image.rsplit_once(':').expect("there is a colon");
        assert_eq!(name.to_string(), "registry/${name}");
        assert_eq!(tag.literal(), Some("latest"));
        assert!(text("a", "b", "c").split_once(':').is_none());
    }
}
