//! References: `var.x`, `local.x`, `each.value`, `module.x.output`, `aws_iam_role.x.name`.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use seaworthy_diagnostics::Span;
use seaworthy_facts::terraform::InstanceKey;
use seaworthy_facts::{Data, Map, Subject, Unknown, UnknownKind, Unseen, Value};

use super::instance::{Children, Expansion, written};
use super::{Arguments, Each, Evaluator, INSTANCES, Instance, Object, Scope, failed};
use crate::syntax::{Block, Step};
use crate::types;

/// Attributes that the provider decides, also where the configuration has an argument of that name.
const PROVIDERS: [&str; 4] = ["id", "arn", "tags_all", "self_link"];

impl Evaluator<'_> {
    /// The value that a reference begins with, and how many of its steps that took.
    pub(crate) fn reference(
        &self,
        root: &str,
        steps: &[Step],
        span: Span,
        scope: Scope<'_>,
    ) -> (Value, usize) {
        if let Some(value) = super::expression::bound(scope, root) {
            return (value.clone(), 0);
        }
        let word = |index: usize| match steps.get(index) {
            Some(Step::Attribute(name)) => Some(name.clone()),
            _ => None,
        };
        let Some(first) = word(0) else {
            return (failed(self.snippet(span), span), steps.len());
        };
        let instance = scope.instance;
        match root {
            "var" => (self.variable(instance, &first, span), 1),
            "local" => (self.local(instance, &first, span), 1),
            "each" | "count" => (each(scope, root, &first, span), 1),
            "path" => {
                let folder = match &*first {
                    "module" => &instance.module.folder,
                    _ => &*instance.root,
                };
                let folder = if folder.is_empty() { "." } else { folder };
                (Value::string(folder, span), 1)
            }
            "terraform" | "tofu" => {
                let unknown = Unknown::new(UnknownKind::Variable, format!("terraform.{first}"));
                (Value::unknown(unknown, span), 1)
            }
            "self" => (self.computed(span), steps.len()),
            "module" => (self.call_object(instance, &first, span), 1),
            "data" => match word(1) {
                Some(second) => (
                    self.resource_object(instance, &format!("data.{first}.{second}"), span),
                    2,
                ),
                None => (failed(self.snippet(span), span), steps.len()),
            },
            kind => (
                self.resource_object(instance, &format!("{kind}.{first}"), span),
                1,
            ),
        }
    }

    /// The value of a variable of a module.
    pub(crate) fn variable(&self, instance: &Rc<Instance>, name: &Arc<str>, span: Span) -> Value {
        let Some(block) = instance.module.variables.get(name) else {
            return failed(format!("var.{name}"), span);
        };
        let value = self.kept(&instance.variables, name, span, || {
            self.variable_value(instance, name, block)
        });
        // A summary's text stands nowhere: a value goes through it unchanged.
        if instance.module.summary {
            return value;
        }
        if let Data::Unknown(unknown) = &value.data
            && unknown.kind == UnknownKind::Variable
            && value.span == block.header
        {
            return Value::unknown(unknown.clone(), span);
        }
        let says = match &instance.arguments {
            Arguments::Call { block, .. } if block.body.attribute(name).is_some() => {
                let call = block.labels.first().map_or("", |label| &**label);
                format!("argument `{name}` of module `{call}`")
            }
            Arguments::Root(values) if values.contains_key(name) => {
                format!("variable `{name}`, set in a variable file")
            }
            _ => format!("default of variable `{name}`"),
        };
        value.used_at(span, says)
    }

    fn variable_value(&self, instance: &Rc<Instance>, name: &Arc<str>, block: &Block) -> Value {
        let given = match &instance.arguments {
            Arguments::Root(values) => values.get(name).cloned(),
            Arguments::Call {
                parent,
                block,
                each,
            } => block.body.attribute(name).map(|attribute| {
                self.eval(
                    &attribute.value,
                    Scope {
                        instance: parent,
                        each: each.as_ref(),
                        names: None,
                    },
                )
            }),
        };
        let default = || {
            block
                .body
                .attribute("default")
                .map(|attribute| self.eval(&attribute.value, scope_of(instance)))
        };
        let nullable = block.body.attribute("nullable").is_none_or(|attribute| {
            !matches!(attribute.value.kind, crate::syntax::Kind::Bool(false))
        });
        let value = match given {
            Some(value) if value.is_null() && !nullable => default(),
            Some(value) => Some(value),
            None => default(),
        };
        let Some(value) = value else {
            let name = instance.within(&format!("var.{name}"));
            return Value::unknown(Unknown::new(UnknownKind::Variable, name), block.header);
        };
        match block.body.attribute("type") {
            Some(constraint) => types::conform(self, value, &constraint.value, scope_of(instance)),
            None => value,
        }
    }

    /// The value of a local.
    pub(crate) fn local(&self, instance: &Rc<Instance>, name: &Arc<str>, span: Span) -> Value {
        let Some(local) = instance.module.locals.get(name) else {
            return failed(format!("local.{name}"), span);
        };
        let value = self.kept(&instance.locals, name, span, || {
            self.eval(&local.attribute().value, scope_of(instance))
        });
        if instance.module.summary {
            return value;
        }
        value.used_at(span, format!("local `{name}`"))
    }

    /// A resource as a whole: itself, a list or a map of its instances.
    fn resource_object(&self, instance: &Rc<Instance>, address: &str, span: Span) -> Value {
        let Some(index) = instance.module.by_address.get(address).copied() else {
            return failed(instance.within(address), span);
        };
        let expansion = self.expansion(instance, index);
        let object = |each: Option<Rc<Each>>| {
            let name: Arc<str> = instance
                .within(&format!(
                    "{address}{}",
                    written(each.as_ref().map(|each| &each.key))
                ))
                .into();
            self.objects
                .borrow_mut()
                .entry(name.clone())
                .or_insert_with(|| Object::Resource(instance.clone(), index, each));
            whole(UnknownKind::Attribute, name, span)
        };
        several(&expansion, span, object)
    }

    /// A module as a whole.
    fn call_object(&self, instance: &Rc<Instance>, name: &Arc<str>, span: Span) -> Value {
        let Some(children) = self.children(instance, name) else {
            return if instance.module.call(name).is_some() {
                whole(
                    UnknownKind::Output,
                    instance.within(&format!("module.{name}")).into(),
                    span,
                )
            } else {
                failed(format!("module.{name}"), span)
            };
        };
        let mut instances = children.instances.iter();
        several(&children.expansion, span, |each| {
            let name: Arc<str> = instance
                .within(&format!(
                    "module.{name}{}",
                    written(each.as_ref().map(|each| &each.key))
                ))
                .into();
            if let Some(child) = instances.next() {
                self.objects
                    .borrow_mut()
                    .insert(name.clone(), Object::Module(child.clone()));
            }
            whole(UnknownKind::Output, name, span)
        })
    }

    /// Whether a value is a whole resource or module.
    pub(crate) fn is_object(&self, value: &Value) -> bool {
        matches!(&value.data, Data::Unknown(unknown)
            if unknown.resource.as_ref() == Some(&unknown.name)
                && self.objects.borrow().contains_key(&unknown.name))
    }

    /// An attribute of a whole resource or module; a step further into any other unknown.
    pub(crate) fn object_member(&self, value: &Value, name: &str, span: Span) -> Value {
        let Data::Unknown(unknown) = &value.data else {
            return failed(self.snippet(span), span);
        };
        if super::is_failed(value) {
            return value.clone();
        }
        if unknown.resource.as_ref() == Some(&unknown.name) {
            let object = self.objects.borrow().get(&unknown.name).cloned();
            match object {
                Some(Object::Resource(instance, index, each)) => {
                    return self.resource_attribute(
                        &instance,
                        index,
                        each.as_ref(),
                        &unknown.name,
                        name,
                        span,
                    );
                }
                Some(Object::Module(child)) => {
                    return self.output(&child, name, span);
                }
                None => {}
            }
        }
        let mut longer = unknown.clone();
        longer.name = format!("{}.{name}", unknown.name).into();
        longer.choices.clear();
        Value {
            data: Data::Unknown(longer),
            span,
            trail: value.trail.clone(),
        }
    }

    /// An output of a module.
    pub(crate) fn output(&self, child: &Rc<Instance>, name: &str, span: Span) -> Value {
        let Some(block) = child.module.output(name) else {
            let mut unknown =
                Unknown::new(UnknownKind::Output, format!("{}.{name}", child.address));
            unknown.resource = Some(child.address.clone());
            // A summary does not list every output; a module that is here does.
            return if child.module.summary {
                Value::unknown(unknown, span)
            } else {
                failed(unknown.name, span)
            };
        };
        let Some(attribute) = block.body.attribute("value") else {
            return failed(format!("{}.{name}", child.address), span);
        };
        let value = self.kept(&child.outputs, &Arc::from(name), span, || {
            self.eval(&attribute.value, scope_of(child))
        });
        let call = child.address.rsplit('.').next().unwrap_or("");
        value.used_at(span, format!("output `{name}` of module `{call}`"))
    }

    /// An attribute of one resource: what its configuration sets, else what the provider will decide.
    fn resource_attribute(
        &self,
        instance: &Rc<Instance>,
        index: usize,
        each: Option<&Rc<Each>>,
        address: &Arc<str>,
        name: &str,
        span: Span,
    ) -> Value {
        let resource = &instance.module.resources[index];
        let body = &resource.block.body;
        let decided = || Value::unknown(Unknown::attribute(address.clone(), name), span);
        let key = (
            index,
            Arc::from(written(each.map(|each| &each.key))),
            Arc::from(name),
        );
        let scope = Scope {
            instance,
            each,
            names: None,
        };
        if resource.data {
            match (&*resource.kind, name) {
                ("aws_iam_policy_document", "json" | "minified_json") => {
                    let value = self.kept(&instance.attributes, &key, span, || {
                        self.policy_document(body, resource.block.header, scope)
                    });
                    return value.used_at(span, format!("document `{}`", resource.address));
                }
                ("template_file", "rendered") => {
                    if let Some(attribute) = body.attribute("template") {
                        return self
                            .eval(&attribute.value, scope)
                            .used_at(span, format!("template of `{}`", resource.address));
                    }
                }
                _ => {}
            }
        }
        if PROVIDERS.contains(&name) {
            return decided();
        }
        if let Some(attribute) = body.attribute(name) {
            let value = self.kept(&instance.attributes, &key, span, || {
                self.eval(&attribute.value, scope)
            });
            return match &value.data {
                Data::Null => decided(),
                _ if instance.module.summary => value,
                _ => value.used_at(span, format!("`{name}` of `{address}`")),
            };
        }
        if body.blocks.iter().any(|block| {
            &*block.kind == name
                || (&*block.kind == "dynamic"
                    && block.labels.first().is_some_and(|label| &**label == name))
        }) && !super::body::is_meta(name)
        {
            let value = self.kept(&instance.attributes, &key, span, || {
                let mut map = Map::default();
                self.blocks(body, scope, Some(name), &mut map);
                map.get(name)
                    .cloned()
                    .unwrap_or_else(|| Value::new(Data::List(Vec::new()), span))
            });
            // A block has attributes of the provider's too: what is not set there is not known.
            return match value.items() {
                [] => decided(),
                _ => value,
            };
        }
        decided()
    }

    /// What a resource's `count` or `for_each` makes.
    pub(crate) fn expansion(&self, instance: &Rc<Instance>, index: usize) -> Expansion {
        let kept = instance.expansions.borrow().get(&index).cloned();
        match kept {
            Some(Some(expansion)) => return expansion,
            // It is being found: whoever asks now asks in a circle.
            Some(None) => return unknown_expansion(instance.module.resources[index].block.header),
            None => {}
        }
        instance.expansions.borrow_mut().insert(index, None);
        let block = instance.module.resources[index].block.clone();
        let expansion = self.expand(&block, scope_of(instance));
        instance
            .expansions
            .borrow_mut()
            .insert(index, Some(expansion.clone()));
        expansion
    }

    /// What a block's `count` or `for_each` makes.
    fn expand(&self, block: &Block, scope: Scope<'_>) -> Expansion {
        if let Some(count) = block.body.attribute("count") {
            let value = self.eval(&count.value, scope);
            let several = match (value.bool(), value.int()) {
                (_, Some(several)) => several,
                (Some(yes), None) => i64::from(yes),
                (None, None) => return unknown_expansion(count.value.span),
            };
            return match usize::try_from(several) {
                Ok(several) if several <= INSTANCES => Expansion::Indexed(
                    (0..several)
                        .map(|index| {
                            #[expect(clippy::cast_precision_loss, reason = "counts are bounded")]
                            let value = super::number(index as f64, count.value.span);
                            Rc::new(Each {
                                key: InstanceKey::Index(index),
                                value,
                            })
                        })
                        .collect(),
                ),
                _ => unknown_expansion(count.value.span),
            };
        }
        let Some(for_each) = block.body.attribute("for_each") else {
            return Expansion::One;
        };
        let value = self.eval(&for_each.value, scope);
        let one = |key: &str, value: &Value| {
            Rc::new(Each {
                key: InstanceKey::Key(key.into()),
                value: value.clone(),
            })
        };
        match &value.data {
            Data::Map(map) if map.entries.len() <= INSTANCES => {
                // Of a key given twice, the last counts.
                let mut last: BTreeMap<&str, &Value> = BTreeMap::new();
                for entry in &map.entries {
                    last.insert(&entry.key, &entry.value);
                }
                Expansion::Keyed(last.iter().map(|(key, value)| one(key, value)).collect())
            }
            Data::List(items) if items.len() <= INSTANCES && !super::is_open(items) => {
                let mut last: BTreeMap<String, &Value> = BTreeMap::new();
                for item in items {
                    match item.text() {
                        Some(text) if !item.is_unknown() => {
                            last.insert(text.to_string(), item);
                        }
                        _ => return unknown_expansion(for_each.value.span),
                    }
                }
                Expansion::Keyed(last.iter().map(|(key, value)| one(key, value)).collect())
            }
            _ => unknown_expansion(for_each.value.span),
        }
    }

    /// The instances that a call makes; `None` where the module is not here or the call is circular.
    pub(crate) fn children(&self, instance: &Rc<Instance>, name: &str) -> Option<Rc<Children>> {
        let kept = instance.children.borrow().get(name).cloned();
        if let Some(kept) = kept {
            return kept;
        }
        instance.children.borrow_mut().insert(name.into(), None);
        let block = instance.module.call(name)?.clone();
        let found = self.find_children(instance, &block, name).map(Rc::new);
        instance
            .children
            .borrow_mut()
            .insert(name.into(), found.clone());
        found
    }

    fn find_children(
        &self,
        instance: &Rc<Instance>,
        block: &Rc<Block>,
        name: &str,
    ) -> Option<Children> {
        let module = self.module_of(instance, block, name)?;
        // A module that includes itself, through others too, has no end.
        let mut around = Some(instance);
        while let Some(one) = around {
            if !module.summary && one.module.folder == module.folder {
                self.unseen.borrow_mut().push(Unseen {
                    subject: Subject::Module,
                    name: module.folder.as_str().into(),
                    why: "it includes itself".into(),
                    span: Some(block.header),
                });
                return None;
            }
            around = match &one.arguments {
                Arguments::Call { parent, .. } => Some(parent),
                Arguments::Root(_) => None,
            };
        }
        if instance.depth > 24 {
            return None;
        }
        let expansion = self.expand(block, scope_of(instance));
        let plain: Arc<str> = instance.within_plain(&format!("module.{name}")).into();
        let instances = expansion
            .each()
            .into_iter()
            .map_while(|each| {
                let so_far = self.instances.get();
                if so_far >= super::ALL_INSTANCES {
                    return None;
                }
                self.instances.set(so_far + 1);
                let key = written(each.as_ref().map(|each| &each.key));
                Some(Instance::new(
                    module.clone(),
                    instance.within(&format!("module.{name}{key}")).into(),
                    plain.clone(),
                    Arguments::Call {
                        parent: instance.clone(),
                        block: block.clone(),
                        each,
                    },
                    instance.root.clone(),
                    instance.depth + 1,
                ))
            })
            .collect();
        Some(Children {
            expansion,
            instances,
        })
    }
}

