//! What OpenTofu and Terraform configurations declare, evaluated.

use std::sync::Arc;

use seaworthy_diagnostics::{FileId, Span};

use crate::{Map, Value};

/// Every configuration.
#[derive(Debug, Default)]
pub struct Terraform {
    /// The folders that are applied: those that no other folder calls as a module, or that have a backend.
    pub roots: Vec<Root>,
    /// What every file declares, before evaluation, for rules about the text itself; modules once each.
    pub modules: Vec<ModuleSource>,
}

/// A configuration that is planned and applied on its own, evaluated with its variables, local modules expanded.
#[derive(Debug)]
pub struct Root {
    /// Its folder.
    pub folder: String,
    /// Its backend block's or `cloud` block's kind and settings: `s3`.
    pub backend: Option<Backend>,
    /// The variable file whose values were taken beyond those that load by themselves. A folder with several
    /// environment files gives one root for each.
    pub variables_file: Option<FileId>,
    /// Every resource and data source, with those of its modules.
    pub resources: Vec<Resource>,
    /// Every call of a module, with those of its modules.
    pub calls: Vec<ModuleCall>,
    /// Its variables, with the value they have.
    pub variables: Vec<Variable>,
    /// Its outputs.
    pub outputs: Vec<Output>,
    /// Its provider blocks, with those of its modules.
    pub providers: Vec<Provider>,
}

/// Where state is kept.
#[derive(Debug)]
pub struct Backend {
    /// `s3`, `local`, `remote`, `cloud`.
    pub kind: Arc<str>,
    /// Its settings.
    pub body: Value,
    /// Its header.
    pub span: Span,
}

/// A resource, evaluated. `for_each` and `count` that are known give one each; unknown ones give a single one whose
/// `key` is [`InstanceKey::Unknown`].
#[derive(Debug)]
pub struct Resource {
    /// With its modules and its key: `module.eks.aws_iam_role.this["a"]`.
    pub address: Arc<str>,
    /// Without any key: what references name, `module.eks.aws_iam_role.this`.
    pub plain_address: Arc<str>,
    /// The module that declares it: `module.eks`, empty at the root.
    pub module: Arc<str>,
    /// `resource` or `data`.
    pub mode: Mode,
    /// `aws_iam_role`.
    pub kind: Arc<str>,
    /// `this`.
    pub name: Arc<str>,
    /// Which of several it is.
    pub key: Option<InstanceKey>,
    /// Its attributes, and its nested blocks as lists of maps under the block's name. `dynamic` blocks are expanded;
    /// `lifecycle`, `depends_on`, `provider`, `provisioner`, `count` and `for_each` stand in [`Self::meta`].
    pub body: Value,
    /// `lifecycle`, `depends_on`, `provider`, `provisioner`, `count`, `for_each`, in the same form.
    pub meta: Map,
    /// Its header: `resource "aws_iam_role" "this"`.
    pub span: Span,
    /// The whole block.
    pub block: Span,
    /// The file.
    pub file: FileId,
    /// The resource was made up from a registry module's summary: it has no text of its own; `span` is the call's.
    pub from_summary: bool,
}

/// Resource or data source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Made by this configuration.
    Managed,
    /// Looked up.
    Data,
}

/// Which of several instances.
#[derive(Debug, Clone, PartialEq)]
pub enum InstanceKey {
    /// Of `count`.
    Index(usize),
    /// Of `for_each`.
    Key(Arc<str>),
    /// How many there are is not known; none is possible.
    Unknown,
}

/// A call of a module, evaluated.
#[derive(Debug)]
pub struct ModuleCall {
    /// `module.eks`, with the modules around it.
    pub address: Arc<str>,
    /// `source`.
    pub source: Option<Value>,
    /// `version`.
    pub version: Option<Value>,
    /// Where its files are, if they are here.
    pub folder: Option<String>,
    /// `terraform-aws-modules/eks/aws`, for one of a registry, submodule and all: `…/iam/aws//modules/x`.
    pub registry: Option<Arc<str>>,
    /// A summary stood in for its files.
    pub summarised: bool,
    /// Its arguments.
    pub arguments: Value,
    /// Its header.
    pub span: Span,
    /// The whole block.
    pub block: Span,
    /// The file.
    pub file: FileId,
}

/// A variable of a root.
#[derive(Debug)]
pub struct Variable {
    /// Its name.
    pub name: Arc<str>,
    /// Its value, unknown where it has none.
    pub value: Value,
    /// The block's settings: `type` as text, `default`, `sensitive`, `description`.
    pub body: Value,
    /// Its header.
    pub span: Span,
}

