//! The definition's jobs: a command of a service's image on a schedule.

use k8s_openapi::api::batch::v1::{CronJob, CronJobSpec, JobSpec, JobTemplateSpec};
use k8s_openapi::api::core::v1::{Container, PodSpec, PodTemplateSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use seaworthy_definition::model::{Job, Service, Span};

use super::metadata::Workload;
use super::migration::databases;
use super::object::Object;
use super::variables::{Asker, Variables};
use super::{
    certificates, external_secret, image, network_policy, pod, seconds, security_group_policy,
    service_account,
};
use crate::Scope;

/// The objects of a job, with an identity, a secret and flows of its own.
pub(super) fn objects(scope: Scope<'_>, service: &Service, job: &Job) -> Vec<Object> {
    let name = job.name.as_str();
    let workload = Workload::new(scope.platform, name);
    let variables = Variables::of(scope, &job.env, &Asker::workload(name));
    let mut spec = pod::spec(name, pod::NONROOT);
    let mut container = Container {
        name: name.to_owned(),
        image: Some(image::reference(scope, service)),
        command: Some(job.command.clone()),
        env: variables.for_container(None),
        resources: Some(pod::resources(&job.resources)),
        security_context: Some(pod::container_security()),
        volume_mounts: Some(vec![pod::tmp()]),
        ..Container::default()
    };
    if variables.needs_certificates() {
        certificates::mount(scope, &mut spec, &mut container);
    }
    spec.containers = vec![container];
    let schedule = Schedule {
        cron: job.schedule.clone(),
        time_zone: job.time_zone.clone(),
        timeout: job.timeout,
    };
    let mut objects = vec![
        service_account::object(workload),
        network_policy::job(workload, scope.platform, job.uses.iter()),
        object(workload, schedule, spec),
    ];
    objects.extend(external_secret::object(workload, &variables));
    objects.extend(security_group_policy::object(
        scope,
        workload,
        &accesses(job),
    ));
    for object in &mut objects {
        // They stand beside the service's own.
        object.file = format!("{}-{name}", object.file);
    }
    objects
}

/// The databases that a job reaches as itself.
pub(super) fn accesses(job: &Job) -> Vec<security_group_policy::Access<'_>> {
    let databases = databases(job.uses.iter());
    databases
        .map(|database| (database, job.name.as_str()))
        .collect()
}

/// When a pod runs, and how long it may.
pub(super) struct Schedule {
    pub(super) cron: String,
    pub(super) time_zone: String,
    pub(super) timeout: Span,
}

/// A cron job whose runs never overlap. A run that fails is tried again twice, then the next time is its next chance.
pub(super) fn object(workload: Workload<'_>, schedule: Schedule, pod: PodSpec) -> Object {
    let labels = ObjectMeta {
        labels: Some(workload.labels()),
        ..ObjectMeta::default()
    };
    Object::new(CronJob {
        metadata: workload.metadata(),
        spec: CronJobSpec {
            schedule: schedule.cron,
            time_zone: Some(schedule.time_zone),
            concurrency_policy: Some("Forbid".to_owned()),
            // A start that is missed by more is left out: the next one is near enough.
            starting_deadline_seconds: Some(300),
            successful_jobs_history_limit: Some(1),
            failed_jobs_history_limit: Some(3),
            job_template: JobTemplateSpec {
                metadata: Some(labels.clone()),
                spec: Some(JobSpec {
                    backoff_limit: Some(2),
                    active_deadline_seconds: Some(seconds(schedule.timeout)),
                    template: PodTemplateSpec {
                        metadata: Some(labels),
                        spec: Some(PodSpec {
                            restart_policy: Some("Never".to_owned()),
                            ..pod
                        }),
                    },
                    ..JobSpec::default()
                }),
            },
            ..CronJobSpec::default()
        },
        ..CronJob::default()
    })
}
