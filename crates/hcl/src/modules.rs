//! Finds the module that a call means: a folder, one that `tofu init` fetched, or a summary of what is known of it.

use std::rc::Rc;
use std::sync::Arc;

use seaworthy_facts::{Subject, Unseen, join};

use crate::evaluate::{Evaluator, Instance};
use crate::module::Module;
use crate::syntax::{Block, Kind, parse_at};

/// A `source` taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// A folder, counted from the caller's.
    Local(String),
    /// `terraform-aws-modules/eks/aws`, with its submodule.
    Registry(Arc<str>),
    /// Somewhere else: git, an archive.
    Elsewhere(String),
}

/// Takes a `source` apart. A git address of a module that a registry lists too is that module.
pub(crate) fn source(text: &str) -> Source {
    if text.starts_with("./") || text.starts_with("../") || text == "." || text == ".." {
        return Source::Local(text.to_owned());
    }
    let plain = text
        .strip_prefix("registry.terraform.io/")
        .or_else(|| text.strip_prefix("registry.opentofu.org/"))
        .unwrap_or(text);
    let (module, submodule) = match plain.split_once("//") {
        Some((module, rest)) if !module.ends_with(':') => (module, Some(rest)),
        _ => (plain, None),
    };
    let parts: Vec<&str> = module.split('/').collect();
    let is_word = |part: &&str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    if parts.len() == 3 && parts.iter().all(is_word) {
        let submodule = submodule
            .map(|path| format!("//{path}"))
            .unwrap_or_default();
        return Source::Registry(format!("{module}{submodule}").into());
    }
    Source::Elsewhere(text.to_owned())
}

/// The words of a call's `source`, where it is plain text.
pub(crate) fn source_text(block: &Block) -> Option<&str> {
    match &block.body.attribute("source")?.value.kind {
        Kind::Text(text) => Some(text),
        _ => None,
    }
}

/// The words of a call's `version`.
pub(crate) fn version_text(block: &Block) -> Option<&str> {
    match &block.body.attribute("version")?.value.kind {
        Kind::Text(text) => Some(text),
        _ => None,
    }
}

impl Evaluator<'_> {
    /// The module that a call means, if it is here or known.
    pub(crate) fn module_of(
        &self,
        instance: &Rc<Instance>,
        block: &Rc<Block>,
        name: &str,
    ) -> Option<Rc<Module>> {
        let text = source_text(block)?;
        if let Some(folder) = self.folder_of(instance, block, name) {
            return self.modules.get(&folder).cloned();
        }
        let unseen = |why: &str| {
            // Text of a summary names no files of the user's.
            if !instance.module.summary && !instance.module.vendored {
                self.unseen.borrow_mut().push(Unseen {
                    subject: Subject::Module,
                    name: text.into(),
                    why: why.into(),
                    span: block
                        .body
                        .attribute("source")
                        .map(|source| source.value.span),
                });
            }
        };
        match source(text) {
            Source::Local(_) => {
                unseen("there is no such folder with configuration in it");
                None
            }
            Source::Registry(registry) => {
                let summary = self.summary(&registry, version_text(block), block);
                if summary.is_none() {
                    unseen("it is not on disk and no summary of it is known; run `tofu init`");
                }
                summary
            }
            Source::Elsewhere(_) => {
                unseen("it is fetched from elsewhere; run `tofu init`");
                None
            }
        }
    }

    /// The folder of a called module, if it is here.
    pub(crate) fn folder_of(
        &self,
        instance: &Rc<Instance>,
        block: &Block,
        name: &str,
    ) -> Option<String> {
        let text = source_text(block)?;
        let folder = if let Source::Local(path) = source(text) {
            join(&instance.module.folder, &path)
        } else {
            let plain = instance.within_plain(&format!("module.{name}"));
            let key: Vec<&str> = plain.split('.').filter(|word| *word != "module").collect();
            self.fetched
                .get(&(instance.root.to_string(), key.join(".")))?
                .clone()
        };
        self.modules.contains_key(&folder).then_some(folder)
    }

    /// What a summary says of a module of a registry.
    fn summary(&self, registry: &str, version: Option<&str>, block: &Block) -> Option<Rc<Module>> {
        let text = self.knowledge.module(registry)?.at(version)?.hcl.as_ref()?;
        let mut module = Module {
            folder: registry.to_owned(),
            summary: true,
            ..Module::default()
        };
        module.add(parse_at(text, block.header)?);
        Some(Rc::new(module))
    }
}
