//! Python: decorators and the condition in the middle.

use tree_sitter::Node;

use crate::lower::Lowering;
use crate::syntax::{Expr, Kind};

pub(super) fn special(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<Option<Expr>> {
    match node.kind() {
        "decorator" => Some(node.named_child(0).and_then(|child| lowering.lower(child))),
        "conditional_expression" => {
            let mut items = lowering.children(node).into_iter();
            let (then, condition, otherwise) = (items.next()?, items.next()?, items.next()?);
            let kind = Kind::Choice(condition.into(), then.into(), otherwise.into());
            Some(Some(lowering.expr(node, kind)))
        }
        "named_expression" => {
            let name = node.child_by_field_name("name")?;
            let value = lowering.field(node, "value");
            let kind = Kind::Assign(vec![lowering.slice(name).into()], value.map(Box::new), None);
            Some(Some(lowering.expr(node, kind)))
        }
        _ => None,
    }
}
