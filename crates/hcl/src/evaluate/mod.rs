//! Evaluates expressions where they stand: lazily, with unknowns, places and trails, within bounds.
//!
//! An [`Instance`] is a module with its arguments. Whatever is asked of it (a variable, a local, an attribute, an
//! output) is evaluated once and kept. A resource as a whole is an [`Unknown`] that bears its address and nothing
//! more; taking an attribute of it comes back here and gives what its configuration sets.

mod body;
mod expression;
mod instance;
mod reference;
mod template;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use seaworthy_diagnostics::Span;
use seaworthy_facts::{Data, Sources, Text, Unknown, UnknownKind, Unseen, Value};
use seaworthy_knowledge::Knowledge;

use crate::module::Module;
pub(crate) use expression::{equal, order};
pub(crate) use instance::{Arguments, Each, Instance, written};
pub(crate) use reference::scope_of;

/// How deep evaluation may go: expressions within expressions, references of references.
const DEPTH: u32 = 700;
/// How many steps one root may take.
const FUEL: u64 = 1_000_000;
/// The most values that one kept value may hold.
const LARGEST: usize = 60_000;
/// The longest text that is put together.
pub(crate) const LONGEST: usize = 256 * 1024;
/// The most instances that one `count` or `for_each` is expanded to.
pub(crate) const INSTANCES: usize = 2_000;
/// The most instances of resources and modules over all roots.
pub(crate) const ALL_INSTANCES: usize = 10_000;

/// Everything that evaluation needs and keeps.
pub(crate) struct Evaluator<'s> {
    pub(crate) sources: &'s Sources,
    pub(crate) knowledge: &'s Knowledge,
    pub(crate) modules: HashMap<String, Rc<Module>>,
    /// Folders that `tofu init` fetched, by root folder and module path.
    pub(crate) fetched: HashMap<(String, String), String>,
    pub(crate) unseen: RefCell<Vec<Unseen>>,
    /// What an address stands for, where a value that is a whole resource or module is taken apart.
    objects: RefCell<HashMap<Arc<str>, Object>>,
    fuel: Cell<u64>,
    depth: Cell<u32>,
    pub(crate) instances: Cell<usize>,
}

/// What a value that is a whole resource or module stands for.
#[derive(Clone)]
enum Object {
    Resource(Rc<Instance>, usize, Option<Rc<Each>>),
    Module(Rc<Instance>),
}

/// Where an expression stands.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) instance: &'a Rc<Instance>,
    pub(crate) each: Option<&'a Rc<Each>>,
    pub(crate) names: Option<&'a Names<'a>>,
}

/// Names that `for` and `dynamic` bind, innermost first.
pub(crate) struct Names<'a> {
    pub(crate) name: &'a str,
    pub(crate) value: &'a Value,
    pub(crate) outer: Option<&'a Names<'a>>,
}

/// A value that is kept once it was found.
#[derive(Debug, Clone)]
pub(crate) enum Slot {
    /// It is being found: whoever asks now asks in a circle.
    Busy,
    /// It and how many values it holds.
    Ready(Value, u64),
}

impl<'s> Evaluator<'s> {
    pub(crate) fn new(
        sources: &'s Sources,
        knowledge: &'s Knowledge,
        modules: HashMap<String, Rc<Module>>,
        fetched: HashMap<(String, String), String>,
    ) -> Self {
        Self {
            sources,
            knowledge,
            modules,
            fetched,
            unseen: RefCell::default(),
            objects: RefCell::default(),
            fuel: Cell::new(FUEL),
            depth: Cell::new(0),
            instances: Cell::new(0),
        }
    }

    /// Begins with another root: addresses mean other things there.
    pub(crate) fn next_root(&self) {
        self.objects.borrow_mut().clear();
        self.fuel.set(FUEL);
    }

    /// Takes steps from what is left; `false` once nothing is.
    pub(crate) fn spend(&self, steps: u64) -> bool {
        let left = self.fuel.get();
        self.fuel.set(left.saturating_sub(steps));
        left > steps
    }

    /// Runs one level deeper; gives nothing where that is too deep or too much.
    fn deeper<T>(&self, run: impl FnOnce() -> T) -> Option<T> {
        let depth = self.depth.get();
        if depth >= DEPTH || !self.spend(1) {
            return None;
        }
        self.depth.set(depth + 1);
        let result = run();
        self.depth.set(depth);
        Some(result)
    }

