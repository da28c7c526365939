//! What each language's grammar has alone.

mod csharp;
mod go;
mod java;
mod javascript;
mod python;
pub(crate) mod rust;

use seaworthy_facts::Language;
use tree_sitter::Node;

use crate::lower::Lowering;
use crate::syntax::Expr;

/// The grammar of a language; TypeScript with JSX reads TypeScript without it, but for casts in angle brackets.
pub(crate) fn grammar(language: Language, path: &str) -> tree_sitter::Language {
    match language {
        Language::Go => tree_sitter_go::LANGUAGE.into(),
        Language::Python => tree_sitter_python::LANGUAGE.into(),
        Language::JavaScript => tree_sitter_javascript::LANGUAGE.into(),
        Language::TypeScript if path.ends_with('x') => tree_sitter_typescript::LANGUAGE_TSX.into(),
        Language::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
        Language::Rust => tree_sitter_rust::LANGUAGE.into(),
        Language::Java => tree_sitter_java::LANGUAGE.into(),
        Language::CSharp => tree_sitter_c_sharp::LANGUAGE.into(),
    }
}

/// What a node that only one language has means; nothing, for some.
pub(crate) struct Lowered(pub(crate) Option<Expr>);

#[expect(
    clippy::unnecessary_wraps,
    reason = "the answer of every language's `special`"
)]
fn lowered(expr: impl Into<Option<Expr>>) -> Option<Lowered> {
    Some(Lowered(expr.into()))
}

/// A node that only this language has; `None` where it is common.
pub(crate) fn special(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<Lowered> {
    match lowering.language {
        Language::Go => go::special(lowering, node),
        Language::Python => python::special(lowering, node),
        Language::JavaScript | Language::TypeScript => javascript::special(lowering, node),
        Language::Rust => rust::special(lowering, node),
        Language::Java => java::special(lowering, node),
        Language::CSharp => csharp::special(lowering, node),
    }
}
