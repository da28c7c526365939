//! Templates: text with holes, and JSON told by its structure where a template spells it.

use seaworthy_diagnostics::Span;
use seaworthy_facts::{Data, Text, Trail, UnknownKind, Value};

use super::expression::pairs;
use super::{Evaluator, LONGEST, Names, Scope, text_value};
use crate::json::{self, Piece};
use crate::syntax::{Element, Form};

impl Evaluator<'_> {
    /// The value of a template. One that is a hole alone gives the hole's value; one that spells a JSON object or list
    /// gives that.
    pub(crate) fn template(
        &self,
        parts: &[Element],
        form: Form,
        span: Span,
        scope: Scope<'_>,
    ) -> Value {
        if let (Form::Quoted, [Element::Hole(expression)]) = (form, parts) {
            return self.eval(expression, scope);
        }
        let mut pieces = Vec::new();
        if !self.pieces(parts, scope, &mut pieces) {
            return self.computed(span);
        }
        if json::looks_like_json(&pieces)
            && let Some(value) = json::parse(&pieces, span, self.sources)
        {
            return value;
        }
        let mut text = Text::default();
        let mut trail = Trail::default();
        for piece in &pieces {
            match piece {
                Piece::Literal(literal, _) => text.push_str(literal),
                Piece::Hole(value) => {
                    if trail.is_empty() && !value.trail.is_empty() {
                        trail = value.trail.clone();
                    }
                    text.push(&json::text_of(value));
                }
            }
        }
        Value {
            trail,
            ..text_value(text, span)
        }
    }

    /// Evaluates the parts of a template; `false` where it grows too large.
    fn pieces(&self, parts: &[Element], scope: Scope<'_>, pieces: &mut Vec<Piece>) -> bool {
        for part in parts {
            if !self.spend(1) || size(pieces) > LONGEST {
                return false;
            }
            match part {
                Element::Literal(text, span) => pieces.push(Piece::Literal(text.clone(), *span)),
                Element::Hole(expression) => {
                    pieces.push(Piece::Hole(self.eval(expression, scope)));
                }
                Element::If(directive) => {
                    let condition = self.eval(&directive.condition, scope);
                    let chosen = match condition.bool() {
                        Some(true) => &directive.then,
                        Some(false) => &directive.otherwise,
                        None => {
                            let mut value = self.computed(directive.condition.span);
                            if let Data::Unknown(unknown) = &mut value.data {
                                unknown.kind = UnknownKind::Computed;
                            }
                            pieces.push(Piece::Hole(value));
                            continue;
                        }
                    };
                    if !self.pieces(chosen, scope, pieces) {
                        return false;
                    }
                }
                Element::For(directive) => {
                    let collection = self.eval(&directive.collection, scope);
                    let Some(pairs) = pairs(&collection) else {
                        pieces.push(Piece::Hole(self.computed(directive.collection.span)));
                        continue;
                    };
                    for (key, value) in &pairs {
                        let outer = directive.key_name.as_deref().map(|name| Names {
                            name,
                            value: key,
                            outer: scope.names,
                        });
                        let names = Names {
                            name: &directive.value_name,
                            value,
                            outer: outer.as_ref().or(scope.names),
                        };
                        let inner = Scope {
                            names: Some(&names),
                            ..scope
                        };
                        if !self.pieces(&directive.body, inner, pieces) {
                            return false;
                        }
                    }
                }
            }
        }
        true
    }
}

fn size(pieces: &[Piece]) -> usize {
    // Looked at rarely enough to stay linear: the last pieces tell whether it explodes.
    if pieces.len().is_multiple_of(256) {
        pieces
            .iter()
            .map(|piece| match piece {
                Piece::Literal(text, _) => text.len(),
                Piece::Hole(_) => 8,
            })
            .sum()
    } else {
        pieces.len()
    }
}
