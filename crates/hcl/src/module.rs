//! A folder's files as one module: what it declares, before anything is evaluated.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use seaworthy_diagnostics::FileId;

use crate::syntax::{Attribute, Block, Body};

/// A module as it is written.
#[derive(Debug, Default)]
pub(crate) struct Module {
    pub(crate) folder: String,
    pub(crate) files: Vec<FileId>,
    pub(crate) vendored: bool,
    pub(crate) variables: HashMap<Arc<str>, Rc<Block>>,
    /// The variables in the order of the text.
    pub(crate) variable_order: Vec<Arc<str>>,
    pub(crate) locals: HashMap<Arc<str>, Local>,
    pub(crate) resources: Vec<ResourceBlock>,
    /// `aws_iam_role.x`, `data.aws_iam_role.x`: its place in [`Self::resources`].
    pub(crate) by_address: HashMap<Arc<str>, usize>,
    pub(crate) calls: Vec<Rc<Block>>,
    pub(crate) outputs: Vec<Rc<Block>>,
    pub(crate) providers: Vec<Rc<Block>>,
    pub(crate) settings: Vec<Rc<Block>>,
    /// Every top-level block, for what is said of the text itself.
    pub(crate) blocks: Vec<Rc<Block>>,
    /// Made of a summary's text, which stands in no file.
    pub(crate) summary: bool,
}

/// `name = value` within a `locals` block: the block and the place of the attribute in it.
#[derive(Debug, Clone)]
pub(crate) struct Local {
    block: Rc<Block>,
    index: usize,
}

impl Local {
    pub(crate) fn attribute(&self) -> &Attribute {
        &self.block.body.attributes[self.index]
    }
}

/// A resource or data source as it is written.
#[derive(Debug)]
pub(crate) struct ResourceBlock {
    pub(crate) data: bool,
    pub(crate) kind: Arc<str>,
    pub(crate) name: Arc<str>,
    /// `data.` and all.
    pub(crate) address: Arc<str>,
    pub(crate) block: Rc<Block>,
}

impl Module {
    /// Sorts the top level of a folder's files into what they declare.
    pub(crate) fn new(folder: &str, bodies: Vec<(FileId, Body)>) -> Self {
        let mut module = Self {
            folder: folder.to_owned(),
            ..Self::default()
        };
        for (file, body) in bodies {
            module.files.push(file);
            module.add(body);
        }
        module
    }

    pub(crate) fn add(&mut self, body: Body) {
        for block in body.blocks {
            self.blocks.push(block.clone());
            let first = block.labels.first().cloned();
            match (&*block.kind, first) {
                ("variable", Some(name)) => {
                    let before = self.variables.insert(name.clone(), block);
                    self.variable_order.extend(before.is_none().then_some(name));
                }
                ("resource" | "data" | "ephemeral", Some(kind)) => {
                    let Some(name) = block.labels.get(1).cloned() else {
                        continue;
                    };
                    let data = &*block.kind == "data";
                    let address: Arc<str> = match &*block.kind {
                        "resource" => format!("{kind}.{name}").into(),
                        mode => format!("{mode}.{kind}.{name}").into(),
                    };
                    if &*block.kind == "ephemeral" || self.by_address.contains_key(&address) {
                        continue;
                    }
                    self.by_address
                        .insert(address.clone(), self.resources.len());
                    self.resources.push(ResourceBlock {
                        data,
                        kind,
                        name,
                        address,
                        block,
                    });
                }
                ("module", Some(_)) => self.calls.push(block),
                ("output", Some(_)) => self.outputs.push(block),
                ("provider", Some(_)) => self.providers.push(block),
                ("terraform", _) => self.settings.push(block),
                ("locals", _) => self.add_locals(&block),
                _ => {}
            }
        }
    }

    fn add_locals(&mut self, block: &Rc<Block>) {
        for (index, attribute) in block.body.attributes.iter().enumerate() {
            self.locals.insert(
                attribute.name.clone(),
                Local {
                    block: block.clone(),
                    index,
                },
            );
        }
    }

    /// The call of a name.
    pub(crate) fn call(&self, name: &str) -> Option<&Rc<Block>> {
        self.calls
            .iter()
            .find(|block| block.labels.first().is_some_and(|label| &**label == name))
    }

    /// The output of a name.
    pub(crate) fn output(&self, name: &str) -> Option<&Rc<Block>> {
        self.outputs
            .iter()
            .find(|block| block.labels.first().is_some_and(|label| &**label == name))
    }
}
