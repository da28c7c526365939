//! From the syntax tree of a language's grammar to the common tree.
//!
//! The grammars agree on most kinds of nodes and on the names of their fields; what a language has alone is in
//! [`crate::languages`].

use seaworthy_facts::{FileId, Language, Span};
use tree_sitter::Node;

use crate::languages;
use crate::syntax::{Call, Class, Expr, Function, Kind, Piece};

/// How deep a tree is followed; what lies deeper is left out.
const DEPTH: usize = 160;

/// Turns nodes of one text into expressions.
pub(crate) struct Lowering<'a> {
    pub language: Language,
    pub file: FileId,
    pub text: &'a str,
    /// What a place in `text` lies further ahead in the file: for text that was put together to be parsed.
    pub shift: i64,
    /// How many macros or annotations are around.
    pub nested: usize,
    depth: usize,
}

impl<'a> Lowering<'a> {
    pub(crate) fn new(language: Language, file: FileId, text: &'a str) -> Self {
        Self {
            language,
            file,
            text,
            shift: 0,
            nested: 0,
            depth: 0,
        }
    }

    /// The text of a node.
    pub(crate) fn slice(&self, node: Node<'_>) -> &'a str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    /// The place of a node.
    pub(crate) fn span(&self, node: Node<'_>) -> Span {
        let at = |byte: usize| {
            usize::try_from(
                i64::try_from(byte)
                    .unwrap_or(i64::MAX)
                    .saturating_add(self.shift),
            )
            .unwrap_or(0)
        };
        Span::new(self.file, at(node.start_byte())..at(node.end_byte()))
    }

    /// A whole file.
    pub(crate) fn program(&mut self, root: Node<'_>) -> Vec<Expr> {
        self.children(root)
    }

    /// The named children of a node, in order; annotations go to what follows them.
    pub(crate) fn children(&mut self, node: Node<'_>) -> Vec<Expr> {
        let mut cursor = node.walk();
        let mut found: Vec<Expr> = Vec::new();
        let mut pending: Vec<Expr> = Vec::new();
        let mut skip = false;
        for child in node.named_children(&mut cursor) {
            if std::mem::take(&mut skip) {
                pending.clear();
                continue;
            }
            // Go keeps the statements of a block in a list of their own.
            if child.kind() == "statement_list" {
                found.append(&mut self.children(child));
                continue;
            }
            if matches!(child.kind(), "decorator" | "attribute_item") {
                skip = self.language == Language::Rust
                    && languages::rust::is_for_tests(self.slice(child));
                pending.extend(self.lower(child));
                continue;
            }
            let Some(mut expr) = self.lower(child) else {
                continue;
            };
            if !pending.is_empty() {
                match &mut expr.kind {
                    Kind::Function(function) => function.annotations.append(&mut pending),
                    Kind::Class(class) => class.annotations.append(&mut pending),
                    _ => found.append(&mut pending),
                }
            }
            found.push(expr);
        }
        found.append(&mut pending);
        found
    }

    /// A node; `None` for comments and the like.
    pub(crate) fn lower(&mut self, node: Node<'_>) -> Option<Expr> {
        if self.depth >= DEPTH {
            return None;
        }
        self.depth += 1;
        let expr = match languages::special(self, node) {
            Some(special) => special.0,
            None => self.common(node),
        };
        self.depth -= 1;
        expr
    }

    /// A field of a node.
    pub(crate) fn field(&mut self, node: Node<'_>, name: &str) -> Option<Expr> {
        let child = node.child_by_field_name(name)?;
        self.lower(child)
    }

    /// The children of a field; a single expression is one.
    pub(crate) fn block(&mut self, node: Node<'_>, name: &str) -> Vec<Expr> {
        let Some(child) = node.child_by_field_name(name) else {
            return Vec::new();
        };
        match child.kind() {
            "block" | "statement_block" | "class_body" | "declaration_list"
            | "constructor_body" | "interface_body" | "enum_body" => self.children(child),
            _ => self.lower(child).into_iter().collect(),
        }
    }

    pub(crate) fn expr(&self, node: Node<'_>, kind: Kind) -> Expr {
        Expr {
            kind,
            span: self.span(node),
        }
    }

    fn common(&mut self, node: Node<'_>) -> Option<Expr> {
        let kind = match node.kind() {
            "comment"
            | "line_comment"
            | "block_comment"
            | "import_declaration"
            | "import_statement"
            | "import_from_statement"
            | "use_declaration"
            | "using_directive"
            | "package_clause"
            | "package_declaration" => return None,
            "identifier"
            | "property_identifier"
            | "field_identifier"
            | "type_identifier"
            | "package_identifier"
            | "self"
            | "this"
            | "shorthand_property_identifier" => Kind::Path(self.slice(node).into()),
            "true" | "True" => Kind::Bool(true),
            "false" | "False" => Kind::Bool(false),
            "boolean_literal" => Kind::Bool(self.slice(node) == "true"),
            "nil" | "none" | "None" | "null" | "undefined" | "null_literal" => Kind::Null,
            "int_literal"
            | "float_literal"
            | "integer"
            | "float"
            | "number"
            | "integer_literal"
            | "decimal_integer_literal"
            | "real_literal" => Kind::Number(self.slice(node).into()),
            "interpreted_string_literal"
            | "raw_string_literal"
            | "string"
            | "string_literal"
            | "template_string"
            | "verbatim_string_literal"
            | "interpolated_string_expression" => Kind::Text(self.pieces(node)),
            "concatenated_string" => self.concatenated(node),
            "parenthesized_expression"
            | "expression_statement"
            | "await_expression"
            | "await"
            | "reference_expression"
            | "unary_expression"
            | "as_expression"
            | "non_null_expression"
            | "satisfies_expression"
            | "cast_expression"
            | "expression_list"
            | "equals_value_clause"
            | "argument"
            | "parenthesized_list_splat"
            | "type_cast_expression"
            | "literal_element"
            | "postfix_unary_expression"
                if node.named_child_count() == 1 && !self.negates(node) =>
            {
                return node.named_child(0).and_then(|child| self.lower(child));
            }
            "call_expression" | "call" | "invocation_expression" => {
                return self.call(node, "function");
            }
            "new_expression" => return self.call(node, "constructor"),
            "object_creation_expression" => return self.call(node, "type"),
            "selector_expression" => return self.member(node, "operand", "field"),
            "attribute" if node.child_by_field_name("object").is_some() => {
                return self.member(node, "object", "attribute");
            }
            "member_expression" => return self.member(node, "object", "property"),
            "field_expression" => return self.member(node, "value", "field"),
            "field_access" => return self.member(node, "object", "field"),
            "member_access_expression" => return self.member(node, "expression", "name"),
            "scoped_identifier"
            | "qualified_name"
            | "scoped_type_identifier"
            | "dotted_name"
            | "generic_type"
            | "generic_name"
            | "qualified_type" => Kind::Path(dotted(self.slice(node)).into()),
            "index_expression" => return self.index(node, "operand", "index"),
            "subscript" => return self.index(node, "value", "subscript"),
            "subscript_expression" => return self.index(node, "object", "index"),
            "element_access_expression" => return self.index(node, "expression", "subscript"),
            "binary_expression" | "boolean_operator" | "binary_operator" => {
                let operator = node
                    .child_by_field_name("operator")
                    .map_or("", |operator| self.slice(operator));
                let left = self.field(node, "left")?;
                let right = self.field(node, "right")?;
                Kind::Binary(operator.into(), left.into(), right.into())
            }
            "comparison_operator" => {
                let items = self.children(node);
                let operator = node.child(1).map_or("", |operator| self.slice(operator));
                let mut items = items.into_iter();
                match (items.next(), items.next()) {
                    (Some(left), Some(right)) => {
                        Kind::Binary(operator.into(), left.into(), right.into())
                    }
                    (Some(one), None) => return Some(one),
                    _ => return None,
                }
            }
            "ternary_expression" => {
                let condition = self.field(node, "condition")?;
                let then = self.field(node, "consequence")?;
                let otherwise = self.field(node, "alternative")?;
                Kind::Choice(condition.into(), then.into(), otherwise.into())
            }
            "assignment_expression"
            | "assignment"
            | "assignment_statement"
            | "short_var_declaration" => {
                return self.assign(node, "left", "right");
            }
            "variable_declarator"
            | "var_spec"
            | "const_spec"
            | "public_field_definition"
            | "field_definition"
            | "const_item"
            | "static_item" => {
                return self.assign(node, "name", "value");
            }
            "let_declaration" => return self.assign(node, "pattern", "value"),
            "if_statement" | "if_expression" => {
                let first = self.field(node, "initializer");
                let condition = self.field(node, "condition")?;
                let then = self.block(node, "consequence");
                let otherwise = self.block(node, "alternative");
                let whole = Kind::If(condition.into(), then, otherwise);
                match first {
                    Some(first) => Kind::Block(vec![first, self.expr(node, whole)]),
                    None => whole,
                }
            }
            "return_statement" | "return_expression" => Kind::Return(self.children(node)),
            "throw_statement" | "raise_statement" | "throw_expression" => {
                let arguments = self.children(node);
                let callee = Expr {
                    kind: Kind::Path("throw".into()),
                    span: self.span(node),
                };
                Kind::Call(
                    Call {
                        callee,
                        arguments,
                        named: Vec::new(),
                    }
                    .into(),
                )
            }
            "function_declaration"
            | "method_declaration"
            | "function_definition"
            | "function_item"
            | "method_definition"
            | "constructor_declaration"
            | "local_function_statement"
            | "generator_function_declaration"
            | "func_literal"
            | "lambda"
            | "lambda_expression"
            | "arrow_function"
            | "function_expression"
            | "closure_expression"
            | "anonymous_method_expression" => {
                return Some(self.function(node));
            }
            "class_declaration"
            | "class_definition"
            | "class"
            | "impl_item"
            | "interface_declaration"
            | "record_declaration"
            | "abstract_class_declaration"
            | "struct_declaration" => {
                return Some(self.class(node));
            }
            "object" | "dictionary" => self.map(node, None),
            "list"
            | "array"
            | "tuple"
            | "array_expression"
            | "array_initializer"
            | "initializer_expression"
            | "element_value_array_initializer"
            | "collection_expression"
            | "tuple_expression"
            | "set" => Kind::List(self.children(node)),
            "ERROR" => Kind::Block(self.children(node)),
            _ => {
                if node.named_child_count() == 0 {
                    return None;
                }
                Kind::Block(self.children(node))
            }
        };
        Some(self.expr(node, kind))
    }

    fn negates(&self, node: Node<'_>) -> bool {
        matches!(node.kind(), "unary_expression") && self.slice(node).starts_with(['!', '-'])
    }

    fn call(&mut self, node: Node<'_>, function: &str) -> Option<Expr> {
        let callee = self.field(node, function)?;
        let mut call = Call {
            callee,
            arguments: Vec::new(),
            named: Vec::new(),
        };
        if let Some(arguments) = node.child_by_field_name("arguments") {
            self.arguments(arguments, &mut call);
        }
        if let Some(initializer) = node.child_by_field_name("initializer") {
            call.arguments.extend(self.lower(initializer));
        }
        Some(self.expr(node, Kind::Call(call.into())))
    }

    /// Arguments in brackets, named ones apart.
    pub(crate) fn arguments(&mut self, node: Node<'_>, call: &mut Call) {
        // A template after a tag, as in sql`…`.
        if node.kind() == "template_string" {
            call.arguments.extend(self.lower(node));
            return;
        }
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            let (name, value) = match child.kind() {
                "keyword_argument" => (
                    child.child_by_field_name("name"),
                    child.child_by_field_name("value"),
                ),
                "element_value_pair" => (
                    child.child_by_field_name("key"),
                    child.child_by_field_name("value"),
                ),
                "assignment_expression"
                    if matches!(node.kind(), "arguments" | "attribute_argument_list") =>
                {
                    (
                        child.child_by_field_name("left"),
                        child.child_by_field_name("right"),
                    )
                }
                _ => (None, None),
            };
            match (name, value) {
                (Some(name), Some(value)) => {
                    let name = self.slice(name);
                    if let Some(value) = self.lower(value) {
                        call.named.push((name.into(), value));
                    }
                }
                _ => call.arguments.extend(self.lower(child)),
            }
        }
    }

