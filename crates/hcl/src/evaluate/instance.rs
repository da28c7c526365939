//! A module with its arguments, and what was found of it so far.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use seaworthy_facts::Value;
use seaworthy_facts::terraform::InstanceKey;

use super::Slot;
use crate::module::Module;
use crate::syntax::Block;

/// One of several, made by `count` or `for_each`.
#[derive(Debug)]
pub(crate) struct Each {
    pub(crate) key: InstanceKey,
    /// `each.value`; for `count`, the index.
    pub(crate) value: Value,
}

/// Where an instance's arguments come from.
pub(crate) enum Arguments {
    /// Variable files of a root.
    Root(HashMap<Arc<str>, Value>),
    /// A call, evaluated where it stands.
    Call {
        parent: Rc<Instance>,
        block: Rc<Block>,
        each: Option<Rc<Each>>,
    },
}

/// What a `count` or `for_each` makes.
#[derive(Debug, Clone)]
pub(crate) enum Expansion {
    /// There is neither.
    One,
    /// So many; they may be none.
    Indexed(Rc<[Rc<Each>]>),
    /// One for each key.
    Keyed(Rc<[Rc<Each>]>),
    /// How many is not known.
    Unknown(Rc<Each>),
}

/// A resource's place, its key and the attribute.
pub(crate) type AttributeKey = (usize, Arc<str>, Arc<str>);

/// A module with its arguments.
pub(crate) struct Instance {
    pub(crate) module: Rc<Module>,
    /// `module.eks["a"]`, empty at the root.
    pub(crate) address: Arc<str>,
    /// Without keys.
    pub(crate) plain: Arc<str>,
    pub(crate) arguments: Arguments,
    /// The folder of the root.
    pub(crate) root: Arc<str>,
    pub(crate) depth: usize,
    pub(crate) variables: RefCell<HashMap<Arc<str>, Slot>>,
    pub(crate) locals: RefCell<HashMap<Arc<str>, Slot>>,
    pub(crate) outputs: RefCell<HashMap<Arc<str>, Slot>>,
    /// By the resource's place, its key and the attribute.
    pub(crate) attributes: RefCell<HashMap<AttributeKey, Slot>>,
    pub(crate) expansions: RefCell<HashMap<usize, Option<Expansion>>>,
    pub(crate) children: RefCell<HashMap<Arc<str>, Option<Rc<Children>>>>,
}

/// What a call of a module leads to.
pub(crate) struct Children {
    pub(crate) expansion: Expansion,
    /// One for each, in their order; none where the module was not seen.
    pub(crate) instances: Vec<Rc<Instance>>,
}

impl Instance {
    pub(crate) fn new(
        module: Rc<Module>,
        address: Arc<str>,
        plain: Arc<str>,
        arguments: Arguments,
        root: Arc<str>,
        depth: usize,
    ) -> Rc<Self> {
        Rc::new(Self {
            module,
            address,
            plain,
            arguments,
            root,
            depth,
            variables: RefCell::default(),
            locals: RefCell::default(),
            outputs: RefCell::default(),
            attributes: RefCell::default(),
            expansions: RefCell::default(),
            children: RefCell::default(),
        })
    }

    /// An address in this module, from the root.
    pub(crate) fn within(&self, address: &str) -> String {
        within(&self.address, address)
    }

    /// An address in this module from the root, without keys.
    pub(crate) fn within_plain(&self, address: &str) -> String {
        within(&self.plain, address)
    }
}

fn within(module: &str, address: &str) -> String {
    if module.is_empty() {
        address.to_owned()
    } else {
        format!("{module}.{address}")
    }
}

/// The key of an instance as addresses write it: `["a"]`, `[0]`, nothing where it is not known.
pub(crate) fn written(key: Option<&InstanceKey>) -> String {
    match key {
        Some(InstanceKey::Index(index)) => format!("[{index}]"),
        Some(InstanceKey::Key(key)) => format!("[\"{key}\"]"),
        Some(InstanceKey::Unknown) | None => String::new(),
    }
}

impl Expansion {
    /// The instances, `None` for the only one of its kind.
    pub(crate) fn each(&self) -> Vec<Option<Rc<Each>>> {
        match self {
            Self::One => vec![None],
            Self::Indexed(several) | Self::Keyed(several) => {
                several.iter().cloned().map(Some).collect()
            }
            Self::Unknown(one) => vec![Some(one.clone())],
        }
    }
}
