//! A document says how long data or logs are kept, and what keeps them keeps them for less.
//!
//! One store that keeps long enough is enough: which of several is meant is not known.

use seaworthy_facts::documents::{Claim, ClaimKind};
use seaworthy_facts::terraform::Root;
use seaworthy_facts::{Span, Value};
use seaworthy_link::{World, environment};

use super::buckets::{self, Bucket, Versions};
use crate::{Confidence, Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "retention-below-requirement",
    severity: Severity::Unreliable,
    page: include_str!("retention-below-requirement.md"),
    check,
};

/// The longest that RDS keeps automated backups.
const SERVICE_LIMIT: f64 = 35.0;

fn check(world: &World, findings: &mut Vec<Finding>) {
    let claims: Vec<(&Claim, f64)> = world
        .facts
        .documents
        .claims
        .iter()
        .filter(|claim| claim.about == ClaimKind::Retention)
        .filter_map(|claim| Some((claim, claim.number.filter(|days| *days >= 1.0)?)))
        .collect();
    for subject in [Subject::Data, Subject::Logs] {
        // The longest period that is asked for; the same said twice is one claim with two places.
        let about: Vec<&(&Claim, f64)> = claims
            .iter()
            .filter(|(claim, _)| Subject::of(world.sources.slice(claim.span)) == Some(subject))
            .collect();
        let longest = about.iter().map(|(_, days)| *days).fold(0.0, f64::max);
        let places: Vec<Span> = about
            .iter()
            .filter(|(_, days)| (days - longest).abs() < 1.0)
            .map(|(claim, _)| claim.span)
            .take(3)
            .collect();
        if places.is_empty() {
            continue;
        }
        for root in &world.facts.terraform.roots {
            // A period is asked for what is real; a copy for trials and acceptance may keep less.
            if !matches!(
                environment::of_root(root, &world.sources),
                None | Some("production")
            ) {
                continue;
            }
            findings.extend(match subject {
                Subject::Data => data(world, root, longest, &places),
                Subject::Logs => logs(root, longest, &places),
            });
        }
    }
}

/// What a sentence wants kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    Data,
    Logs,
}

impl Subject {
    fn of(sentence: &str) -> Option<Self> {
        let lower = sentence.to_ascii_lowercase();
        let word = |wanted: &[&str]| {
            lower
                .split(|c: char| !c.is_ascii_alphanumeric())
                .any(|word| wanted.contains(&word))
        };
        let logs = word(&["log", "logs", "metrics", "traces", "telemetry", "audit"]);
        let other = word(&[
            "artifact",
            "artifacts",
            "image",
            "images",
            "cache",
            "session",
            "sessions",
            "topic",
            "topics",
            "queue",
            "queues",
            "kafka",
            "sqs",
            "stream",
            "streams",
            "ttl",
            "cookie",
            "cookies",
            "token",
            "tokens",
            "key",
            "keys",
            "secret",
            "secrets",
            "prometheus",
            "loki",
            "tempo",
            "trash",
            "version",
            "versions",
            "state",
            "tfstate",
            "lifecycle",
            "repository",
            "repositories",
        ]);
        match (logs, other) {
            (true, false) => Some(Self::Logs),
            (false, false) => Some(Self::Data),
            _ => None,
        }
    }
}

/// A setting that keeps data for less than it must.
struct Short {
    span: Span,
    says: String,
    weight: u8,
}

fn data(world: &World, root: &Root, days: f64, claims: &[Span]) -> Option<Finding> {
    let mut short = Vec::new();
    for bucket in buckets::all(root) {
        if buckets::holds_backups(world, &bucket).is_none() {
            continue;
        }
        match of_bucket(&bucket, days) {
            Kept::Enough => return None,
            Kept::Less(found) => short.push(found),
        }
    }
    for plan in root.resources("aws_backup_plan") {
        for rule in plan.at("rule").map_or(&[][..], Value::each) {
            let after = rule.at("lifecycle.delete_after")?;
            let kept = after.number()?;
            if kept >= days {
                return None;
            }
            short.push(Short {
                span: after.span,
                says: format!("backups are deleted after {}", said(kept)),
                weight: 3,
            });
        }
    }
    for (kind, default) in [("aws_db_instance", 0.0), ("aws_rds_cluster", 1.0)] {
        for database in root
            .resources(kind)
            .filter(|database| !database.from_summary)
        {
            if database.at("replicate_source_db").is_some() {
                continue;
            }
            let period = database.at("backup_retention_period");
            let kept = match period {
                Some(period) => period.number()?,
                None => default,
            };
            if kept >= days {
                return None;
            }
            short.push(Short {
                span: period.map_or(database.span, |period| period.span),
                says: kept_by_database(period.is_some(), kept),
                weight: 1,
            });
        }
    }
    for call in &root.calls {
        let database = matches!(
            call.registry.as_deref(),
            Some("terraform-aws-modules/rds/aws" | "terraform-aws-modules/rds-aurora/aws")
        );
        if !database {
            continue;
        }
        let period = call.arguments.get("backup_retention_period");
        let kept = match period {
            Some(period) => period.number()?,
            // The module's default depends on its version; what no version can keep is sure.
            None if days > SERVICE_LIMIT => SERVICE_LIMIT,
            None => return None,
        };
        if kept >= days {
            return None;
        }
        short.push(Short {
            span: period.map_or(call.span, |period| period.span),
            says: if period.is_some() {
                kept_by_database(true, kept)
            } else {
                format!("automated backups are kept {SERVICE_LIMIT} days at most")
            },
            weight: 1,
        });
    }
    finding(
        short,
        claims,
        &format!(
            "data are to be kept {}, and nothing keeps them that long",
            said(days)
        ),
        "data",
    )
}