    /// `object.name`: a longer path, or a member of what is no path.
    pub(crate) fn member(&mut self, node: Node<'_>, object: &str, name: &str) -> Option<Expr> {
        let name = self.slice(node.child_by_field_name(name)?);
        let object = self.field(node, object)?;
        let kind = match object.kind {
            Kind::Path(path) => Kind::Path(format!("{path}.{name}").into()),
            _ => Kind::Member(object.into(), name.into()),
        };
        Some(self.expr(node, kind))
    }

    fn index(&mut self, node: Node<'_>, object: &str, index: &str) -> Option<Expr> {
        let of = self.field(node, object)?;
        let index = self
            .field(node, index)
            .unwrap_or_else(|| self.expr(node, Kind::Null));
        let index = match index.kind {
            Kind::Block(mut items) if items.len() == 1 => items.remove(0),
            kind => Expr {
                kind,
                span: index.span,
            },
        };
        Some(self.expr(node, Kind::Index(of.into(), index.into())))
    }

    fn assign(&mut self, node: Node<'_>, left: &str, right: &str) -> Option<Expr> {
        let target = node.child_by_field_name(left)?;
        let annotation = node
            .child_by_field_name("type")
            .map(|annotation| self.slice(annotation).trim_start_matches(':').trim().into());
        let value = match node.child_by_field_name(right) {
            Some(value) => self.lower(value),
            None => None,
        };
        if target.kind() == "object_pattern" {
            let value = value?;
            return Some(self.taken_apart(node, target, &value));
        }
        let mut names: Vec<Box<str>> = Vec::new();
        self.names(target, &mut names);
        if names.len() > 1
            && let Some(Expr {
                kind: Kind::Block(items) | Kind::List(items),
                ..
            }) = value
        {
            let each = names
                .into_iter()
                .zip(items)
                .map(|(name, item)| {
                    let span = item.span;
                    Expr {
                        kind: Kind::Assign(vec![name], Some(item.into()), None),
                        span,
                    }
                })
                .collect();
            return Some(self.expr(node, Kind::Block(each)));
        }
        Some(self.expr(node, Kind::Assign(names, value.map(Box::new), annotation)))
    }

