//! Bringing the platform to what the definition says, changing only what differs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use futures_util::future::join_all;
use indexmap::IndexMap;
use seaworthy_definition::Definition;
use seaworthy_definition::model::{Platform, Resource, Service, ServiceName};
use seaworthy_diagnostics::Severity;
use seaworthy_gateway::Pool;

use super::{Inner, Operation, RunOptions, Supervisor, gateway, local_url};
use crate::build::{self, Built};
use crate::event::{Event, Step};
use crate::failure::Failure;
use crate::logs::ServiceLog;
use crate::replica::{Shared, Spec};
use crate::secrets::{read_dotenv, variable_of};
use crate::service::{Applied, ServiceRun};
use crate::variables::{Asker, Surroundings};
use crate::{database, failure, unused};

/// The definition's file name.
pub const DEFINITION: &str = "seaworthy.yaml";

impl Supervisor {
    /// Brings the platform to what its definition says now.
    ///
    /// What fails is told as an event too. What ran before goes on running where its successor failed.
    pub async fn apply(&self, options: RunOptions) -> Result<(), Failure> {
        self.unless_ending(Box::pin(self.apply_now(options))).await
    }

    async fn apply_now(&self, options: RunOptions) -> Result<(), Failure> {
        let inner = &self.inner;
        let mut operation = inner.operation.lock().await;
        let began = Instant::now();
        inner.events.forget();
        let result = inner.apply(&mut operation, options).await;
        // Asked for once; a later change of a file must not move data.
        operation.options.upgrade = false;
        // Also after a failure: the next change of a file is the next try.
        self.watch(&mut operation);
        match result {
            Ok(()) => {
                let addresses = {
                    let mut view = inner.view.write().unwrap_or_else(PoisonError::into_inner);
                    view.ready = true;
                    view.addresses.clone()
                };
                let milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
                inner.events.send(Event::Ready {
                    addresses,
                    milliseconds,
                });
                Ok(())
            }
            Err(failure) => {
                inner
                    .view
                    .write()
                    .unwrap_or_else(PoisonError::into_inner)
                    .ready = false;
                inner.events.send(Event::Failed {
                    id: None,
                    failure: failure.clone(),
                });
                inner.events.send(Event::GaveUp);
                Err(failure)
            }
        }
    }
}

impl Inner {
    async fn apply(&self, operation: &mut Operation, options: RunOptions) -> Result<(), Failure> {
        let (platform, unused) = self.read()?;
        for name in &options.without {
            if !platform.services.contains_key(name.as_str()) {
                let known: Vec<&str> = platform.services.keys().map(ServiceName::as_str).collect();
                return Err(Failure::new(
                    name.as_str(),
                    format!("there is no service `{name}` to leave out"),
                )
                .because(format!("the services are {}", known.join(", "))));
            }
        }
        self.check_disk()?;
        operation.options = options;
        operation.platform = Some(platform.clone());
        let services = self.services(&platform);
        self.show(&platform, &services);
        gateway::arrange(operation, &platform, &services).await?;
        self.show_addresses(operation, &platform);

        let built = self.build_and_start_databases(operation, &platform).await?;
        operation.built = built;
        let specs = self.specs(operation, &platform)?;
        self.migrate(operation, &platform, &specs).await?;
        self.start_services(operation, &platform, &services, &specs)
            .await?;
        self.stop_removed(&platform, operation).await;
        self.show_addresses(operation, &platform);
        if !unused.is_empty() {
            self.events.note(format!(
                "declared and not acted on by `up`: {}",
                unused.join(", ")
            ));
        }
        self.tell_fixed_ports(&services);
        Ok(())
    }

