//! A definition as JSON, as an editor's YAML reader hands it to a schema.

use seaworthy_diagnostics::FileId;
use seaworthy_yaml::scalar::{self, Meaning};
use seaworthy_yaml::{Limits, NodeId, NodeKind, Style, Tree, parse};
use serde_json::Value;

/// The first document; `None` where the YAML itself is wrong.
pub(crate) fn json(bytes: &[u8]) -> Option<Value> {
    let parsed = parse(FileId(0), "seaworthy.yaml", bytes, Limits::default());
    if !parsed.diagnostics.is_empty() {
        return None;
    }
    let root = parsed.tree.documents().first()?.root?;
    Some(value(&parsed.tree, root))
}

fn value(tree: &Tree, id: NodeId) -> Value {
    let node = tree.resolved(id);
    match &node.kind {
        NodeKind::Mapping { entries, .. } => entries
            .iter()
            .map(|entry| {
                let key = tree
                    .resolved(entry.key)
                    .as_text()
                    .unwrap_or_default()
                    .to_owned();
                (key, value(tree, entry.value))
            })
            .collect::<serde_json::Map<_, _>>()
            .into(),
        NodeKind::Sequence { items, .. } => items.iter().map(|item| value(tree, *item)).collect(),
        NodeKind::Scalar {
            text,
            style: Style::Plain,
        } => match scalar::plain(text) {
            Meaning::Null => Value::Null,
            Meaning::Boolean(value) => value.into(),
            Meaning::Integer(value) => i64::try_from(value).map_or(Value::Null, Value::from),
            Meaning::Float(value) => value.into(),
            Meaning::Text => (&**text).into(),
        },
        NodeKind::Scalar { text, .. } => (&**text).into(),
        NodeKind::Alias { .. } => unreachable!("`resolved` resolves aliases"),
    }
}
