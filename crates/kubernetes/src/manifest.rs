//! Objects as files give them: told by `apiVersion` and `kind`, lists opened.

use std::sync::Arc;

use seaworthy_facts::kubernetes::{Applied, Object, Origin};
use seaworthy_facts::{Data, FileId, Part, Span, Text, Unknown, UnknownKind, Value};

use crate::kinds;

/// An object on its way to a cluster.
#[derive(Debug, Clone)]
pub(crate) struct Manifest {
    /// All of it.
    pub(crate) body: Value,
    /// `apps/v1`.
    pub(crate) api_version: Arc<str>,
    /// `Deployment`.
    pub(crate) kind: Arc<str>,
    /// The whole document.
    pub(crate) block: Span,
    /// The key `kind` or `apiVersion`, whichever comes first.
    pub(crate) span: Span,
    /// The file.
    pub(crate) file: FileId,
    /// What made it.
    pub(crate) origin: Origin,
    /// What applies it.
    pub(crate) applied_by: Vec<Applied>,
    /// The names and namespaces it had before it was renamed, by which patches and references may know it.
    pub(crate) earlier: Vec<(Text, Option<Text>)>,
}

impl Manifest {
    /// Takes a document as an object, if it is one.
    pub(crate) fn new(body: Value, block: Span, file: FileId) -> Option<Self> {
        let map = body.map()?;
        let api_version: Arc<str> = map.get("apiVersion")?.str()?.into();
        let kind: Arc<str> = map.get("kind")?.str()?.into();
        if kinds::is_tool_configuration(&api_version, &kind) {
            return None;
        }
        let span = map
            .entries
            .iter()
            .find(|entry| matches!(&*entry.key, "kind" | "apiVersion"))?
            .key_span;
        Some(Self {
            api_version,
            kind,
            block,
            span,
            file,
            origin: Origin::Manifest,
            applied_by: Vec::new(),
            earlier: Vec::new(),
            body,
        })
    }

    /// The objects of a document: itself, or the items of a list.
    pub(crate) fn all(body: &Value, block: Span, file: FileId) -> Vec<Self> {
        let kind = body.get("kind").and_then(Value::str).unwrap_or_default();
        if kind.ends_with("List")
            && let Some(items) = body.get("items")
        {
            return items
                .items()
                .iter()
                .filter_map(|item| {
                    let mut object = Self::new(item.clone(), item.span, file)?;
                    mark_holes(&mut object.body);
                    Some(object)
                })
                .collect();
        }
        Self::new(body.clone(), block, file)
            .map(|mut object| {
                mark_holes(&mut object.body);
                object
            })
            .into_iter()
            .collect()
    }

    /// `metadata.name`, else `metadata.generateName` as a start.
    pub(crate) fn name(&self) -> Option<Text> {
        let metadata = self.body.get("metadata")?;
        if let Some(name) = metadata.get("name") {
            return name.text();
        }
        let mut name = metadata.get("generateName")?.text()?;
        name.push_hole(Unknown::new(UnknownKind::Computed, "generateName"));
        Some(name)
    }

    /// `metadata.namespace`.
    pub(crate) fn namespace(&self) -> Option<Text> {
        self.body.get("metadata")?.get("namespace")?.text()
    }

    /// Kind, name and namespace, to tell two apart.
    pub(crate) fn id(&self) -> Option<(Arc<str>, Text, Option<Text>)> {
        Some((self.kind.clone(), self.name()?, self.namespace()))
    }

    /// Whether it is called so, or was before it was renamed.
    pub(crate) fn was_called(&self, name: &Text) -> bool {
        self.name().as_ref() == Some(name)
            || self.earlier.iter().any(|(earlier, _)| earlier == name)
    }

    /// Notes the name it has, before it gets another.
    pub(crate) fn remember(&mut self) {
        if let Some(name) = self.name() {
            let namespace = self.namespace();
            let now = (name, namespace);
            if !self.earlier.contains(&now) {
                self.earlier.push(now);
            }
        }
    }

    /// The group of its API: empty for the core.
    pub(crate) fn group(&self) -> &str {
        self.api_version
            .split_once('/')
            .map_or("", |(group, _)| group)
    }

    /// As the contract wants it. An object without a name is none.
    pub(crate) fn into_object(self) -> Option<Object> {
        let metadata = self.body.get("metadata")?;
        let name = match metadata.get("name") {
            Some(name) if !name.is_null() => name.clone(),
            _ => {
                let generated = metadata.get("generateName")?;
                Value {
                    data: Data::Text(self.name()?),
                    ..generated.clone()
                }
            }
        };
        let namespace = metadata
            .get("namespace")
            .filter(|value| !value.is_null() && !kinds::is_cluster_wide(&self.kind))
            .cloned();
        Some(Object {
            api_version: self.body.get("apiVersion")?.clone(),
            kind: self.kind,
            name,
            namespace,
            span: self.span,
            block: self.block,
            file: self.file,
            origin: self.origin,
            applied_by: self.applied_by,
            body: self.body,
        })
    }
}

/// Makes holes of `${NAME}`: whoever applies the file fills them (envsubst, sed, Flux). Left as they are where a shell
/// in the container reads them: in data, commands and arguments, and in text of several lines.
fn mark_holes(value: &mut Value) {
    match &mut value.data {
        Data::Text(text) => {
            if let Some(literal) = text.literal()
                && literal.contains("${")
                && !literal.contains('\n')
                && let Some(holes) = with_holes(literal)
            {
                value.data = match holes.parts() {
                    [Part::Hole(unknown)] => Data::Unknown(unknown.clone()),
                    _ => Data::Text(holes),
                };
            }
        }
        Data::List(items) => items.iter_mut().for_each(mark_holes),
        Data::Map(map) => {
            for entry in &mut map.entries {
                if !matches!(
                    &*entry.key,
                    "data"
                        | "stringData"
                        | "binaryData"
                        | "command"
                        | "args"
                        | "values"
                        | "description"
                        | "postBuild"
                ) {
                    mark_holes(&mut entry.value);
                }
            }
        }
        _ => {}
    }
}

/// `repo/${APP}:1` with a hole for each `${NAME}`; `None` where there is none.
pub(crate) fn with_holes(literal: &str) -> Option<Text> {
    let mut text = Text::default();
    let mut rest = literal;
    let mut found = false;
    while let Some(at) = rest.find("${") {
        let inner = &rest[at + 2..];
        let end = inner
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .filter(|end| *end > 0)?;
        // `${NAME:=default}` is filled or not, which is not known either; the name keeps the default for who fills it.
        let close = inner.find('}')?;
        if !matches!(inner.as_bytes()[end], b'}' | b':') || rest[..at].ends_with('$') {
            return None;
        }
        text.push_str(&rest[..at]);
        text.push_hole(Unknown::new(UnknownKind::Template, &inner[..close]));
        rest = &inner[close + 1..];
        found = true;
    }
    text.push_str(rest);
    found.then_some(text)
}
