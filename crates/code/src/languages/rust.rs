//! Rust: macros and attributes, whose tokens are read as the arguments of a call.

use tree_sitter::{Node, Parser};

use super::{Lowered, lowered};
use crate::lower::Lowering;
use crate::syntax::{Call, Expr, Kind};

/// How many macros within each other are read.
const NESTED: usize = 3;

/// What the tokens are put into to be parsed.
const BEFORE: &str = "fn _f() { _f(";
const AFTER: &str = "); }";

pub(super) fn special(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<Lowered> {
    match node.kind() {
        "macro_invocation" => {
            let name = crate::lower::dotted(lowering.slice(node.child_by_field_name("macro")?));
            let mut cursor = node.walk();
            let tokens = node
                .named_children(&mut cursor)
                .find(|child| child.kind() == "token_tree");
            lowered(called(lowering, node, format!("{name}!"), tokens))
        }
        "attribute_item" => {
            let attribute = node.named_child(0)?;
            let name = crate::lower::dotted(lowering.slice(attribute.named_child(0)?));
            let tokens = attribute.child_by_field_name("arguments");
            lowered(called(lowering, node, format!("@{name}"), tokens))
        }
        "struct_expression" => {
            let of = node
                .child_by_field_name("name")
                .map(|of| lowering.slice(of).into());
            let body = node.child_by_field_name("body")?;
            let kind = lowering.map(body, of);
            lowered(lowering.expr(node, kind))
        }
        // `?` ends the function when there is nothing: `env::var("X")?` requires it.
        "try_expression" => {
            let inner = node.named_child(0)?;
            let inner = lowering.lower(inner)?;
            let callee = lowering.expr(node, Kind::Member(inner.into(), "?".into()));
            let call = Call {
                callee,
                arguments: Vec::new(),
                named: Vec::new(),
            };
            lowered(lowering.expr(node, Kind::Call(call.into())))
        }
        "generic_function" => lowered(lowering.field(node, "function")),
        "let_condition" => {
            let pattern = lowering.slice(node.child_by_field_name("pattern")?);
            let value = lowering.field(node, "value")?;
            let name = pattern
                .split_once('(')
                .map_or(pattern, |(_, inner)| inner.trim_end_matches(')'));
            let kind = Kind::Assign(vec![name.into()], Some(value.into()), None);
            lowered(lowering.expr(node, kind))
        }
        "type_arguments" | "type_parameters" | "where_clause" | "lifetime" => lowered(None),
        _ => None,
    }
}

/// Whether an attribute says that what follows is only there for tests.
pub(crate) fn is_for_tests(attribute: &str) -> bool {
    attribute.contains("cfg(test)") || attribute == "#[test]" || attribute.contains("::test]")
}

fn called(
    lowering: &mut Lowering<'_>,
    node: Node<'_>,
    name: String,
    tokens: Option<Node<'_>>,
) -> Expr {
    let callee = lowering.expr(node, Kind::Path(name.into()));
    let mut call = Call {
        callee,
        arguments: Vec::new(),
        named: Vec::new(),
    };
    if let Some(tokens) = tokens
        && lowering.nested < NESTED
    {
        let text = lowering.slice(tokens);
        let inner = text
            .get(1..text.len().saturating_sub(1))
            .unwrap_or_default();
        let whole = format!("{BEFORE}{inner}{AFTER}");
        let start = i64::try_from(tokens.start_byte()).unwrap_or(0) + 1;
        let shift = lowering.shift + start - i64::try_from(BEFORE.len()).unwrap_or(0);
        let mut parser = Parser::new();
        if parser
            .set_language(&tree_sitter_rust::LANGUAGE.into())
            .is_ok()
            && let Some(tree) = crate::parse::bounded(&mut parser, &whole)
            && let Some(arguments) = outer_arguments(tree.root_node())
        {
            let mut nested = Lowering::new(lowering.language, lowering.file, &whole);
            nested.shift = shift;
            nested.nested = lowering.nested + 1;
            nested.arguments(arguments, &mut call);
        }
    }
    lowering.expr(node, Kind::Call(call.into()))
}

/// The arguments of the call that the tokens were put into.
fn outer_arguments(root: Node<'_>) -> Option<Node<'_>> {
    let body = root.named_child(0)?.child_by_field_name("body")?;
    let statement = body.named_child(0)?;
    let call = match statement.kind() {
        "expression_statement" => statement.named_child(0)?,
        _ => statement,
    };
    call.child_by_field_name("arguments")
}