/// The scope of a module's own text.
pub(crate) fn scope_of(instance: &Rc<Instance>) -> Scope<'_> {
    Scope {
        instance,
        each: None,
        names: None,
    }
}

fn unknown_expansion(span: Span) -> Expansion {
    let value = Value::unknown(Unknown::new(UnknownKind::Computed, "each.value"), span);
    Expansion::Unknown(Rc::new(Each {
        key: InstanceKey::Unknown,
        value,
    }))
}

fn each(scope: Scope<'_>, root: &str, name: &str, span: Span) -> Value {
    let Some(each) = scope.each else {
        return failed(format!("{root}.{name}"), span);
    };
    match (&each.key, name) {
        (InstanceKey::Index(_), "index") => Value {
            span,
            ..each.value.clone()
        },
        (InstanceKey::Key(key), "key") => Value::string(&**key, span),
        (InstanceKey::Key(_), "value") => each.value.used_at(span, "one of `for_each`"),
        _ => Value::unknown(
            Unknown::new(UnknownKind::Computed, format!("{root}.{name}")),
            span,
        ),
    }
}

/// A whole resource or module, as a value that is taken apart later.
fn whole(kind: UnknownKind, name: Arc<str>, span: Span) -> Value {
    let mut unknown = Unknown::new(kind, name.clone());
    unknown.resource = Some(name);
    Value::unknown(unknown, span)
}

fn several(
    expansion: &Expansion,
    span: Span,
    mut object: impl FnMut(Option<Rc<Each>>) -> Value,
) -> Value {
    match expansion {
        Expansion::One => object(None),
        Expansion::Unknown(each) => object(Some(each.clone())),
        Expansion::Indexed(several) => Value::new(
            Data::List(
                several
                    .iter()
                    .map(|each| object(Some(each.clone())))
                    .collect(),
            ),
            span,
        ),
        Expansion::Keyed(several) => {
            let mut map = Map::default();
            for each in several.iter() {
                if let InstanceKey::Key(key) = &each.key {
                    map.entries.push(seaworthy_facts::Entry {
                        key: key.clone(),
                        key_span: span,
                        value: object(Some(each.clone())),
                    });
                }
            }
            Value::new(Data::Map(map), span)
        }
    }
}
