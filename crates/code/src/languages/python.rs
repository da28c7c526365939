//! Python: decorators and the condition in the middle.

use tree_sitter::Node;

use super::{Lowered, lowered};
use crate::lower::Lowering;
use crate::syntax::Kind;

pub(super) fn special(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<Lowered> {
    match node.kind() {
        "decorator" => lowered(node.named_child(0).and_then(|child| lowering.lower(child))),
        "conditional_expression" => {
            let mut items = lowering.children(node).into_iter();
            let (then, condition, otherwise) = (items.next()?, items.next()?, items.next()?);
            let kind = Kind::Choice(condition.into(), then.into(), otherwise.into());
            lowered(lowering.expr(node, kind))
        }
        "named_expression" => {
            let name = node.child_by_field_name("name")?;
            let value = lowering.field(node, "value");
            let kind = Kind::Assign(vec![lowering.slice(name).into()], value.map(Box::new), None);
            lowered(lowering.expr(node, kind))
        }
        _ => None,
    }
}