    /// Reads the definition. The command line has shown its diagnostics already; here they only stop us.
    fn read(&self) -> Result<(Platform, Vec<String>), Failure> {
        let file = self.folder.join(DEFINITION);
        let bytes = std::fs::read(&file).map_err(|error| {
            Failure::new("", format!("`{}` cannot be read", file.display())).caused_by(&error)
        })?;
        let (definition, mut diagnostics) = Definition::read(&file.display().to_string(), &bytes);
        let (platform, more) = definition.resolve(None);
        diagnostics.extend(more);
        let n_errors = diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.severity == Severity::Error)
            .count();
        if n_errors > 0 {
            return Err(
                Failure::new("", format!("the definition has {n_errors} errors")).hint(format!(
                    "see them with `seaworthy check {}`",
                    self.folder.display()
                )),
            );
        }
        Ok((platform, unused::unused(definition.declared())))
    }

    fn check_disk(&self) -> Result<(), Failure> {
        /// A fresh PostgreSQL takes about 60 MiB, and its log 16 MiB at a time.
        const NEEDED: u64 = 128 << 20;
        match failure::free_bytes(self.home.folder()) {
            Some(free) if free < NEEDED => Err(Failure::new("", "the disk is nearly full")
                .because(format!(
                    "{} MiB are left where {} lies",
                    free >> 20,
                    self.home.folder().display()
                ))
                .hint("free some space on that disk, or choose another with `SEAWORTHY_DATA`")),
            _ => Ok(()),
        }
    }

    /// The services of the platform: those that run already, and new ones.
    fn services(&self, platform: &Platform) -> IndexMap<ServiceName, Arc<ServiceRun>> {
        let view = self.view.read().unwrap_or_else(PoisonError::into_inner);
        platform
            .services
            .keys()
            .map(|name| {
                let run = view.services.get(name).cloned().unwrap_or_else(|| {
                    let pool = Pool::new(name.as_str());
                    pool.set_reason("starting");
                    pool.set_hint(&format!("see its output with `seaworthy logs {name}`"));
                    Arc::new(ServiceRun::new(Shared {
                        events: self.events.clone(),
                        journal: self.journal.clone(),
                        log: ServiceLog::new(&self.home.logs(), name.as_str(), self.events.clone()),
                        pool,
                        data: self.home.folder().to_owned(),
                    }))
                });
                (name.clone(), run)
            })
            .collect()
    }

    /// Shows what is being brought up. Services that are to be removed stay in view until they are.
    fn show(&self, platform: &Platform, services: &IndexMap<ServiceName, Arc<ServiceRun>>) {
        let mut view = self.view.write().unwrap_or_else(PoisonError::into_inner);
        view.platform = platform.name.to_string();
        let mut shown = services.clone();
        for (name, run) in std::mem::take(&mut view.services) {
            shown.entry(name).or_insert(run);
        }
        view.services = shown;
    }

    fn show_addresses(&self, operation: &Operation, platform: &Platform) {
        let urls = operation
            .listeners
            .iter()
            .map(|(name, listener)| (name.clone(), local_url(listener.local_addr().port())))
            .collect();
        let mut view = self.view.write().unwrap_or_else(PoisonError::into_inner);
        view.addresses = gateway::addresses(operation, platform);
        view.databases = operation.databases.glances();
        view.urls = urls;
    }

    /// Builds and PostgreSQL's start need nothing of each other, so they share the time.
    async fn build_and_start_databases(
        &self,
        operation: &mut Operation,
        platform: &Platform,
    ) -> Result<BTreeMap<ServiceName, Built>, Failure> {
        let wanted: Vec<&Service> = platform
            .services
            .values()
            .filter(|service| {
                !operation
                    .options
                    .without
                    .iter()
                    .any(|name| *name == service.name.as_str())
            })
            .collect();
        let building = self.build(platform, &wanted);
        let Operation {
            databases,
            secrets,
            ports,
            options,
            ..
        } = operation;
        let starting = database::ensure(database::Wanted {
            platform,
            home: &self.home,
            settings: &self.settings,
            events: &self.events,
            upgrade: options.upgrade,
            databases,
            secrets,
            ports,
        });
        let (built, access) = tokio::try_join!(building, starting)?;
        operation.surroundings = Surroundings {
            services: operation
                .listeners
                .iter()
                .map(|(name, listener)| (name.clone(), listener.local_addr().port()))
                .collect(),
            databases: access,
            secrets: self.outside_secrets(operation, platform)?,
        };
        Ok(built)
    }

    pub(super) async fn build(
        &self,
        platform: &Platform,
        services: &[&Service],
    ) -> Result<BTreeMap<ServiceName, Built>, Failure> {
        let names: Vec<&str> = services
            .iter()
            .filter(|service| build::is_built(service))
            .map(|service| service.name.as_str())
            .collect();
        let title = names.join(", ");
        // Without anything to build nothing is announced.
        let quiet = Step::quiet();
        let step = if names.is_empty() {
            quiet
        } else {
            self.events.step("build", format!("building {title}"))
        };
        match build::build(platform, &self.folder, services, &self.journal, &step).await {
            Ok(built) => {
                step.done(format!("built {title}"));
                Ok(built)
            }
            Err(failure) => Err(step.failed(failure.on_disk(self.home.folder()))),
        }
    }

    /// The values of secrets from outside: from `.env` beside the definition, else made up and said so.
    fn outside_secrets(
        &self,
        operation: &mut Operation,
        platform: &Platform,
    ) -> Result<BTreeMap<seaworthy_definition::model::SecretName, String>, Failure> {
        let dotenv = read_dotenv(&self.folder);
        let mut values = BTreeMap::new();
        for name in platform.secrets.keys() {
            let variable = variable_of(name.as_str());
            let value = if let Some(value) = dotenv.get(&variable) {
                value.clone()
            } else {
                let key = format!("outside/{name}");
                if !operation.secrets.has(&key) {
                    self.events.note(format!(
                        "the secret `{name}` has a made-up value on this machine; write `{variable}=…` into `.env` for a real one"
                    ));
                }
                operation
                    .secrets
                    .password(&key)
                    .map_err(|error| Failure::of_folder(self.home.folder(), &error))?
            };
            values.insert(name.clone(), value);
        }
        Ok(values)
    }

    /// What each service that runs here is to run.
    pub(super) fn specs(
        &self,
        operation: &mut Operation,
        platform: &Platform,
    ) -> Result<BTreeMap<ServiceName, Arc<Spec>>, Failure> {
        let mut specs = BTreeMap::new();
        for (name, built) in &operation.built {
            let Some(service) = platform.services.get(name) else {
                continue;
            };
            let password = operation
                .secrets
                .password(&database::service_secret(name))
                .map_err(|error| Failure::of_folder(self.home.folder(), &error))?;
            let env = operation.surroundings.declared(
                &platform.name,
                service,
                Asker::Service(name, &password),
            );
            specs.insert(name.clone(), Arc::new(self.spec(service, built, env)?));
        }
        Ok(specs)
    }

    fn spec(
        &self,
        service: &Service,
        built: &Built,
        env: Vec<(String, String)>,
    ) -> Result<Spec, Failure> {
        let folder = build::folder_of(service, &self.folder);
        // The home's name differs between two copies of one platform; a container's name is the whole machine's.
        let home = self
            .home
            .folder()
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        let (program, args, container) = match &built.image {
            Some(image) => {
                let name = format!("seaworthy-{home}-{}", service.name);
                (built.program.clone(), vec![image.clone()], Some(name))
            }
            None => match service.run.split_first() {
                Some((program, args)) => (built.program(program, &folder), args.to_vec(), None),
                None if built.program.as_os_str().is_empty() => {
                    return Err(Failure::new(
                        service.name.as_str(),
                        format!("nothing says how `{}` starts", service.name),
                    )
                    .hint(format!(
                        "add `run: [program, argument]` to `services.{}`",
                        service.name
                    )));
                }
                None => (built.program.clone(), Vec::new(), None),
            },
        };
        Ok(Spec {
            service: service.name.clone(),
            program,
            args,
            folder,
            env,
            ports: service.ports.clone(),
            main_port: service.main_port().map(|(name, _)| name.clone()),
            probes: service.probes.clone(),
            stop_grace: service.stop_grace.0,
            build: built.fingerprint.clone(),
            container,
        })
    }

    /// Runs the migrations of services that are new or changed, then the seeds that never ran.
    pub(super) async fn migrate(
        &self,
        operation: &mut Operation,
        platform: &Platform,
        specs: &BTreeMap<ServiceName, Arc<Spec>>,
    ) -> Result<(), Failure> {
        for (name, spec) in specs {
            let (Some(service), Some(built)) =
                (platform.services.get(name), operation.built.get(name))
            else {
                continue;
            };
            let env = operation
                .surroundings
                .declared(&platform.name, service, Asker::Owner);
            let commands = database::Commands {
                service,
                built,
                env: &env,
                folder: &spec.folder,
                journal: &self.journal,
                events: &self.events,
                home: &self.home,
            };
            let version = (Arc::clone(spec), service.migrate.clone());
            if !service.migrate.is_empty() && operation.migrated.get(name) != Some(&version) {
                commands.migrate().await?;
                operation.migrated.insert(name.clone(), version);
            }
            if !service.seed.is_empty() {
                commands.seed_once().await?;
            }
        }
        Ok(())
    }

    async fn start_services(
        &self,
        operation: &mut Operation,
        platform: &Platform,
        services: &IndexMap<ServiceName, Arc<ServiceRun>>,
        specs: &BTreeMap<ServiceName, Arc<Spec>>,
    ) -> Result<(), Failure> {
        let n_replicas = operation.options.replicas.unwrap_or(1);
        for name in &operation.options.without.clone() {
            let (Some(service), Some(run)) = (
                platform.services.get(name.as_str()),
                services.get(name.as_str()),
            ) else {
                continue;
            };
            let ports = outside_ports(operation, service)?;
            run.run_outside(service, |port| ports.get(port).copied().unwrap_or_default())
                .await;
            self.events.note(format!(
                "`{name}` is left to you: start it with `seaworthy env {name} -- COMMAND`; traffic reaches it on port {}",
                service.main_port().and_then(|(port, _)| ports.get(port.as_str())).copied().unwrap_or_default()
            ));
        }
        for layer in crate::order::layers(platform) {
            let starting = layer.iter().filter_map(|name| {
                let (run, spec) = (services.get(name)?, specs.get(name)?);
                Some(self.start_service(name, run, spec, n_replicas))
            });
            // All of a layer, so that every failure is told and not only the first.
            let mut results = join_all(starting).await.into_iter();
            if let Some(failure) = results.find_map(Result::err) {
                return Err(failure);
            }
        }
        Ok(())
    }

    pub(super) async fn start_service(
        &self,
        name: &ServiceName,
        run: &ServiceRun,
        spec: &Arc<Spec>,
        n_replicas: u32,
    ) -> Result<(), Failure> {
        let step = self
            .events
            .step(format!("start/{name}"), format!("starting {name}"));
        match run.apply(spec, n_replicas).await {
            Ok(Applied::Unchanged) => step.done(format!("{name} is unchanged")),
            Ok(Applied::Started) => step.done(format!("started {name}")),
            Ok(Applied::Scaled) => step.done(format!("scaled {name} to {n_replicas}")),
            Ok(Applied::Replaced) => step.done(format!("replaced {name}")),
            Err(failure) => return Err(step.failed(failure)),
        }
        Ok(())
    }

    /// Ends services that the definition no longer has.
    async fn stop_removed(&self, platform: &Platform, operation: &mut Operation) {
        let removed: Vec<(ServiceName, Arc<ServiceRun>)> = {
            let mut view = self.view.write().unwrap_or_else(PoisonError::into_inner);
            let all = std::mem::take(&mut view.services);
            let (kept, removed): (Vec<_>, Vec<_>) = all
                .into_iter()
                .partition(|(name, _)| platform.services.contains_key(name));
            view.services = kept.into_iter().collect();
            removed
        };
        for (name, run) in removed {
            run.stop().await;
            operation.migrated.remove(&name);
            self.events.note(format!(
                "stopped {name}, which the definition no longer has"
            ));
        }
    }

    /// A program that does not read `PORT` works less well than it could, which nobody would guess.
    fn tell_fixed_ports(&self, services: &IndexMap<ServiceName, Arc<ServiceRun>>) {
        let fixed: Vec<&str> = services
            .iter()
            .filter(|(_, run)| {
                run.replicas()
                    .iter()
                    .any(|replica| replica.state().fixed_port)
            })
            .map(|(name, _)| name.as_str())
            .collect();
        if !fixed.is_empty() {
            self.events.note(format!(
                "{} does not read `PORT` and took its declared port: one replica only, and a restart is not seamless",
                fixed.join(", ")
            ));
        }
    }
}

/// The ports on which a service that somebody runs by hand is expected; the same from run to run.
pub(super) fn outside_ports(
    operation: &mut Operation,
    service: &Service,
) -> Result<BTreeMap<String, u16>, Failure> {
    service
        .ports
        .iter()
        .map(|(name, declared)| {
            let what = format!("outside/{}/{name}", service.name);
            let port = operation
                .ports
                .keep(&what, Some(*declared))
                .map_err(|error| {
                    Failure::new(service.name.as_str(), "no port could be kept for it")
                        .caused_by(&error)
                })?;
            Ok((name.to_string(), port))
        })
        .collect()
}

/// The databases that a service uses.
pub(crate) fn databases_of(
    service: &Service,
) -> BTreeSet<&seaworthy_definition::model::DatabaseName> {
    service
        .uses
        .iter()
        .filter_map(|used| match used {
            Resource::Database(name) => Some(name),
            _ => None,
        })
        .collect()
}
