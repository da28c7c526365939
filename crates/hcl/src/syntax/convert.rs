//! From the tree of `hcl-edit` to ours.

use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use hcl_edit::Span as _;
use hcl_edit::expr::{BinaryOperator, Expression, ObjectKey, TraversalOperator, UnaryOperator};
use hcl_edit::structure;
use hcl_edit::template::{self, Directive, Strip};
use seaworthy_diagnostics::{FileId, Span};

use super::{
    Attribute, Block, Body, Call, Element, Expr, For, Form, If, Key, Kind, Operator, Step,
    TemplateFor,
};

/// Where the parsed text stands: all of a file's text, and where the part begins.
pub(super) struct Place<'a> {
    file: FileId,
    base: usize,
    text: &'a str,
    /// Every place is this one: for text that stands in no file of the user's.
    fixed: Option<Span>,
}

/// Parses the text of a template file.
pub(crate) fn parse_template(file: FileId, text: &str) -> Option<Vec<Element>> {
    let template = hcl_edit::parser::parse_template(text).ok()?;
    Some(Place::new(file, 0, text).elements(template.iter()))
}

/// Parses a module's text whose every place is to be `span`.
pub(crate) fn parse_at(text: &str, span: Span) -> Option<Body> {
    let body = hcl_edit::parser::parse_body(text).ok()?;
    let place = Place {
        file: span.file,
        base: 0,
        text,
        fixed: Some(span),
    };
    Some(place.body(&body))
}

impl<'a> Place<'a> {
    pub(super) fn new(file: FileId, base: usize, text: &'a str) -> Self {
        Self {
            file,
            base,
            text,
            fixed: None,
        }
    }

    fn span(&self, range: Option<Range<usize>>) -> Span {
        self.fixed.unwrap_or_else(|| {
            let range = range.unwrap_or(0..0);
            Span::new(self.file, self.base + range.start..self.base + range.end)
        })
    }

    /// Text as it was written, where the parser was given another of equal length.
    fn written(&self, range: Option<Range<usize>>, parsed: &str) -> Arc<str> {
        if self.fixed.is_none()
            && let Some(range) = range
            && let Some(text) = self
                .text
                .get(self.base + range.start..self.base + range.end)
        {
            let inner = text
                .strip_prefix('"')
                .and_then(|text| text.strip_suffix('"'))
                .unwrap_or(text);
            if inner.len() == parsed.len() && !inner.contains(['\\', '{']) {
                return inner.into();
            }
        }
        unescaped(parsed)
    }

    pub(super) fn body(&self, body: &structure::Body) -> Body {
        let mut result = Body::default();
        for structure in body {
            match structure {
                structure::Structure::Attribute(attribute) => {
                    result.attributes.push(Attribute {
                        name: attribute.key.as_str().into(),
                        name_span: self.span(attribute.key.span()),
                        value: self.expression(&attribute.value),
                    });
                }
                structure::Structure::Block(block) => {
                    result.blocks.push(Rc::new(self.block(block)));
                }
            }
        }
        result
    }

    fn block(&self, block: &structure::Block) -> Block {
        let header = self.span(block.ident.span());
        let end = block
            .labels
            .last()
            .and_then(hcl_edit::Span::span)
            .map_or(header, |range| self.span(Some(range)));
        Block {
            kind: block.ident.as_str().into(),
            labels: block
                .labels
                .iter()
                .map(|label| label.as_str().into())
                .collect(),
            header: header.to(end),
            span: self.span(block.span()),
            body: self.body(&block.body),
        }
    }