fn kept_by_database(said_so: bool, kept: f64) -> String {
    if said_so {
        format!("automated backups are kept {}", said(kept))
    } else if kept < 1.0 {
        "no `backup_retention_period`: no automated backups".to_owned()
    } else {
        format!("no `backup_retention_period`: kept {}", said(kept))
    }
}

enum Kept {
    Enough,
    Less(Short),
}

fn of_bucket(bucket: &Bucket<'_>, days: f64) -> Kept {
    if bucket.locked || bucket.incomplete {
        return Kept::Enough;
    }
    let soonest = bucket
        .expires
        .iter()
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(kept, _)| *kept < days);
    if let Some((kept, span)) = soonest {
        return Kept::Less(Short {
            span: *span,
            says: format!("backups are deleted after {}", said(*kept)),
            weight: 3,
        });
    }
    match (bucket.force_destroy, bucket.versions) {
        (Some(forced), Versions::Off(_)) => Kept::Less(Short {
            span: forced.span,
            says: "nothing keeps backups here: no object lock, no versions, and the bucket may be destroyed with its contents".to_owned(),
            weight: 2,
        }),
        _ => Kept::Enough,
    }
}

fn logs(root: &Root, days: f64, claims: &[Span]) -> Option<Finding> {
    let mut short = Vec::new();
    for group in root.resources("aws_cloudwatch_log_group") {
        let Some(period) = group.at("retention_in_days") else {
            // Without a period they are kept for ever.
            return None;
        };
        let kept = period.number()?;
        if kept == 0.0 || kept >= days {
            return None;
        }
        short.push(Short {
            span: period.span,
            says: format!("logs are kept {}", said(kept)),
            weight: 1,
        });
    }
    finding(
        short,
        claims,
        &format!(
            "logs are to be kept {}, and every group keeps less",
            said(days)
        ),
        "logs",
    )
}

fn finding(mut short: Vec<Short>, claims: &[Span], message: &str, about: &str) -> Option<Finding> {
    short.sort_by_key(|short| std::cmp::Reverse(short.weight));
    let mut short = short.into_iter();
    let first = short.next()?;
    let mut finding = Finding::new(message).at(first.span, first.says);
    for span in claims {
        finding = finding.and(*span, "the requirement");
    }
    for other in short.take(3) {
        finding = finding.and(other.span, other.says);
    }
    Some(
        finding
            .confidence(Confidence::Likely)
            .about([about.to_owned()]),
    )
}

fn said(days: f64) -> String {
    let whole = |unit: f64| (days / unit).fract().abs() < 0.01;
    if days >= 365.0 && whole(365.0) {
        let years = days / 365.0;
        let s = if years > 1.0 { "s" } else { "" };
        return format!("{years:.0} year{s}");
    }
    let s = if (days - 1.0).abs() < f64::EPSILON {
        ""
    } else {
        "s"
    };
    format!("{days:.0} day{s}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_say_what_is_to_be_kept() {
        assert_eq!(
            Subject::of("Notes should be preserved up to 3 years"),
            Some(Subject::Data)
        );
        assert_eq!(
            Subject::of("Audit logs are retained for 90 days."),
            Some(Subject::Logs)
        );
        assert_eq!(Subject::of("We keep images and logs for 10 days"), None);
        assert_eq!(Subject::of("Retain object versions for 90 days"), None);
        assert_eq!(said(1095.0), "3 years");
        assert_eq!(said(1.0), "1 day");
    }
}
