//! Jobs.

use seaworthy_diagnostics::Diagnostic;

use super::{Resolver, Scope};
use crate::model::{Job, JobName, ServiceName};
use crate::schedule;
use crate::template::Thing;

impl Resolver<'_> {
    pub(super) fn job(&mut self, name: JobName, scope: &Scope<'_>) -> Job {
        let service = self.service_of(&name, scope);
        let (env, mut uses) = self.env(scope, None);
        uses.append(&mut self.uses(scope, None));
        self.surprising_schedule(scope);
        Job {
            name,
            service,
            command: scope.texts("command"),
            schedule: scope
                .owned("schedule")
                .unwrap_or_else(|| "0 0 * * *".to_owned()),
            time_zone: scope.owned("time_zone").unwrap_or_default(),
            env,
            uses,
            resources: Self::resources(&scope.object("resources")),
            timeout: scope.duration("timeout"),
        }
    }

    fn service_of(&mut self, job: &JobName, scope: &Scope<'_>) -> ServiceName {
        let Some(value) = scope.get("service") else {
            return ServiceName::new("");
        };
        let name = value.as_text().unwrap_or_default();
        match self.names.get(name) {
            Some((Thing::Service, _)) => {}
            Some((other, place)) => self.report(
                Diagnostic::error(
                    "definition/unknown-reference",
                    format!(
                        "the job `{job}` runs a service's build, and `{name}` is a {}",
                        other.noun()
                    ),
                )
                .primary(value.span, "expected a service")
                .secondary(place, format!("a {}", other.noun())),
            ),
            None if self.names.incomplete => {}
            None => {
                let near = self
                    .names
                    .nearest(name, |thing| thing == Thing::Service)
                    .map(str::to_owned);
                let diagnostic = Diagnostic::error(
                    "definition/unknown-reference",
                    format!("no service is called `{name}`"),
                )
                .primary(value.span, "the job runs this service's build");
                self.report(match near {
                    Some(near) => diagnostic.hint(format!("did you mean `{near}`?")).fix(
                        format!("write `{near}`"),
                        value.span,
                        near,
                    ),
                    None => diagnostic,
                });
            }
        }
        ServiceName::new(name)
    }

    fn surprising_schedule(&mut self, scope: &Scope<'_>) {
        let Some(value) = scope.get("schedule") else {
            return;
        };
        let surprise = value
            .as_text()
            .and_then(|text| schedule::cron(text).ok())
            .and_then(|cron| cron.surprise());
        if let Some((what, meant)) = surprise {
            self.report(
                Diagnostic::warning(
                    "definition/schedule",
                    format!("`{}` {what}", scope.path_of("schedule")),
                )
                .primary(
                    value.span,
                    "the first field is the minute, and `*` is each of the sixty",
                )
                .hint(format!("write `{meant}` for once in each of these hours")),
            );
        }
    }
}
