//! Go: composite literals and struct tags.

use tree_sitter::Node;

use super::{Lowered, lowered};
use crate::lower::Lowering;
use crate::syntax::{Call, Kind, Piece};

pub(super) fn special(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<Lowered> {
    match node.kind() {
        "composite_literal" => {
            let of = node
                .child_by_field_name("type")
                .map(|of| lowering.slice(of));
            let body = node.child_by_field_name("body")?;
            let kind = lowering.map(body, of.map(Into::into));
            lowered(lowering.expr(node, kind))
        }
        "literal_value" => {
            let kind = lowering.map(node, None);
            lowered(lowering.expr(node, kind))
        }
        // `Port string `env:"PORT" envDefault:"8080"``, as `@tag(Port, "env:…")`.
        "field_declaration" => {
            let tag = node.child_by_field_name("tag");
            let name = node.child_by_field_name("name")?;
            let Some(tag) = tag else {
                let of = node.child_by_field_name("type")?;
                let callee = lowering.expr(node, Kind::Path("@field".into()));
                let name = lowering.expr(name, Kind::Path(lowering.slice(name).into()));
                let of = lowering.expr(of, Kind::Path(lowering.slice(of).into()));
                let call = Call {
                    callee,
                    arguments: vec![name, of],
                    named: Vec::new(),
                };
                return lowered(lowering.expr(node, Kind::Call(call.into())));
            };
            let text = lowering.slice(tag).trim_matches(['`', '"']).to_owned();
            let callee = lowering.expr(node, Kind::Path("@tag".into()));
            let name = lowering.expr(name, Kind::Path(lowering.slice(name).into()));
            let text = lowering.expr(tag, Kind::Text(vec![Piece::Literal(text)]));
            let call = Call {
                callee,
                arguments: vec![name, text],
                named: Vec::new(),
            };
            lowered(lowering.expr(node, Kind::Call(call.into())))
        }
        _ => None,
    }
}
