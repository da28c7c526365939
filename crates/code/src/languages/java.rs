//! Java: method calls with their object apart, and annotations.

use tree_sitter::Node;

use super::{Lowered, lowered};
use crate::lower::Lowering;
use crate::syntax::{Call, Kind};

pub(super) fn special(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<Lowered> {
    match node.kind() {
        "method_invocation" => {
            let name = node.child_by_field_name("name")?;
            let callee = if node.child_by_field_name("object").is_some() {
                lowering.member(node, "object", "name")?
            } else {
                lowering.expr(name, Kind::Path(lowering.slice(name).into()))
            };
            let mut call = Call {
                callee,
                arguments: Vec::new(),
                named: Vec::new(),
            };
            if let Some(arguments) = node.child_by_field_name("arguments") {
                lowering.arguments(arguments, &mut call);
            }
            lowered(lowering.expr(node, Kind::Call(call.into())))
        }
        "annotation" | "marker_annotation" => {
            let name = node.child_by_field_name("name")?;
            let callee = lowering.expr(
                name,
                Kind::Path(format!("@{}", lowering.slice(name)).into()),
            );
            let mut call = Call {
                callee,
                arguments: Vec::new(),
                named: Vec::new(),
            };
            if let Some(arguments) = node.child_by_field_name("arguments") {
                lowering.arguments(arguments, &mut call);
            }
            lowered(lowering.expr(node, Kind::Call(call.into())))
        }
        _ => None,
    }
}
