//! A root module: a folder with a state of its own.

use seaworthy_definition::model::PlatformName;
use seaworthy_tree::FileTree;

use super::hcl::{Block, Body, Expression, list, object, reference};
use crate::input::{Patch, Scope};
use crate::names::state_bucket;
use crate::provenance::header;

/// Which root it is, in the order of their lifetimes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RootName {
    /// The bucket that holds the states; once for each account.
    State,
    /// What an account has once: the OIDC provider, CI's roles, the registry.
    Shared,
    /// The VPC.
    Network,
    /// The Kubernetes cluster and what makes its nodes.
    Cluster,
    /// Databases, buckets and their backups.
    Data,
    /// What each service is in AWS: its role and its secrets.
    Services,
    /// Zones, certificates, the firewall; budget and notices.
    Edge,
}

impl RootName {
    /// The name of its folder and of its state.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Shared => "shared",
            Self::Network => "network",
            Self::Cluster => "cluster",
            Self::Data => "data",
            Self::Services => "services",
            Self::Edge => "edge",
        }
    }

    /// Whether an account has it once, whatever its environments.
    pub fn is_of_account(self) -> bool {
        matches!(self, Self::State | Self::Shared)
    }
}

/// A root module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// Which it is.
    pub name: RootName,
    /// Its folder, relative to the platform's: `infra/production/network`.
    pub folder: String,
    /// The environment it is of; `None`: it is the account's.
    pub environment: Option<String>,
    /// The AWS account that it may touch, and no other.
    pub account: String,
    /// The AWS region.
    pub region: String,
    /// The bucket that its state is in.
    pub bucket: String,
    /// The state's key in the bucket.
    pub key: String,
    /// The folders of the roots whose outputs it reads.
    pub reads: Vec<String>,
    /// The modules of ours that it calls.
    pub modules: Vec<&'static str>,
    /// Which part of the definition asked for it.
    about: String,
    tags: Vec<(&'static str, String)>,
    /// Other regions, by alias.
    others: Vec<(String, String)>,
    data: Body,
    main: Body,
    migrations: Body,
    outputs: Body,
}

impl Root {
    /// A root of one environment.
    pub fn of_environment(name: RootName, scope: &Scope<'_>) -> Self {
        let environment = &scope.environment.name;
        let deployment = scope.environment.deployment.as_deref();
        let mut tags = vec![
            ("platform", scope.platform.name.to_string()),
            ("environment", environment.to_string()),
        ];
        tags.extend(deployment.map(|deployment| ("deployment", deployment.to_owned())));
        let state = match deployment {
            Some(deployment) => format!("{environment}-{deployment}"),
            None => environment.to_string(),
        };
        Self::new(New {
            name,
            folder: format!("infra/{environment}/{}", name.as_str()),
            environment: Some(environment.to_string()),
            key: format!("{state}/{}.tfstate", name.as_str()),
            about: scope.key(),
            tags,
            scope,
        })
    }

    /// A root that an account has once, in the region of `home`.
    pub fn of_account(name: RootName, home: &Scope<'_>) -> Self {
        let account = home.account;
        let folder = match name {
            // Each region has its own states, so that one can be worked in while another is down.
            RootName::State => format!("infra/accounts/{account}/{}/state", home.region),
            _ => format!("infra/accounts/{account}/{}", name.as_str()),
        };
        Self::new(New {
            name,
            folder,
            environment: None,
            key: format!("{}.tfstate", name.as_str()),
            about: "environments".to_owned(),
            tags: vec![("platform", home.platform.name.to_string())],
            scope: home,
        })
    }

    fn new(new: New<'_>) -> Self {
        let platform: &PlatformName = &new.scope.platform.name;
        let (account, region) = (new.scope.account, new.scope.region);
        Self {
            name: new.name,
            folder: new.folder,
            environment: new.environment,
            account: account.to_owned(),
            region: region.to_owned(),
            bucket: state_bucket(platform, account, region),
            key: new.key,
            reads: Vec::new(),
            modules: Vec::new(),
            about: new.about,
            tags: new.tags,
            others: Vec::new(),
            data: Body::new(),
            main: Body::new(),
            migrations: Body::new(),
            outputs: Body::new(),
        }
    }

    /// Reads an earlier root's outputs; [`Self::output_of`] refers to them.
    pub fn read(&mut self, other: &Self) {
        self.reads.push(other.folder.clone());
        self.data = std::mem::take(&mut self.data).block(Block::new(
            "data",
            ["terraform_remote_state", other.name.as_str()],
            Body::new().set("backend", "s3").set(
                "config",
                object([
                    ("bucket", other.bucket.as_str()),
                    ("key", &other.key),
                    ("region", &other.region),
                ]),
            ),
        ));
    }

    /// An output of a root that this one reads.
    pub fn output_of(other: RootName, output: &str) -> Expression {
        reference(format!(
            "data.terraform_remote_state.{}.outputs.{output}",
            other.as_str()
        ))
    }

