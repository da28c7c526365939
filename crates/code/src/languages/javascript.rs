//! JavaScript and TypeScript: decorators.

use tree_sitter::Node;

use super::{Lowered, lowered};
use crate::lower::Lowering;
use crate::syntax::{Call, Kind};

pub(super) fn special(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<Lowered> {
    match node.kind() {
        "decorator" => {
            let inner = node.named_child(0)?;
            let expr = lowering.lower(inner)?;
            let kind = match expr.kind {
                Kind::Call(mut call) => {
                    let path = format!("@{}", call.path());
                    call.callee = lowering.expr(node, Kind::Path(path.into()));
                    Kind::Call(call)
                }
                Kind::Path(path) => {
                    let callee = lowering.expr(node, Kind::Path(format!("@{path}").into()));
                    Kind::Call(
                        Call {
                            callee,
                            arguments: Vec::new(),
                            named: Vec::new(),
                        }
                        .into(),
                    )
                }
                kind => kind,
            };
            lowered(lowering.expr(node, kind))
        }
        "type_annotation" | "type_arguments" | "type_parameters" | "type_alias_declaration" => {
            lowered(None)
        }
        _ => None,
    }
}