    /// The names on the left of an assignment.
    fn names(&mut self, node: Node<'_>, names: &mut Vec<Box<str>>) {
        match node.kind() {
            "expression_list" | "pattern_list" | "tuple_pattern" | "array_pattern" | "tuple" => {
                let mut cursor = node.walk();
                for child in node.named_children(&mut cursor).take(32) {
                    names.push(dotted(self.slice(child)).into());
                }
            }
            _ => {
                let text = self.slice(node);
                let text = text.strip_prefix("mut ").unwrap_or(text);
                // `Ok(port)`: what is within.
                let text = match text.split_once('(') {
                    Some(("Ok" | "Some", inner)) => inner.trim_end_matches(')'),
                    _ => text,
                };
                if text.len() <= 200 {
                    names.push(dotted(text).into());
                }
            }
        }
    }

    /// `const { A, b: c = 3 } = value`, one assignment for each name.
    fn taken_apart(&mut self, node: Node<'_>, pattern: Node<'_>, value: &Expr) -> Expr {
        let of = value.path().unwrap_or_default().to_owned();
        let mut cursor = pattern.walk();
        let mut items = Vec::new();
        for child in pattern.named_children(&mut cursor) {
            let (key, name, default) = match child.kind() {
                "shorthand_property_identifier_pattern" => (child, child, None),
                "pair_pattern" => {
                    let (Some(key), Some(inner)) = (
                        child.child_by_field_name("key"),
                        child.child_by_field_name("value"),
                    ) else {
                        continue;
                    };
                    match inner.kind() {
                        "assignment_pattern" => match inner.child_by_field_name("left") {
                            Some(name) => (key, name, inner.child_by_field_name("right")),
                            None => continue,
                        },
                        _ => (key, inner, None),
                    }
                }
                "object_assignment_pattern" => match child.child_by_field_name("left") {
                    Some(name) => (name, name, child.child_by_field_name("right")),
                    None => continue,
                },
                _ => continue,
            };
            if of.is_empty() {
                continue;
            }
            let taken = self.expr(
                child,
                Kind::Path(format!("{of}.{}", self.slice(key)).into()),
            );
            let taken = match default.and_then(|default| self.lower(default)) {
                Some(default) => self.expr(
                    child,
                    Kind::Binary("||".into(), taken.into(), default.into()),
                ),
                None => taken,
            };
            items.push(self.expr(
                child,
                Kind::Assign(vec![self.slice(name).into()], Some(taken.into()), None),
            ));
        }
        self.expr(node, Kind::Block(items))
    }

