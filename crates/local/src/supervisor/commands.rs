//! What is asked of a running platform: restart a service, rebuild what changed, tell variables and logins.

use std::sync::{Arc, PoisonError};

use seaworthy_definition::model::{Platform, PortName, Service, ServiceName};

use super::apply::{DEFINITION, outside_ports};
use super::{Operation, Supervisor};
use crate::event::Event;
use crate::failure::Failure;
use crate::status::{DatabaseLogin, ServiceVariables, Variable};
use crate::variables::{self, Asker};
use crate::{build, database, watch};

impl Supervisor {
    /// Builds a service anew and replaces its replicas one by one, without a gap.
    pub async fn restart(&self, name: &str) -> Result<(), Failure> {
        self.unless_ending(Box::pin(self.restart_and_tell(name)))
            .await
    }

    async fn restart_and_tell(&self, name: &str) -> Result<(), Failure> {
        let inner = &self.inner;
        let mut operation = inner.operation.lock().await;
        inner.events.forget();
        let began = std::time::Instant::now();
        let result = self.restart_now(&mut operation, name).await;
        match &result {
            Ok(()) => {
                let milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
                let addresses = inner
                    .view
                    .read()
                    .unwrap_or_else(PoisonError::into_inner)
                    .addresses
                    .clone();
                inner.events.send(Event::Ready {
                    addresses,
                    milliseconds,
                });
            }
            Err(failure) => {
                inner.events.send(Event::Failed {
                    id: None,
                    failure: failure.clone(),
                });
                inner.events.send(Event::GaveUp);
            }
        }
        result
    }

    async fn restart_now(&self, operation: &mut Operation, name: &str) -> Result<(), Failure> {
        let platform = operation
            .platform
            .clone()
            .ok_or_else(|| Failure::new(name, "the platform is not up yet"))?;
        let Some(service) = platform.services.get(name) else {
            return Err(unknown_service(&platform, name));
        };
        let built = self.inner.build(&platform, &[service]).await?;
        operation.built.extend(built);
        self.replace_now(operation, &platform, service).await
    }

    /// Replaces a service by what was built last.
    async fn replace_now(
        &self,
        operation: &mut Operation,
        platform: &Platform,
        service: &Service,
    ) -> Result<(), Failure> {
        let inner = &self.inner;
        let name = service.name.as_str();
        let run = inner
            .view
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .services
            .get(name)
            .cloned();
        let Some(run) = run else {
            return Err(unknown_service(platform, name));
        };
        if run.outside().is_some() {
            return Err(Failure::new(
                name,
                format!("`{name}` is run by you, so only you can restart it"),
            ));
        }
        let specs = inner.specs(operation, platform)?;
        if let Some((service, spec)) = specs.get_key_value(name) {
            let running = run.replicas();
            if running.is_empty() || running.iter().any(|replica| *replica.spec != **spec) {
                let own = [(service.clone(), Arc::clone(spec))].into();
                inner.migrate(operation, platform, &own).await?;
                let n = operation.options.replicas.unwrap_or(1);
                return inner.start_service(service, &run, spec, n).await;
            }
        }
        let step = inner
            .events
            .step(format!("restart/{name}"), format!("restarting {name}"));
        match run.restart().await {
            Ok(()) => step.done(format!("restarted {name}")),
            Err(failure) => return Err(step.failed(failure)),
        }
        Ok(())
    }

    /// The variables that a service gets, with the ports it is expected on when somebody runs it by hand.
    pub async fn variables(&self, name: &str) -> Result<ServiceVariables, Failure> {
        let inner = &self.inner;
        let mut operation = inner.operation.lock().await;
        let platform = operation
            .platform
            .clone()
            .ok_or_else(|| Failure::new(name, "the platform is not up yet"))?;
        let Some(service) = platform.services.get(name) else {
            return Err(unknown_service(&platform, name));
        };
        let ports = outside_ports(&mut operation, service)?;
        let password = operation
            .secrets
            .password(&database::service_secret(&service.name))
            .map_err(|error| Failure::of_folder(inner.home.folder(), &error))?;
        let main = service.main_port().map(|(name, _)| name);
        let given = service.ports.keys().map(|port| {
            (
                port.as_str(),
                ports.get(port.as_str()).copied().unwrap_or_default(),
            )
        });
        let plain = variables::port_variables(main.map(PortName::as_str), given)
            .into_iter()
            .map(|(name, value)| Variable {
                name,
                value,
                secret: false,
            });
        let declared = operation
            .surroundings
            .declared(
                &platform.name,
                service,
                Asker::Service(&service.name, &password),
            )
            .into_iter()
            .map(|(name, value)| {
                let secret = service
                    .env
                    .get(&name)
                    .is_some_and(seaworthy_definition::model::Template::is_secret);
                Variable {
                    name,
                    value,
                    secret,
                }
            });
        Ok(ServiceVariables {
            folder: build::folder_of(service, &inner.folder)
                .display()
                .to_string(),
            variables: plain.chain(declared).collect(),
        })
    }