/// An output of a root.
#[derive(Debug)]
pub struct Output {
    /// Its name.
    pub name: Arc<str>,
    /// Its value.
    pub value: Value,
    /// Its settings.
    pub body: Value,
    /// Its header.
    pub span: Span,
}

/// A provider block.
#[derive(Debug)]
pub struct Provider {
    /// `aws`, `kubernetes`, `helm`.
    pub name: Arc<str>,
    /// `alias`, where it has one.
    pub alias: Option<Arc<str>>,
    /// Its settings.
    pub body: Value,
    /// Its header.
    pub span: Span,
    /// The module that has it.
    pub module: Arc<str>,
}

/// A folder of configuration as it is written.
#[derive(Debug)]
pub struct ModuleSource {
    /// The folder.
    pub folder: String,
    /// Its files.
    pub files: Vec<FileId>,
    /// It is fetched from elsewhere.
    pub vendored: bool,
    /// `required_version`.
    pub required_version: Option<Value>,
    /// Provider by local name: the value of `required_providers`, with `source` and `version`.
    pub required_providers: Map,
    /// What is declared: `var.x`, `local.x`, `aws_x.y`, `data.aws_x.y`, `module.x`, `output.x`, `provider.x`, where.
    pub declared: Vec<Declared>,
    /// What is referred to, in the same words, where.
    pub references: Vec<(Arc<str>, Span)>,
    /// Outputs of modules and of other roots that are read, without keys of instances, where: `module.x.y`,
    /// `data.terraform_remote_state.x.outputs.y`.
    pub outputs_read: Vec<(Arc<str>, Span)>,
    /// Keys given twice in one object or block: the key, the first and the second place.
    pub duplicate_keys: Vec<(Arc<str>, Span, Span)>,
    /// Providers of the lock file: source, version, where.
    pub locked: Vec<Locked>,
}

/// Something declared.
#[derive(Debug)]
pub struct Declared {
    /// `var.region`, `aws_vpc.main`.
    pub address: Arc<str>,
    /// The block's header, or the local's key.
    pub span: Span,
    /// The whole block.
    pub block: Span,
}

/// A provider in a lock file.
#[derive(Debug)]
pub struct Locked {
    /// `registry.opentofu.org/hashicorp/aws` without the host: `hashicorp/aws`.
    pub source: Arc<str>,
    /// `5.100.0`.
    pub version: Arc<str>,
    /// Where.
    pub span: Span,
}

impl Terraform {
    /// Every managed resource of a kind, over all roots, with its root.
    pub fn resources<'a>(
        &'a self,
        kind: &'a str,
    ) -> impl Iterator<Item = (&'a Root, &'a Resource)> + 'a {
        self.roots
            .iter()
            .flat_map(move |root| root.resources(kind).map(move |resource| (root, resource)))
    }
}

impl Root {
    /// What it is called in messages: its folder, `.` for the top one.
    pub fn label(&self) -> &str {
        if self.folder.is_empty() {
            "."
        } else {
            &self.folder
        }
    }

    /// The managed resources of a kind.
    pub fn resources<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Resource> + 'a {
        self.resources
            .iter()
            .filter(move |resource| resource.mode == Mode::Managed && &*resource.kind == kind)
    }

    /// The data sources of a kind.
    pub fn data<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Resource> + 'a {
        self.resources
            .iter()
            .filter(move |resource| resource.mode == Mode::Data && &*resource.kind == kind)
    }

    /// The resource that a reference names, with or without a key: the first of several instances.
    pub fn find(&self, address: &str) -> Option<&Resource> {
        self.resources
            .iter()
            .find(|resource| &*resource.address == address || &*resource.plain_address == address)
    }

    /// The resources that refer to this address, with the value that does.
    pub fn users<'a>(
        &'a self,
        address: &'a str,
    ) -> impl Iterator<Item = (&'a Resource, &'a Value)> + 'a {
        self.resources.iter().flat_map(move |resource| {
            resource
                .body
                .unknowns()
                .into_iter()
                .filter(move |(unknown, _)| unknown.resource.as_deref() == Some(address))
                .map(move |(_, value)| (resource, value))
        })
    }
}

impl Resource {
    /// An attribute or block, by its path: `vpc_config.endpoint_public_access`.
    pub fn at(&self, path: &str) -> Option<&Value> {
        self.body.at(path)
    }

    /// Known text at a path.
    pub fn str(&self, path: &str) -> Option<&str> {
        self.at(path)?.str()
    }
}