    fn expressions<'e>(&self, expressions: impl Iterator<Item = &'e Expression>) -> Vec<Expr> {
        expressions
            .map(|expression| self.expression(expression))
            .collect()
    }

    fn expression(&self, expression: &Expression) -> Expr {
        let span = self.span(expression.span());
        let one = |expression: &Expression| Box::new(self.expression(expression));
        let kind = match expression {
            Expression::Null(_) => Kind::Null,
            Expression::Bool(yes) => Kind::Bool(*yes.value()),
            Expression::Number(number) => {
                let written = expression
                    .span()
                    .and_then(|range| {
                        self.text
                            .get(self.base + range.start..self.base + range.end)
                    })
                    .map_or_else(|| number.value().to_string(), |text| text.trim().to_owned());
                Kind::Number(number.value().as_f64().unwrap_or(0.0), written.into())
            }
            Expression::String(text) => Kind::Text(unescaped(text.value())),
            Expression::Array(items) => Kind::List(self.expressions(items.iter())),
            Expression::Object(object) => {
                Kind::Object(
                    object
                        .iter()
                        .map(|(key, value)| {
                            let key = match key {
                                // A bare word in an expression's place is a word too.
                                ObjectKey::Ident(word)
                                | ObjectKey::Expression(Expression::Variable(word)) => {
                                    let name = self.written(word.span(), word.as_str());
                                    Key::Word(name, self.span(word.span()))
                                }
                                ObjectKey::Expression(Expression::String(word)) => {
                                    let name = self.written(word.span(), word.value());
                                    Key::Word(name, self.span(word.span()))
                                }
                                ObjectKey::Expression(key) => Key::Expression(self.expression(key)),
                            };
                            (key, self.expression(value.expr()))
                        })
                        .collect(),
                )
            }
            Expression::StringTemplate(template) => {
                Kind::Template(self.elements(template.iter()), Form::Quoted)
            }
            Expression::HeredocTemplate(heredoc) => {
                Kind::Template(self.elements(heredoc.template.iter()), Form::Heredoc)
            }
            Expression::Parenthesis(inner) => return self.expression(inner.inner()),
            Expression::Variable(name) => Kind::Variable(name.as_str().into()),
            Expression::Conditional(conditional) => Kind::Conditional(Box::new([
                self.expression(&conditional.cond_expr),
                self.expression(&conditional.true_expr),
                self.expression(&conditional.false_expr),
            ])),
            Expression::FuncCall(call) => Kind::Call(Call {
                name: call
                    .name
                    .namespace
                    .iter()
                    .map(|part| part.as_str())
                    .filter(|part| *part != "core")
                    .chain([call.name.name.as_str()])
                    .collect::<Vec<_>>()
                    .join("::")
                    .into(),
                arguments: self.expressions(call.args.iter()),
                spread: call.args.expand_final(),
            }),
            Expression::Traversal(traversal) => Kind::Traversal(
                one(&traversal.expr),
                traversal
                    .operators
                    .iter()
                    .map(|operator| match operator.value() {
                        TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => {
                            Step::Splat
                        }
                        TraversalOperator::GetAttr(name) => Step::Attribute(name.as_str().into()),
                        TraversalOperator::Index(index) => Step::Index(self.expression(index)),
                        TraversalOperator::LegacyIndex(index) => Step::Index(Expr {
                            #[expect(
                                clippy::cast_precision_loss,
                                reason = "an index beyond 2^53 is no index"
                            )]
                            kind: Kind::Number(*index.value() as f64, index.to_string().into()),
                            span,
                        }),
                    })
                    .collect(),
            ),
            Expression::UnaryOp(operation) => match operation.operator.value() {
                UnaryOperator::Neg => Kind::Negative(one(&operation.expr)),
                UnaryOperator::Not => Kind::Not(one(&operation.expr)),
            },
            Expression::BinaryOp(operation) => Kind::Binary(
                Box::new([
                    self.expression(&operation.lhs_expr),
                    self.expression(&operation.rhs_expr),
                ]),
                operator(*operation.operator.value()),
            ),
            Expression::ForExpr(expression) => Kind::For(Box::new(For {
                key_name: expression
                    .intro
                    .key_var
                    .as_ref()
                    .map(|name| name.as_str().into()),
                value_name: expression.intro.value_var.as_str().into(),
                collection: self.expression(&expression.intro.collection_expr),
                key: expression.key_expr.as_ref().map(|key| self.expression(key)),
                value: self.expression(&expression.value_expr),
                grouping: expression.grouping,
                condition: expression
                    .cond
                    .as_ref()
                    .map(|condition| self.expression(&condition.expr)),
            })),
        };
        Expr { kind, span }
    }

    fn elements<'e>(&self, elements: impl Iterator<Item = &'e template::Element>) -> Vec<Element> {
        let mut result: Vec<Element> = Vec::new();
        let mut strip_next = false;
        for element in elements {
            let strip = match element {
                template::Element::Literal(text) => {
                    let mut literal = self.written(text.span(), text.value());
                    if strip_next {
                        literal = literal.trim_start().into();
                    }
                    strip_next = false;
                    result.push(Element::Literal(literal, self.span(text.span())));
                    continue;
                }
                template::Element::Interpolation(hole) => {
                    let expression = self.expression(&hole.expr);
                    strip_before(&mut result, hole.strip.strip_start());
                    result.push(Element::Hole(expression));
                    hole.strip
                }
                template::Element::Directive(directive) => {
                    let (element, strip) = self.directive(directive);
                    strip_before(&mut result, strip.strip_start());
                    result.push(element);
                    strip
                }
            };
            strip_next = strip.strip_end();
        }
        result
    }

    fn directive(&self, directive: &Directive) -> (Element, Strip) {
        match directive {
            Directive::If(directive) => {
                let head = &directive.if_expr;
                let mut then = self.elements(head.template.iter());
                strip_after(&mut then, head.strip.strip_end());
                let mut otherwise = Vec::new();
                let last = directive.endif_expr.strip;
                if let Some(other) = &directive.else_expr {
                    strip_before(&mut then, other.strip.strip_start());
                    otherwise = self.elements(other.template.iter());
                    strip_after(&mut otherwise, other.strip.strip_end());
                    strip_before(&mut otherwise, last.strip_start());
                } else {
                    strip_before(&mut then, last.strip_start());
                }
                let element = Element::If(Box::new(If {
                    condition: self.expression(&head.cond_expr),
                    then,
                    otherwise,
                }));
                (element, outer(head.strip, last))
            }
            Directive::For(directive) => {
                let head = &directive.for_expr;
                let mut body = self.elements(head.template.iter());
                strip_after(&mut body, head.strip.strip_end());
                strip_before(&mut body, directive.endfor_expr.strip.strip_start());
                let element = Element::For(Box::new(TemplateFor {
                    key_name: head.key_var.as_ref().map(|name| name.as_str().into()),
                    value_name: head.value_var.as_str().into(),
                    collection: self.expression(&head.collection_expr),
                    body,
                }));
                (element, outer(head.strip, directive.endfor_expr.strip))
            }
        }
    }
}