    /// How to connect to a database as its owner.
    pub async fn login(&self, name: &str) -> Result<DatabaseLogin, Failure> {
        let operation = self.inner.operation.lock().await;
        let Some(access) = operation.surroundings.databases.get(name) else {
            let known: Vec<&str> = operation
                .surroundings
                .databases
                .keys()
                .map(AsRef::as_ref)
                .collect();
            return Err(Failure::new(name, format!("there is no database `{name}`"))
                .because(format!("the databases are {}", known.join(", "))));
        };
        Ok(DatabaseLogin {
            host: variables::HOST.to_owned(),
            port: access.port,
            name: access.name.clone(),
            user: variables::owner_role(&access.name),
            password: access.owner_password.clone(),
            sslrootcert: access.ca.clone(),
            psql: operation
                .databases
                .psql(name, &self.inner.events)
                .await
                .map(|path| path.display().to_string()),
        })
    }

    /// Begins to rebuild and replace services as their files change, or ends it, as the options say.
    pub(super) fn watch(&self, operation: &mut Operation) {
        let Some(platform) = operation
            .platform
            .as_ref()
            .filter(|_| operation.options.watch)
        else {
            operation.watch = None;
            return;
        };
        let folders: Vec<_> = platform
            .services
            .values()
            .filter(|service| {
                !operation
                    .options
                    .without
                    .iter()
                    .any(|name| *name == service.name.as_str())
            })
            .map(|service| {
                (
                    service.name.clone(),
                    build::folder_of(service, &self.inner.folder),
                )
            })
            .collect();
        // A watch that is kept misses nothing of what changes meanwhile.
        if operation
            .watch
            .as_ref()
            .is_some_and(|watch| watch.folders() == folders)
        {
            return;
        }
        let supervisor = self.clone();
        let changed = move |change| {
            let supervisor = supervisor.clone();
            // What fails is told as an event; the next change is the next try.
            async move { supervisor.follow_change(change).await }
        };
        match watch::Watch::start(self.inner.folder.join(DEFINITION), folders, changed) {
            Ok(watch) => operation.watch = Some(watch),
            Err(error) => self
                .inner
                .events
                .note(format!("files cannot be watched: {error}")),
        }
    }

    async fn follow_change(&self, change: watch::Change) {
        let ready = self
            .inner
            .view
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .ready;
        if change.definition || !ready {
            let options = self.inner.operation.lock().await.options.clone();
            // On a task of its own: applying may replace the watch, and with it the task that we are.
            let supervisor = self.clone();
            let _ = tokio::spawn(async move { supervisor.apply(options).await }).await;
            return;
        }
        for name in change.services {
            let _ = self.unless_ending(Box::pin(self.rebuild(&name))).await;
        }
    }

    /// Builds a service and replaces it if the build differs; one that is not built is restarted.
    async fn rebuild(&self, name: &ServiceName) -> Result<(), Failure> {
        let mut operation = self.inner.operation.lock().await;
        let Some(platform) = operation.platform.clone() else {
            return Ok(());
        };
        let Some(service) = platform.services.get(name) else {
            return Ok(());
        };
        if build::is_built(service) {
            let built = self.inner.build(&platform, &[service]).await?;
            // What an interpreter runs has no bytes to compare, so it is always taken for new.
            let same = built.get(name) == operation.built.get(name);
            if same
                && built
                    .get(name)
                    .is_some_and(|built| !built.fingerprint.is_empty())
            {
                return Ok(());
            }
            operation.built.extend(built);
        }
        self.replace_now(&mut operation, &platform, service).await
    }
}

fn unknown_service(platform: &Platform, name: &str) -> Failure {
    let known: Vec<&str> = platform.services.keys().map(ServiceName::as_str).collect();
    Failure::new(name, format!("there is no service `{name}`"))
        .because(format!("the services are {}", known.join(", ")))
}