    /// What stands there, as a name for what is not known: on one line and not too long.
    pub(crate) fn snippet(&self, span: Span) -> String {
        let text = self
            .sources
            .get(span.file)
            .file
            .text()
            .get(span.range())
            .unwrap_or("");
        let mut words = String::new();
        for word in text.split_whitespace() {
            if words.len() > 60 {
                words.push('…');
                break;
            }
            if !words.is_empty() {
                words.push(' ');
            }
            words.push_str(word);
        }
        if words.len() > 90 {
            words.truncate(crate::syntax::floor(&words, 80));
            words.push('…');
        }
        words
    }

    /// A result that is not evaluated, named by its expression.
    pub(crate) fn computed(&self, span: Span) -> Value {
        Value::unknown(
            Unknown::new(UnknownKind::Computed, self.snippet(span)),
            span,
        )
    }

    /// A result that depends on these values and is not evaluated: of one resource, if all unknowns are of it.
    pub(crate) fn computed_from(&self, span: Span, values: &[Value]) -> Value {
        let mut unknown = Unknown::new(UnknownKind::Computed, self.snippet(span));
        let mut resources = values
            .iter()
            .flat_map(|value| value.unknowns())
            .map(|(unknown, _)| unknown.resource.clone());
        if let Some(Some(first)) = resources.next()
            && resources.all(|other| other.as_ref() == Some(&first))
        {
            unknown.resource = Some(first);
        }
        Value::unknown(unknown, span)
    }

    /// Gives a kept value, or finds and keeps it.
    fn kept<K: std::hash::Hash + Eq + Clone>(
        &self,
        slots: &RefCell<HashMap<K, Slot>>,
        key: &K,
        span: Span,
        find: impl FnOnce() -> Value,
    ) -> Value {
        // The borrow ends before `find` runs: it asks for other slots of the same map.
        let kept = slots.borrow().get(key).cloned();
        match kept {
            Some(Slot::Ready(value, size)) => {
                if self.spend(size) {
                    return value;
                }
                return self.computed(span);
            }
            Some(Slot::Busy) => return failed(self.snippet(span), span),
            None => {}
        }
        slots.borrow_mut().insert(key.clone(), Slot::Busy);
        let mut value = self.deeper(find).unwrap_or_else(|| self.computed(span));
        let mut size = 0usize;
        value.walk(&mut |part| {
            size += 1;
            if let Data::Text(text) = &part.data {
                size += text.parts().len() + text.known_prefix().len() / 16;
            }
        });
        if size > LARGEST {
            value = self.computed(span);
            size = 1;
        }
        slots
            .borrow_mut()
            .insert(key.clone(), Slot::Ready(value.clone(), size as u64));
        value
    }
}

/// A value that cannot be had: OpenTofu would stop here, unless within `try` or `can`.
pub(crate) fn failed(name: impl std::fmt::Display, span: Span) -> Value {
    Value::unknown(Unknown::new(UnknownKind::NotSeen, format!("!{name}")), span)
}

/// Whether evaluating it would stop OpenTofu.
pub(crate) fn is_failed(value: &Value) -> bool {
    value
        .unknowns()
        .iter()
        .any(|(unknown, _)| unknown.kind == UnknownKind::NotSeen && unknown.name.starts_with('!'))
}

/// Items of a list of which it is not known how many there are.
pub(crate) fn rest_of(value: &Value) -> Value {
    let mut unknown = value
        .as_unknown()
        .cloned()
        .unwrap_or_else(|| Unknown::new(UnknownKind::Computed, "…"));
    if !unknown.name.starts_with("...") {
        unknown.name = format!("...{}", unknown.name).into();
    }
    Value {
        data: Data::Unknown(unknown),
        ..value.clone()
    }
}

/// Whether a list holds items of which it is not known how many there are.
pub(crate) fn is_open(items: &[Value]) -> bool {
    items.iter().any(|item| {
        item.as_unknown()
            .is_some_and(|unknown| unknown.name.starts_with("..."))
    })
}

/// A number without a way it was written.
pub(crate) fn number(value: f64, span: Span) -> Value {
    Value::new(Data::Number(value.into()), span)
}

/// A text value, cut off where it grew too long.
pub(crate) fn text_value(text: Text, span: Span) -> Value {
    Value::new(Data::Text(text), span)
}
