//! What is rendered: a platform, resolved for each of its environments.

use std::collections::BTreeMap;

use seaworthy_definition::Definition;
use seaworthy_definition::model::{Bucket, Database, Environment, EnvironmentName, Platform};

use crate::Names;
use crate::kubernetes::Images;

/// A definition, resolved for each of its environments, and the team's patches.
#[derive(Debug, Clone)]
pub struct Input<'a> {
    /// The platform as the base declares it.
    pub base: Platform,
    /// The platform as each environment changes it, in the order of their names.
    pub environments: Vec<Platform>,
    /// The files under `patches/`, by path.
    pub patches: &'a [Patch],
    /// Which builds each environment runs, as its images file says; nothing where it has none yet.
    pub images: BTreeMap<EnvironmentName, Images>,
}

/// A file of the team's under `patches/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// Its path below `patches/`, with `/` between folders.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// Something that was left out, for the person who renders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What it is about, as a path in the definition: `environments.staging`.
    pub about: String,
    /// What was left out, why, and the way out.
    pub text: String,
}

impl<'a> Input<'a> {
    /// Resolves a definition for each of its environments. The caller has shown what is wrong with it.
    pub fn new(definition: &Definition, patches: &'a [Patch]) -> Self {
        let mut environments: Vec<Platform> = definition
            .environment_names()
            .map(|name| definition.resolve(Some(name)).0)
            .collect();
        environments.sort_by(|a, b| a.environment.cmp(&b.environment));
        Self {
            base: definition.resolve(None).0,
            environments,
            patches,
            images: BTreeMap::new(),
        }
    }

    /// Every environment that has a place in AWS: an account and a region.
    pub fn scopes(&self) -> impl Iterator<Item = Scope<'_>> {
        self.environments.iter().filter_map(Scope::new)
    }

    /// The same, protected ones first: what several share stands with the first, and must not go with a lesser one.
    pub fn scopes_by_lifetime(&self) -> impl Iterator<Item = Scope<'_>> {
        let mut scopes: Vec<Scope<'_>> = self.scopes().collect();
        scopes.sort_by_key(|scope| !scope.environment.protected);
        scopes.into_iter()
    }
}

/// A platform in one environment that has a place in AWS.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The platform, as this environment changes it.
    pub platform: &'a Platform,
    /// The environment's own settings.
    pub environment: &'a Environment,
    /// The AWS account.
    pub account: &'a str,
    /// The AWS region.
    pub region: &'a str,
}

impl<'a> Scope<'a> {
    fn new(platform: &'a Platform) -> Option<Self> {
        let environment = platform.environments.get(platform.environment.as_ref()?)?;
        Some(Self {
            platform,
            environment,
            account: environment.account.as_deref()?,
            region: environment.region.as_deref()?,
        })
    }

    /// The names of this environment's things.
    pub fn names(&self) -> Names {
        Names::new(
            &self.platform.name,
            &self.environment.name,
            self.environment.deployment.as_deref(),
        )
    }

    /// The name of a database's server in AWS. It keeps the former name of the database, since it cannot be renamed
    /// without making what stands around it anew.
    pub fn database_identifier(&self, database: &Database) -> String {
        let name = database.was.as_ref().unwrap_or(&database.name);
        self.names().database(name.as_str())
    }

    /// The name of a database in PostgreSQL, which keeps its former one, too.
    pub fn database_name(&self, database: &Database) -> String {
        database.was.as_ref().unwrap_or(&database.name).sql()
    }

    /// The name of a bucket in AWS. It keeps its former one: another name would be another, empty bucket.
    pub fn bucket_name(&self, bucket: &Bucket) -> String {
        let name = bucket.was.as_ref().unwrap_or(&bucket.name);
        self.names()
            .bucket(name.as_str(), self.account, self.region)
    }

    /// The name of the bucket that keeps a database's dumps.
    pub fn dump_bucket_name(&self, database: &Database) -> String {
        self.dump_bucket_name_in(database, self.region)
    }

    /// The same in another region, which dumps are copied to.
    pub fn dump_bucket_name_in(&self, database: &Database, region: &str) -> String {
        let name = database.was.as_ref().unwrap_or(&database.name);
        self.names()
            .bucket(&format!("{name}-dumps"), self.account, region)
    }

    /// Where the definition declares the environment.
    pub fn key(&self) -> String {
        format!("environments.{}", self.environment.name)
    }
}
