//! The images file of an environment, read and changed in its text.

use std::fmt::{self, Write as _};

use seaworthy_diagnostics::{FileId, Span};
use seaworthy_yaml::{Entry, Layout, Limits, Node, NodeId, NodeKind, Tree, parse};

/// The digest of an image: `sha256:` and 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(String);

impl Digest {
    /// Takes a digest of that form; `None` for anything else.
    pub fn new(text: &str) -> Option<Self> {
        let hex = text.strip_prefix("sha256:")?;
        let fits = hex.len() == 64
            && hex
                .bytes()
                .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        fits.then(|| Self(text.to_owned()))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its first twelve digits, for people.
    pub fn short(&self) -> &str {
        &self.0["sha256:".len().."sha256:".len() + 12]
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A build: what runs, and what people call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// What runs.
    pub digest: Digest,
    /// The tag beside it.
    pub tag: Option<String>,
}

impl fmt::Display for Build {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.tag {
            Some(tag) => write!(f, "{tag} ({})", self.digest.short()),
            None => f.write_str(self.digest.short()),
        }
    }
}

/// Why an images file is not what Kustomize takes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImagesFileError {
    /// It is not YAML.
    #[error("line {line}: {message}")]
    ReadYaml {
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// `images` is missing or no list.
    #[error("it has no list `images`")]
    FindImages,
    /// An entry's digest is none.
    #[error("line {line}: `{text}` is no digest: `sha256:` and 64 hexadecimal digits")]
    ReadDigest {
        /// The line, from 1.
        line: usize,
        /// What stands there.
        text: String,
    },
    /// An image has two entries.
    #[error("line {line}: `{image}` has an entry already")]
    FindOnce {
        /// The line of the second, from 1.
        line: usize,
        /// The image.
        image: String,
    },
}

/// An environment's images file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImagesFile {
    text: String,
    list: List,
    entries: Vec<Image>,
}

/// Where the list stands.
#[derive(Debug, Clone, PartialEq, Eq)]
struct List {
    key: Span,
    value: Span,
    layout: Layout,
}

/// An entry of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Image {
    span: Span,
    name: String,
    name_span: Span,
    layout: Layout,
    digest: Option<(Digest, Span)>,
    tag: Option<(String, Span)>,
}

impl ImagesFile {
    /// Reads the file.
    pub fn read(text: &str) -> Result<Self, ImagesFileError> {
        let limits = Limits {
            bytes: 1 << 20,
            depth: 16,
            nodes: 50_000,
        };
        let parsed = parse(FileId(0), "kustomization.yaml", text.as_bytes(), limits);
        if let Some(wrong) = parsed.diagnostics.first() {
            let line = wrong
                .place()
                .map_or(1, |span| parsed.source.position(span.start).line);
            return Err(ImagesFileError::ReadYaml {
                line,
                message: wrong.message.clone(),
            });
        }
        let line = |span: Span| parsed.source.position(span.start).line;
        let tree = &parsed.tree;
        let root = tree.documents().first().and_then(|document| document.root);
        let (key, list) = root
            .and_then(|root| entry(tree, root, "images"))
            .ok_or(ImagesFileError::FindImages)?;
        let node = tree.resolved(list);
        let (items, layout) = match &node.kind {
            NodeKind::Sequence { items, layout } => (items.as_slice(), *layout),
            // `images:` alone is an empty list, as Kustomize reads it.
            NodeKind::Scalar { text, .. } if text.is_empty() => (&[][..], Layout::Flow),
            _ => return Err(ImagesFileError::FindImages),
        };
        let mut entries: Vec<Image> = Vec::new();
        for item in items {
            let Some(image) = image(tree, *item, &line)? else {
                continue;
            };
            if entries.iter().any(|other| other.name == image.name) {
                return Err(ImagesFileError::FindOnce {
                    line: line(image.span),
                    image: image.name,
                });
            }
            entries.push(image);
        }
        let list = List {
            key: tree.node(key).span,
            value: node.span,
            layout,
        };
        Ok(Self {
            text: text.to_owned(),
            list,
            entries,
        })
    }

    /// The build that an image is set to; `None`: it has not been released, or only by a tag, which moves.
    pub fn build(&self, image: &str) -> Option<Build> {
        let image = self.entries.iter().find(|entry| entry.name == image)?;
        Some(Build {
            digest: image.digest.as_ref()?.0.clone(),
            tag: image.tag.as_ref().map(|(tag, _)| tag.clone()),
        })
    }

