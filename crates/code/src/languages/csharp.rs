//! C#: attributes, declarators without a field for their value, and conditions.

use tree_sitter::Node;

use super::{Lowered, lowered};
use crate::lower::Lowering;
use crate::syntax::{Call, Expr, Kind};

pub(super) fn special(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<Lowered> {
    match node.kind() {
        "variable_declarator" => {
            let name = node.child_by_field_name("name")?;
            let last =
                node.named_child(u32::try_from(node.named_child_count().checked_sub(1)?).ok()?)?;
            let value = (last.id() != name.id())
                .then(|| lowering.lower(last))
                .flatten();
            let kind = Kind::Assign(vec![lowering.slice(name).into()], value.map(Box::new), None);
            lowered(lowering.expr(node, kind))
        }
        "attribute" => {
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
            let mut cursor = node.walk();
            if let Some(arguments) = node
                .named_children(&mut cursor)
                .find(|child| child.kind() == "attribute_argument_list")
            {
                for child in lowering.children(arguments) {
                    match child.kind {
                        Kind::Block(mut items) if items.len() == 1 => {
                            call.arguments.push(items.remove(0));
                        }
                        Kind::Assign(mut names, Some(value), _) if names.len() == 1 => {
                            call.named.push((names.remove(0), *value));
                        }
                        kind => call.arguments.push(Expr {
                            kind,
                            span: child.span,
                        }),
                    }
                }
            }
            lowered(lowering.expr(node, Kind::Call(call.into())))
        }
        "conditional_expression" => {
            let condition = lowering.field(node, "condition")?;
            let then = lowering.field(node, "consequence")?;
            let otherwise = lowering.field(node, "alternative")?;
            let kind = Kind::Choice(condition.into(), then.into(), otherwise.into());
            lowered(lowering.expr(node, kind))
        }
        _ => None,
    }
}
