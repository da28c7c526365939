//! What a module's text says of itself: declarations, references, versions.

use std::sync::Arc;

use seaworthy_diagnostics::{FileId, Span};
use seaworthy_facts::terraform::{Declared, Locked, ModuleSource};
use seaworthy_facts::{Data, Map, SourceKind, Sources, Value};

use crate::module::Module;
use crate::syntax::{self, Expr, Key, Kind, outputs_read, references};

/// What is declared and referred to in a module.
pub(crate) fn module_source(
    module: &Module,
    duplicate_keys: Vec<(Arc<str>, Span, Span)>,
    sources: &Sources,
) -> ModuleSource {
    let mut result = ModuleSource {
        folder: module.folder.clone(),
        files: module.files.clone(),
        vendored: module.vendored,
        required_version: None,
        required_providers: Map::default(),
        declared: Vec::new(),
        references: Vec::new(),
        outputs_read: Vec::new(),
        duplicate_keys,
        locked: Vec::new(),
    };
    for block in &module.blocks {
        let first = block.labels.first();
        let second = block.labels.get(1);
        let address = match (&*block.kind, first, second) {
            ("variable", Some(name), _) => Some(format!("var.{name}")),
            ("output", Some(name), _) => Some(format!("output.{name}")),
            ("module", Some(name), _) => Some(format!("module.{name}")),
            ("provider", Some(name), _) => Some(format!("provider.{name}")),
            ("resource", Some(kind), Some(name)) => Some(format!("{kind}.{name}")),
            ("data" | "ephemeral", Some(kind), Some(name)) => {
                Some(format!("{}.{kind}.{name}", block.kind))
            }
            _ => None,
        };
        if let Some(address) = address {
            result.declared.push(Declared {
                address: address.into(),
                span: block.header,
                block: block.span,
            });
        }
        match &*block.kind {
            "locals" => {
                for attribute in &block.body.attributes {
                    result.declared.push(Declared {
                        address: format!("local.{}", attribute.name).into(),
                        span: attribute.name_span,
                        block: attribute.name_span.to(attribute.value.span),
                    });
                }
            }
            "terraform" => settings(&block.body, &mut result),
            _ => {}
        }
        if !matches!(&*block.kind, "terraform" | "moved" | "removed" | "import") {
            // A nested data source of a `check` is declared there.
            for inner in &block.body.blocks {
                if let ("data", [kind, name, ..]) = (&*inner.kind, inner.labels.as_slice()) {
                    result.declared.push(Declared {
                        address: format!("data.{kind}.{name}").into(),
                        span: inner.header,
                        block: inner.span,
                    });
                }
            }
            references(&block.body, &mut Vec::new(), &mut result.references);
            outputs_read(&block.body, &mut result.outputs_read);
        }
    }
    for source in sources.within(&module.folder) {
        if source.kind == SourceKind::TerraformLock {
            locked(source.file.id(), source.file.text(), &mut result.locked);
        }
    }
    result
}

fn settings(body: &syntax::Body, result: &mut ModuleSource) {
    if let Some(attribute) = body.attribute("required_version") {
        result.required_version = Some(literal(&attribute.value));
    }
    for block in body.blocks_of("required_providers") {
        for attribute in &block.body.attributes {
            result.required_providers.set(
                attribute.name.clone(),
                attribute.name_span,
                literal(&attribute.value),
            );
        }
    }
}

/// The value of an expression that refers to nothing.
fn literal(expression: &Expr) -> Value {
    let data = match &expression.kind {
        Kind::Text(text) => return Value::string(&**text, expression.span),
        Kind::Object(entries) => {
            let mut map = Map::default();
            for (key, value) in entries {
                if let Key::Word(word, span) = key {
                    map.set(word.clone(), *span, literal(value));
                }
            }
            Data::Map(map)
        }
        Kind::List(items) => Data::List(items.iter().map(literal).collect()),
        Kind::Bool(yes) => Data::Bool(*yes),
        _ => Data::Null,
    };
    Value::new(data, expression.span)
}

/// The providers of a lock file.
fn locked(file: FileId, text: &str, found: &mut Vec<Locked>) {
    let Ok(body) = hcl_edit::parser::parse_body(text) else {
        return;
    };
    for block in body.blocks() {
        if block.ident.as_str() != "provider" {
            continue;
        }
        let (Some(label), Some(version)) =
            (block.labels.first(), block.body.get_attribute("version"))
        else {
            continue;
        };
        let Some(version_text) = version.value.as_str() else {
            continue;
        };
        // `host/namespace/name`.
        let source = match label.as_str().split_once('/') {
            Some((host, rest)) if host.contains('.') => rest,
            _ => label.as_str(),
        };
        let span = hcl_edit::Span::span(version).unwrap_or(0..0);
        found.push(Locked {
            source: source.into(),
            version: version_text.into(),
            span: Span::new(file, span),
        });
    }
}