    fn function(&mut self, node: Node<'_>) -> Expr {
        let name_node = node.child_by_field_name("name");
        let name = name_node.map_or("", |name| self.slice(name));
        let mut parameters = Vec::new();
        let mut annotations = Vec::new();
        for field in ["receiver", "parameters", "parameter"] {
            if field == "receiver" && self.language != Language::Go {
                continue;
            }
            let Some(list) = node.child_by_field_name(field) else {
                continue;
            };
            if field != "receiver" {
                self.parameters(list, &mut parameters, &mut annotations);
            }
        }
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            if matches!(child.kind(), "modifiers" | "attribute_list") {
                annotations.extend(self.lower(child));
            }
        }
        let body = self.block(node, "body");
        let span = name_node.map_or_else(|| self.span(node), |name| self.span(name));
        let function = Function {
            name: name.into(),
            parameters,
            body,
            annotations,
            span,
        };
        Expr {
            kind: Kind::Function(function.into()),
            span,
        }
    }

    fn parameters(
        &mut self,
        list: Node<'_>,
        parameters: &mut Vec<Box<str>>,
        annotations: &mut Vec<Expr>,
    ) {
        if list.named_child_count() == 0 {
            let name = self.slice(list);
            if !name.is_empty() && name != "()" {
                parameters.push(name.into());
            }
            return;
        }
        let mut cursor = list.walk();
        for child in list.named_children(&mut cursor).take(64) {
            let mut inner = child.walk();
            for part in child.named_children(&mut inner) {
                if matches!(part.kind(), "modifiers" | "attribute_list") {
                    annotations.extend(self.lower(part));
                }
            }
            // Go declares several of one type at once.
            let mut named = child.walk();
            let several: Vec<_> = child.children_by_field_name("name", &mut named).collect();
            if several.len() > 1 {
                parameters.extend(several.iter().map(|name| Box::from(self.slice(*name))));
                continue;
            }
            let name = child
                .child_by_field_name("name")
                .or_else(|| child.child_by_field_name("pattern"))
                .or_else(|| child.child_by_field_name("left"))
                .or_else(|| {
                    (child.kind() == "typed_parameter")
                        .then(|| child.named_child(0))
                        .flatten()
                })
                .unwrap_or(child);
            let name = self.slice(name);
            if name == "self" || name == "&self" || name == "cls" || name == "&mut self" {
                continue;
            }
            parameters.push(name.get(..name.len().min(80)).unwrap_or_default().into());
        }
    }

    fn class(&mut self, node: Node<'_>) -> Expr {
        let mut annotations = Vec::new();
        let mut bases = Vec::new();
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            match child.kind() {
                "modifiers" | "attribute_list" | "decorator" => {
                    annotations.extend(self.lower(child));
                }
                "argument_list" | "superclass" | "class_heritage" | "base_list"
                | "super_interfaces" => {
                    let text = self.slice(child);
                    bases.extend(
                        text.split([',', '(', ')', ' ', ':'])
                            .filter(|word| !word.is_empty())
                            .take(16)
                            .map(|word| Box::from(dotted(word))),
                    );
                }
                _ => {}
            }
        }
        let body = self.block(node, "body");
        let span = node
            .child_by_field_name("name")
            .map_or_else(|| self.span(node), |name| self.span(name));
        Expr {
            kind: Kind::Class(
                Class {
                    bases,
                    body,
                    annotations,
                }
                .into(),
            ),
            span,
        }
    }

    /// Pairs of a map.
    pub(crate) fn map(&mut self, node: Node<'_>, of: Option<Box<str>>) -> Kind {
        let mut cursor = node.walk();
        let mut entries = Vec::new();
        for child in node.named_children(&mut cursor) {
            let (key, value) = match child.kind() {
                "pair" => (
                    child.child_by_field_name("key"),
                    child.child_by_field_name("value"),
                ),
                "keyed_element" => (child.named_child(0), child.named_child(1)),
                "field_initializer" => (
                    child.child_by_field_name("field"),
                    child.child_by_field_name("value"),
                ),
                "shorthand_property_identifier" | "shorthand_field_initializer" => {
                    (Some(child), Some(child))
                }
                "method_definition" => (child.child_by_field_name("name"), Some(child)),
                "comment" | "line_comment" => continue,
                _ => (None, Some(child)),
            };
            let Some(value) = value.and_then(|value| self.lower(value)) else {
                continue;
            };
            let key = key
                .and_then(|key| self.lower(key))
                .unwrap_or_else(|| self.expr(child, Kind::Null));
            entries.push((key, value));
        }
        Kind::Map(of, entries)
    }

    /// `"a" "b"`.
    fn concatenated(&mut self, node: Node<'_>) -> Kind {
        let mut pieces = Vec::new();
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            if let Some(Expr {
                kind: Kind::Text(more),
                ..
            }) = self.lower(child)
            {
                pieces.extend(more);
            }
        }
        let mut joined: Vec<Piece> = Vec::new();
        for piece in pieces {
            match (joined.last_mut(), piece) {
                (Some(Piece::Literal(before)), Piece::Literal(text)) => before.push_str(&text),
                (_, piece) => joined.push(piece),
            }
        }
        Kind::Text(joined)
    }

    /// What stands between the quotes, and what is put in.
    fn pieces(&mut self, node: Node<'_>) -> Vec<Piece> {
        let text = self.slice(node);
        let (open, close) = quotes(text);
        let (start, end) = (
            node.start_byte() + open,
            node.end_byte().saturating_sub(close),
        );
        let raw = text.starts_with(['r', '`', '@'])
            && !text.starts_with("re")
            && self.language != Language::JavaScript
            && self.language != Language::TypeScript;
        let mut pieces = Vec::new();
        let mut at = start;
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            if !matches!(child.kind(), "interpolation" | "template_substitution") {
                continue;
            }
            let literal = self.text.get(at..child.start_byte()).unwrap_or_default();
            if !literal.is_empty() {
                pieces.push(Piece::Literal(unescaped(literal, raw)));
            }
            // C# counts the braces among what is within.
            let mut within = child.walk();
            let inner = match child.child_by_field_name("expression") {
                Some(inner) => self.lower(inner),
                None => child
                    .named_children(&mut within)
                    .find_map(|inner| self.lower(inner)),
            };
            pieces.push(Piece::Expr(
                inner.unwrap_or_else(|| self.expr(child, Kind::Null)),
            ));
            at = child.end_byte();
        }
        let literal = self.text.get(at..end.max(at)).unwrap_or_default();
        if !literal.is_empty() {
            pieces.push(Piece::Literal(unescaped(literal, raw)));
        }
        pieces
    }
}