/// What a directive strips outside itself: before its head, after its end.
fn outer(head: Strip, end: Strip) -> Strip {
    match (head.strip_start(), end.strip_end()) {
        (true, true) => Strip::Both,
        (true, false) => Strip::Start,
        (false, true) => Strip::End,
        (false, false) => Strip::None,
    }
}

fn strip_before(elements: &mut [Element], strip: bool) {
    if let (true, Some(Element::Literal(text, _))) = (strip, elements.last_mut()) {
        *text = text.trim_end().into();
    }
}

fn strip_after(elements: &mut [Element], strip: bool) {
    if let (true, Some(Element::Literal(text, _))) = (strip, elements.first_mut()) {
        *text = text.trim_start().into();
    }
}

fn unescaped(text: &str) -> Arc<str> {
    if text.contains("$${") || text.contains("%%{") {
        text.replace("$${", "${").replace("%%{", "%{").into()
    } else {
        text.into()
    }
}

fn operator(operator: BinaryOperator) -> Operator {
    match operator {
        BinaryOperator::Eq => Operator::Equal,
        BinaryOperator::NotEq => Operator::NotEqual,
        BinaryOperator::LessEq => Operator::LessEqual,
        BinaryOperator::GreaterEq => Operator::GreaterEqual,
        BinaryOperator::Less => Operator::Less,
        BinaryOperator::Greater => Operator::Greater,
        BinaryOperator::Plus => Operator::Add,
        BinaryOperator::Minus => Operator::Subtract,
        BinaryOperator::Mul => Operator::Multiply,
        BinaryOperator::Div => Operator::Divide,
        BinaryOperator::Mod => Operator::Remainder,
        BinaryOperator::And => Operator::And,
        BinaryOperator::Or => Operator::Or,
    }
}