    /// The images that have an entry, in their order.
    pub fn images(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.name.as_str())
    }

    /// The file's text with an image set to a build; every other byte stays.
    pub fn with(&self, image: &str, build: &Build) -> String {
        match self.entries.iter().find(|entry| entry.name == image) {
            Some(entry) => self.changed(entry, build),
            None => self.added(image, build),
        }
    }

    fn changed(&self, entry: &Image, build: &Build) -> String {
        let column = self.column(entry.name_span.start);
        let key = |key: &str, value: &str| match entry.layout {
            Layout::Flow => format!(", {key}: {value}"),
            Layout::Block => format!("\n{:column$}{key}: {value}", ""),
        };
        let mut edits: Vec<(usize, usize, String)> = Vec::new();
        let mut missing = String::new();
        match (&entry.tag, &build.tag) {
            (Some((_, span)), Some(tag)) => edits.push((span.start, span.end, quoted(tag))),
            (Some((_, span)), None) => edits.push((span.start, span.end, "''".to_owned())),
            (None, Some(tag)) => missing.push_str(&key("newTag", &quoted(tag))),
            (None, None) => {}
        }
        match &entry.digest {
            Some((_, span)) => edits.push((span.start, span.end, build.digest.to_string())),
            None => missing.push_str(&key("digest", build.digest.as_str())),
        }
        if !missing.is_empty() {
            edits.push((entry.name_span.end, entry.name_span.end, missing));
        }
        self.edited(edits)
    }

    fn added(&self, image: &str, build: &Build) -> String {
        let column = match (self.list.layout, self.entries.first()) {
            // The dash stands two before what follows it.
            (Layout::Block, Some(first)) => self.column(first.span.start).saturating_sub(2),
            _ => 0,
        };
        let mut item = format!("{:column$}- name: {image}", "");
        if let Some(tag) = &build.tag {
            let _ = write!(item, "\n{:column$}  newTag: {}", "", quoted(tag));
        }
        let _ = write!(item, "\n{:column$}  digest: {}", "", build.digest);
        match (self.list.layout, self.entries.is_empty()) {
            (Layout::Block, _) => {
                let end = self.text[..self.list.value.end].trim_end().len();
                // A comment behind the last line belongs to it.
                let end = self.text[end..]
                    .find('\n')
                    .map_or(self.text.len(), |line| end + line);
                self.edited(vec![(end, end, format!("\n{item}"))])
            }
            (Layout::Flow, true) => {
                let key = self.list.key.end;
                let start = self.text[key..]
                    .find(':')
                    .map_or(key, |colon| key + colon + 1);
                let end = self.list.value.end.max(start);
                self.edited(vec![(start, end, format!("\n{item}"))])
            }
            (Layout::Flow, false) => {
                let last = self.entries.last().map_or(self.list.value.start, |entry| {
                    // Behind the brace that ends the entry.
                    entry.span.end
                });
                let tag = build
                    .tag
                    .as_ref()
                    .map(|tag| format!(", newTag: {}", quoted(tag)))
                    .unwrap_or_default();
                let item = format!(", {{ name: {image}{tag}, digest: {} }}", build.digest);
                self.edited(vec![(last, last, item)])
            }
        }
    }

    fn edited(&self, mut edits: Vec<(usize, usize, String)>) -> String {
        edits.sort_by_key(|(start, ..)| *start);
        let mut text = String::new();
        let mut from = 0;
        for (start, end, new) in edits {
            text.push_str(&self.text[from..start]);
            text.push_str(&new);
            from = end;
        }
        text.push_str(&self.text[from..]);
        if !text.ends_with('\n') {
            text.push('\n');
        }
        text
    }

    /// How many characters stand before a place on its line, the name's key included: where keys of the entry begin.
    fn column(&self, place: usize) -> usize {
        let line = self.text[..place].rfind('\n').map_or(0, |end| end + 1);
        let before = &self.text[line..place];
        before
            .rfind("name:")
            .unwrap_or_else(|| before.chars().count())
    }
}

/// The key and the value of an entry of a mapping.
fn entry(tree: &Tree, mapping: NodeId, key: &str) -> Option<(NodeId, NodeId)> {
    let NodeKind::Mapping { entries, .. } = &tree.resolved(mapping).kind else {
        return None;
    };
    entries
        .iter()
        .find(|Entry { key: node, .. }| tree.resolved(*node).as_text() == Some(key))
        .map(|entry| (entry.key, entry.value))
}