/// Names with dots: `::`, `->` and `?.` become one.
pub(crate) fn dotted(text: &str) -> String {
    if text.contains("::") || text.contains("?.") {
        text.replace("::", ".").replace("?.", ".")
    } else {
        text.to_owned()
    }
}

/// How many bytes the opening and the closing quote of a string take.
fn quotes(text: &str) -> (usize, usize) {
    let prefix = text
        .find(['"', '\'', '`'])
        .filter(|at| {
            text.get(..*at).is_some_and(|prefix| {
                prefix
                    .chars()
                    .all(|c| c.is_ascii_alphabetic() || "@$#".contains(c))
            })
        })
        .unwrap_or(text.len());
    let Some(rest) = text.get(prefix..) else {
        return (0, 0);
    };
    let Some(quote) = rest.chars().next() else {
        return (0, 0);
    };
    let hashes = text[..prefix].matches('#').count();
    let length = if rest.len() >= 6 && rest.bytes().take(3).all(|byte| byte == quote as u8) {
        3
    } else {
        1
    };
    let close = length + hashes;
    if text.len() < prefix + length + close {
        return (text.len(), 0);
    }
    (prefix + length, close)
}

/// The usual escapes, resolved.
fn unescaped(text: &str, raw: bool) -> String {
    if raw || !text.contains('\\') {
        return text.to_owned();
    }
    let mut result = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            result.push(character);
            continue;
        }
        match characters.next() {
            Some('n') => result.push('\n'),
            Some('t') => result.push('\t'),
            Some('r') => result.push('\r'),
            Some(other) => result.push(other),
            None => {}
        }
    }
    result
}
