//! Takes everything out of an evaluated root: resources, calls, variables, outputs, providers.

use std::rc::Rc;

use seaworthy_facts::terraform::{
    Backend, InstanceKey, Mode, ModuleCall, Output, Provider, Resource, Root, Variable,
};
use seaworthy_facts::{Data, FileId, Map, Span, Trail, Unknown, UnknownKind, Value};

use crate::evaluate::{ALL_INSTANCES, Evaluator, Instance, Scope, scope_of, written};
use crate::modules::{Source, source, source_text};
use crate::syntax::Block;

/// Everything of a root.
pub(crate) fn root(
    evaluator: &Evaluator<'_>,
    instance: &Rc<Instance>,
    variables_file: Option<FileId>,
) -> Root {
    let mut root = Root {
        folder: instance.module.folder.clone(),
        backend: backend(evaluator, instance),
        variables_file,
        resources: Vec::new(),
        calls: Vec::new(),
        variables: Vec::new(),
        outputs: Vec::new(),
        providers: Vec::new(),
    };
    for name in &instance.module.variable_order {
        let block = &instance.module.variables[name];
        let mut value = evaluator.variable(instance, name, block.header);
        // Where it is set, not where it is declared, is where the value stands.
        let steps: Vec<(Span, String)> = value
            .trail
            .steps()
            .map(|step| (step.span, step.says.to_string()))
            .collect();
        if let Some(((set, _), steps)) = steps.split_first() {
            value.span = *set;
            value.trail = steps
                .iter()
                .rev()
                .fold(Trail::default(), |trail, (span, says)| {
                    trail.via(*span, says.as_str())
                });
        }
        root.variables.push(Variable {
            name: name.clone(),
            value,
            body: settings(evaluator, block, scope_of(instance)),
            span: block.header,
        });
    }
    for block in &instance.module.outputs {
        let Some(name) = block.labels.first() else {
            continue;
        };
        let value = match block.body.attribute("value") {
            Some(attribute) => evaluator.eval(&attribute.value, scope_of(instance)),
            None => Value::unknown(Unknown::new(UnknownKind::NotSeen, "value"), block.header),
        };
        root.outputs.push(Output {
            name: name.clone(),
            value,
            body: settings(evaluator, block, scope_of(instance)),
            span: block.header,
        });
    }
    module(evaluator, instance, &mut root);
    root
}

/// The settings of a variable or output, whose `type` is no value.
fn settings(evaluator: &Evaluator<'_>, block: &Block, scope: Scope<'_>) -> Value {
    let mut map = Map::default();
    for attribute in &block.body.attributes {
        let value = if &*attribute.name == "type" {
            Value::string(
                evaluator.snippet(attribute.value.span),
                attribute.value.span,
            )
        } else {
            evaluator.eval(&attribute.value, scope)
        };
        map.set(attribute.name.clone(), attribute.name_span, value);
    }
    Value::new(Data::Map(map), block.header)
}

fn backend(evaluator: &Evaluator<'_>, instance: &Rc<Instance>) -> Option<Backend> {
    for settings in &instance.module.settings {
        for block in &settings.body.blocks {
            let kind = match (&*block.kind, block.labels.first()) {
                ("backend", Some(kind)) => kind.clone(),
                ("cloud", _) => "cloud".into(),
                _ => continue,
            };
            let mut meta = Map::default();
            let body = evaluator.body(&block.body, scope_of(instance), &mut meta);
            return Some(Backend {
                kind,
                body: Value::new(Data::Map(body), block.header),
                span: block.header,
            });
        }
    }
    None
}

fn module(evaluator: &Evaluator<'_>, instance: &Rc<Instance>, root: &mut Root) {
    for block in &instance.module.providers {
        let Some(name) = block.labels.first() else {
            continue;
        };
        let mut meta = Map::default();
        let body = evaluator.body(&block.body, scope_of(instance), &mut meta);
        let alias = body.get("alias").and_then(Value::str).map(Into::into);
        root.providers.push(Provider {
            name: name.clone(),
            alias,
            body: Value::new(Data::Map(body), block.header),
            span: block.header,
            module: instance.address.clone(),
        });
    }
    for index in 0..instance.module.resources.len() {
        resource(evaluator, instance, index, root);
    }
    for block in &instance.module.calls {
        call(evaluator, instance, block, root);
    }
}

fn resource(evaluator: &Evaluator<'_>, instance: &Rc<Instance>, index: usize, root: &mut Root) {
    let declared = &instance.module.resources[index];
    for each in evaluator.expansion(instance, index).each() {
        let so_far = evaluator.instances.get();
        if so_far >= ALL_INSTANCES {
            return;
        }
        evaluator.instances.set(so_far + 1);
        let scope = Scope {
            instance,
            each: each.as_ref(),
            names: None,
        };
        let mut meta = Map::default();
        let body = evaluator.body(&declared.block.body, scope, &mut meta);
        let key: Option<InstanceKey> = each.as_ref().map(|each| each.key.clone());
        let address = format!("{}{}", declared.address, written(key.as_ref()));
        root.resources.push(Resource {
            address: instance.within(&address).into(),
            plain_address: instance.within_plain(&declared.address).into(),
            module: instance.address.clone(),
            mode: if declared.data {
                Mode::Data
            } else {
                Mode::Managed
            },
            kind: declared.kind.clone(),
            name: declared.name.clone(),
            key,
            body: Value::new(Data::Map(body), declared.block.header),
            meta,
            span: declared.block.header,
            block: declared.block.span,
            file: declared.block.header.file,
            from_summary: instance.module.summary,
        });
    }
}

fn call(evaluator: &Evaluator<'_>, instance: &Rc<Instance>, block: &Rc<Block>, root: &mut Root) {
    let Some(name) = block.labels.first() else {
        return;
    };
    let children = evaluator.children(instance, name);
    let mut meta = Map::default();
    // With several, the arguments of the first stand for all.
    let first = children
        .as_ref()
        .and_then(|children| children.expansion.each().into_iter().next().flatten());
    let scope = Scope {
        instance,
        each: first.as_ref(),
        names: None,
    };
    let mut arguments = evaluator.body(&block.body, scope, &mut meta);
    let source_value = arguments.remove("source");
    let version = arguments.remove("version");
    let registry = source_text(block).and_then(|text| match source(text) {
        Source::Registry(registry) => Some(registry),
        _ => None,
    });
    let in_summary = instance.module.summary;
    if !in_summary {
        root.calls.push(ModuleCall {
            address: instance.within(&format!("module.{name}")).into(),
            source: source_value,
            version,
            folder: evaluator.folder_of(instance, block, name),
            registry,
            summarised: children
                .as_ref()
                .is_some_and(|children| children.instances.iter().any(|one| one.module.summary)),
            arguments: Value::new(Data::Map(arguments), block.header),
            span: block.header,
            block: block.span,
            file: block.header.file,
        });
    }
    for child in children.iter().flat_map(|children| &children.instances) {
        module(evaluator, child, root);
    }
}