fn image(
    tree: &Tree,
    item: NodeId,
    line: &impl Fn(Span) -> usize,
) -> Result<Option<Image>, ImagesFileError> {
    let node = tree.resolved(item);
    let NodeKind::Mapping { layout, .. } = &node.kind else {
        return Ok(None);
    };
    let text = |key: &str| -> Option<(&Node, String)> {
        let (_, value) = entry(tree, item, key)?;
        let value = tree.resolved(value);
        Some((value, value.as_text()?.to_owned()))
    };
    let Some((name_node, name)) = text("name") else {
        return Ok(None);
    };
    let digest = match text("digest") {
        None => None,
        Some((node, text)) if text.is_empty() => {
            let _ = node;
            None
        }
        Some((node, text)) => match Digest::new(&text) {
            Some(digest) => Some((digest, node.span)),
            None => {
                return Err(ImagesFileError::ReadDigest {
                    line: line(node.span),
                    text,
                });
            }
        },
    };
    let tag = text("newTag").map(|(node, text)| (text, node.span));
    Ok(Some(Image {
        span: node.span,
        name,
        name_span: name_node.span,
        layout: *layout,
        digest,
        tag,
    }))
}

/// A tag as YAML: `1.10` and `on` are text only in quotes.
fn quoted(tag: &str) -> String {
    let plain = tag.starts_with(|c: char| c.is_ascii_alphabetic())
        && tag
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
        && seaworthy_yaml::scalar::plain(tag) == seaworthy_yaml::scalar::Meaning::Text
        && seaworthy_yaml::scalar::surprise(tag).is_none();
    if plain {
        tag.to_owned()
    } else {
        format!("'{}'", tag.replace('\'', "''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "sha256:1111111111111111111111111111111111111111111111111111111111111111";
    const TWO: &str = "sha256:2222222222222222222222222222222222222222222222222222222222222222";

    fn build(tag: &str, digest: &str) -> Build {
        Build {
            digest: Digest::new(digest).unwrap(),
            tag: Some(tag.to_owned()),
        }
    }

    fn set(text: &str, image: &str, to: &Build) -> String {
        let after = ImagesFile::read(text).unwrap().with(image, to);
        let read = ImagesFile::read(&after).unwrap();
        assert_eq!(read.build(image).as_ref(), Some(to), "{after}");
        after
    }

    #[test]
    fn the_first_release_begins_the_list() {
        for empty in ["images: []\n", "images:\n", "images: [ ]\n"] {
            let text = format!("# Ours.\nkind: Component\n{empty}");
            let after = set(&text, "r/api", &build("v1.0.0", ONE));
            assert!(after.starts_with("# Ours.\nkind: Component\nimages:\n- name: r/api\n  newTag: v1.0.0\n  digest: sha256:1"), "{after}");
        }
    }

    #[test]
    fn one_entry_changes_and_every_other_byte_stays() {
        let text = format!(
            "# Keep me.\nimages:\n  - name: r/api   # the api\n    newTag: v1.0.0\n    digest: {ONE} # old\n  - name: r/web\n    digest: {ONE}\nkind: Component\n"
        );
        let after = set(&text, "r/api", &build("v1.1.0", TWO));
        assert_eq!(
            after,
            text.replacen("v1.0.0", "v1.1.0", 1).replacen(ONE, TWO, 1)
        );
        let after = set(&text, "r/web", &build("1.10", TWO));
        assert!(
            after.contains("  - name: r/web\n    newTag: '1.10'\n    digest: sha256:2"),
            "{after}"
        );
        assert!(after.ends_with("kind: Component\n"));
    }

    #[test]
    fn a_new_entry_stands_behind_the_last() {
        let text = format!("images:\n- name: r/api\n  digest: {ONE} # of today\nkind: Component\n");
        let after = set(&text, "r/web", &build("v2", TWO));
        assert_eq!(
            after,
            format!(
                "images:\n- name: r/api\n  digest: {ONE} # of today\n- name: r/web\n  newTag: v2\n  digest: {TWO}\nkind: Component\n"
            )
        );
        let text = format!("images: [{{ name: r/api, digest: {ONE} }}]\n");
        set(&text, "r/web", &build("v2", TWO));
        set(&text, "r/api", &build("v2", TWO));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let wrong = |text: &str| ImagesFile::read(text).unwrap_err().to_string();
        assert_eq!(wrong("kind: Component\n"), "it has no list `images`");
        assert_eq!(
            wrong("images:\n- name: r/api\n  digest: latest\n"),
            "line 3: `latest` is no digest: `sha256:` and 64 hexadecimal digits"
        );
        assert_eq!(
            wrong("images:\n- name: a\n- name: a\n"),
            "line 3: `a` has an entry already"
        );
        assert!(wrong("images: [\n").starts_with("line "));
    }

    #[test]
    fn a_tag_alone_is_no_release() {
        let file = ImagesFile::read("images:\n- name: r/api\n  newTag: v1\n").unwrap();
        assert_eq!(file.build("r/api"), None);
        assert_eq!(file.images().collect::<Vec<_>>(), ["r/api"]);
    }
}
