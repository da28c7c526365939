//! Where cron expressions stand: CronJobs, charts' values, cloud schedulers, backup plans and workflows.

use seaworthy_facts::kubernetes::Origin;
use seaworthy_facts::{Span, Value};
use seaworthy_link::World;

/// A cron expression and whose it is.
pub(super) struct Schedule<'a> {
    /// `CronJob`, `backup plan`, `workflow`.
    pub(super) what: String,
    /// Its name.
    pub(super) name: String,
    /// Where the name stands.
    pub(super) name_span: Option<Span>,
    /// The expression.
    pub(super) value: &'a Value,
    /// Whether a run may start while another runs; `None` where that is not known.
    pub(super) overlap: Option<bool>,
    /// Where that is said.
    pub(super) overlap_span: Option<Span>,
}

/// Every cron expression of a platform, once for each place where it is written.
pub(super) fn all(world: &World) -> Vec<Schedule<'_>> {
    let mut schedules = Vec::new();
    kubernetes(world, &mut schedules);
    cloud(world, &mut schedules);
    workflows(world, &mut schedules);
    let mut seen = std::collections::HashSet::new();
    schedules.retain(|schedule| seen.insert(schedule.value.span));
    schedules
}

fn kubernetes<'a>(world: &'a World, schedules: &mut Vec<Schedule<'a>>) {
    for cluster in &world.facts.kubernetes.clusters {
        for object in &cluster.objects {
            if matches!(object.origin, Origin::Summary { .. }) {
                continue;
            }
            let paths: &[&str] = match &*object.kind {
                "CronJob" | "ScheduledSparkApplication" | "CronWorkflow" => &["spec.schedule"],
                "Schedule" | "ScheduledBackup" | "RecurringJob" => &["spec.schedule", "spec.cron"],
                "PerconaXtraDBCluster" | "PerconaPGCluster" | "PerconaServerMongoDB" => {
                    &["spec.backup.schedule"]
                }
                _ => continue,
            };
            for path in paths {
                let Some(value) = object.at(path) else {
                    continue;
                };
                // CloudNativePG counts seconds first; the parser refuses six fields.
                let policy = object.at("spec.concurrencyPolicy");
                let overlap = (&*object.kind == "CronJob")
                    .then(|| policy.is_none_or(|policy| policy.str() == Some("Allow")));
                for value in value.each() {
                    let value = value.get("schedule").unwrap_or(value);
                    schedules.push(Schedule {
                        what: object.kind.to_string(),
                        name: shown(&object.name),
                        name_span: Some(object.name.span),
                        value,
                        overlap,
                        overlap_span: policy.map(|policy| policy.span),
                    });
                }
            }
        }
        for release in &cluster.releases {
            walk(&release.values, &mut |key, value| {
                if matches!(key, "schedule" | "cronSchedule" | "cronExpression" | "cron") {
                    schedules.push(Schedule {
                        what: "release".to_owned(),
                        name: shown(&release.name),
                        name_span: None,
                        value,
                        overlap: None,
                        overlap_span: None,
                    });
                }
            });
        }
    }
}

fn cloud<'a>(world: &'a World, schedules: &mut Vec<Schedule<'a>>) {
    for (kind, attribute, what) in [
        (
            "aws_cloudwatch_event_rule",
            "schedule_expression",
            "event rule",
        ),
        ("aws_scheduler_schedule", "schedule_expression", "schedule"),
        ("google_cloud_scheduler_job", "schedule", "scheduler job"),
    ] {
        for (_, resource) in world.facts.terraform.resources(kind) {
            if let Some(value) = resource.at(attribute) {
                schedules.push(in_cloud(what, &resource.name, value));
            }
        }
    }
    for (_, plan) in world.facts.terraform.resources("aws_backup_plan") {
        for rule in plan.at("rule").map_or(&[][..], Value::each) {
            if let Some(value) = rule.get("schedule") {
                schedules.push(in_cloud("backup plan", &plan.name, value));
            }
        }
    }
}

fn in_cloud<'a>(what: &str, name: &str, value: &'a Value) -> Schedule<'a> {
    Schedule {
        what: what.to_owned(),
        name: name.to_owned(),
        name_span: None,
        value,
        overlap: None,
        overlap_span: None,
    }
}

fn workflows<'a>(world: &'a World, schedules: &mut Vec<Schedule<'a>>) {
    for workflow in &world.facts.delivery.workflows {
        for trigger in &workflow.triggers {
            if &*trigger.event != "schedule" {
                continue;
            }
            for item in trigger.body.each() {
                if let Some(value) = item.get("cron") {
                    schedules.push(in_cloud("workflow", &workflow.name.to_string(), value));
                }
            }
        }
    }
}

fn walk<'a>(value: &'a Value, visit: &mut impl FnMut(&str, &'a Value)) {
    for entry in value.entries() {
        visit(&entry.key, &entry.value);
        walk(&entry.value, visit);
    }
    for item in value.items() {
        walk(item, visit);
    }
}

fn shown(name: &Value) -> String {
    name.text().map(|text| text.to_string()).unwrap_or_default()
}