    /// Adds the provider for another region, which a module is given as `aws = aws.<alias>`.
    pub fn other_region(&mut self, alias: &str, region: &str) {
        self.others.push((alias.to_owned(), region.to_owned()));
    }

    /// Calls one of our modules; `inputs` are its arguments.
    pub fn call(&mut self, module: &'static str, label: &str, inputs: Body) {
        let up = "../".repeat(self.folder.split('/').count() - 1);
        if !self.modules.contains(&module) {
            self.modules.push(module);
        }
        let mut body = Body::new().set("source", format!("{up}modules/{module}"));
        if !inputs.is_empty() {
            body = body.blank();
            body.append(inputs);
        }
        self.add(Block::new("module", [label], body));
    }

    /// Adds a block to `main.tf`.
    pub fn add(&mut self, block: Block) {
        self.main = std::mem::take(&mut self.main).block(block);
    }

    /// Adds a comment above what is added next to `main.tf`.
    pub fn comment(&mut self, text: &str) {
        self.main = std::mem::take(&mut self.main).comment(text);
    }

    /// Says that something stood under another address, so that it is moved and not replaced.
    pub fn moved(&mut self, from: &str, to: &str) {
        self.migrations = std::mem::take(&mut self.migrations).block(Block::new(
            "moved",
            Vec::<String>::new(),
            Body::new()
                .set("from", reference(from))
                .set("to", reference(to)),
        ));
    }

    /// Adds an output. No output is a secret.
    pub fn output(&mut self, name: &str, description: &str, value: impl Into<Expression>) {
        self.outputs = std::mem::take(&mut self.outputs).block(Block::new(
            "output",
            [name],
            Body::new()
                .set("description", description)
                .set("value", value),
        ));
    }

    /// Writes its files, and the team's patches of it: `patches/infra/<environment>/<root>/x.tf` becomes
    /// `x_override.tf`, which OpenTofu merges over the rest.
    pub(super) fn write(&self, patches: &[Patch], tree: &mut FileTree) {
        for (file, body) in [
            ("versions.tf", &self.versions()),
            ("providers.tf", &self.providers()),
            ("data.tf", &self.data),
            ("main.tf", &self.main),
            ("migrations.tf", &self.migrations),
            ("outputs.tf", &self.outputs),
        ] {
            if !body.is_empty() {
                let text = format!("{}{}", header(&self.about), body.text());
                tree.rendered(format!("{}/{file}", self.folder), text);
            }
        }
        for patch in patches {
            let name = patch
                .path
                .strip_prefix(self.folder.as_str())
                .and_then(|rest| rest.strip_prefix('/'))
                .and_then(|name| name.strip_suffix(".tf"));
            if let Some(name) = name.filter(|name| !name.contains('/')) {
                let name = name.strip_suffix("_override").unwrap_or(name);
                let header = format!("# Copied by Seaworthy from patches/{}.\n\n", patch.path);
                tree.rendered(
                    format!("{}/{name}_override.tf", self.folder),
                    format!("{header}{}", patch.text),
                );
            }
        }
    }

    fn versions(&self) -> Body {
        Body::new().nested(
            "terraform",
            Body::new()
                .set("required_version", ">= 1.11")
                .nested(
                    "required_providers",
                    Body::new().set(
                        "aws",
                        object([("source", "hashicorp/aws"), ("version", ">= 5.100, < 7")]),
                    ),
                )
                .block(Block::new(
                    "backend",
                    ["s3"],
                    Body::new()
                        .set("bucket", self.bucket.as_str())
                        .set("key", self.key.as_str())
                        .set("region", self.region.as_str())
                        .set("encrypt", true)
                        .set("use_lockfile", true),
                )),
        )
    }

    fn providers(&self) -> Body {
        let tags = || {
            let tags = self
                .tags
                .iter()
                .map(|(key, value)| (*key, value.as_str()))
                .chain([("managed-by", "seaworthy"), ("root", self.name.as_str())]);
            Body::new().set("tags", object(tags))
        };
        let provider = |body: Body, region: &str| {
            let body = body
                .set("region", region)
                .comment("Credentials of any other account are refused.")
                .set("allowed_account_ids", list([self.account.as_str()]))
                .nested("default_tags", tags());
            Block::new("provider", ["aws"], body)
        };
        let mut body = Body::new().block(provider(Body::new(), &self.region));
        for (alias, region) in &self.others {
            body = body.block(provider(Body::new().set("alias", alias.as_str()), region));
        }
        body
    }
}

/// A name as part of a label: HCL's names have `_` for `-`.
pub(super) fn label(name: &str) -> String {
    name.replace(['-', '.'], "_")
}

struct New<'a> {
    name: RootName,
    folder: String,
    environment: Option<String>,
    key: String,
    about: String,
    tags: Vec<(&'static str, String)>,
    scope: &'a Scope<'a>,
}
