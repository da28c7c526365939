//! A schedule whose expansion cannot be what was meant: every minute of chosen hours, never, or not the interval that
//! its own name or comment says. Whether once a day is often enough is not judged.

use seaworthy_facts::{Span, Value};
use seaworthy_link::World;

use super::cron::Cron;
use super::schedules::{self, Schedule};
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "backup-schedule-implausible",
    severity: Severity::Costly,
    page: include_str!("backup-schedule-implausible.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for schedule in schedules::all(world) {
        let Some(cron) = schedule.value.str().and_then(Cron::parse) else {
            continue;
        };
        let stated = stated(world, &schedule);
        if let Some(finding) = judge(&schedule, &cron, stated) {
            findings.push(
                finding
                    .trail(schedule.value)
                    .about([schedule.what.clone(), schedule.name.clone()]),
            );
        }
    }
}

/// An interval that a name or a comment says.
struct Stated {
    words: String,
    runs_per_day: f64,
    span: Option<Span>,
}

fn judge(schedule: &Schedule<'_>, cron: &Cron, stated: Option<Stated>) -> Option<Finding> {
    let text = cron.fields.join(" ");
    let (what, name) = (&schedule.what, &schedule.name);
    if cron.every_minute_of_chosen_hours() {
        let runs = cron.runs_per_day();
        let hours = runs / 60;
        let hours = if hours == 1 {
            "one hour".to_owned()
        } else {
            format!("{hours} hours")
        };
        let mut meant = cron.fields.clone();
        "0".clone_into(&mut meant[0]);
        let finding = Finding::new(format!(
            "{what} `{name}` starts every minute of {hours} a day, {runs} times instead of {}",
            runs / 60
        ))
        .at(
            schedule.value.span,
            format!("`{text}`: `*` is every minute"),
        )
        .hint(format!(
            "`{}` starts once in each of these hours",
            meant.join(" ")
        ));
        return Some(match (schedule.overlap, schedule.overlap_span) {
            (Some(false), _) => finding,
            (_, Some(span)) => finding.and(span, "and each start may overlap those before it"),
            _ if schedule.overlap == Some(true) => {
                finding.note("no `concurrencyPolicy`: each start overlaps those that still run")
            }
            _ => finding,
        });
    }
    // The 31st of February is how people write "only by hand".
    if cron.days_per_year() == 0 && !(cron.fields[2] == "31" && cron.fields[3] == "2") {
        return Some(
            Finding::new(format!(
                "{what} `{name}` never starts: no year has such a day"
            ))
            .at(schedule.value.span, format!("`{text}`")),
        );
    }
    if cron.means_both_days() {
        return Some(
            Finding::new(format!(
                "{what} `{name}` starts on {} days a year: cron takes either the days of the month or the weekday, not both",
                cron.days_per_year()
            ))
            .at(
                schedule.value.span,
                format!("every day of {}, and every weekday {}", cron.fields[2], cron.fields[4]),
            ),
        );
    }
    if cron.days_per_year() == 0 {
        return None;
    }
    let stated = stated?;
    let average = cron.average_per_day();
    let (less, more) = if average < stated.runs_per_day {
        (average, stated.runs_per_day)
    } else {
        (stated.runs_per_day, average)
    };
    // A month is 28 to 31 days, and "daily" may be twice a day.
    if less > 0.0 && more / less < 2.9 {
        return None;
    }
    let finding = Finding::new(format!(
        "{what} `{name}` starts {}, and is said to run {}",
        often(average),
        stated.words
    ))
    .at(schedule.value.span, format!("`{text}`: {}", often(average)));
    Some(match stated.span {
        Some(span) => finding.and(span, format!("{} it says here", stated.words)),
        None => finding,
    })
}

fn often(per_day: f64) -> String {
    if per_day >= 1.5 {
        format!("{per_day:.0} times a day")
    } else if per_day > 0.9 {
        "once a day".to_owned()
    } else if per_day * 7.0 > 0.9 {
        format!("{:.0} times a week", per_day * 7.0)
    } else {
        format!("{:.0} times a year", per_day * 366.0)
    }
}

/// What the object's name says (`hourly-dump`), or a comment beside the schedule (`# every 6 hours`).
fn stated(world: &World, schedule: &Schedule<'_>) -> Option<Stated> {
    if let Some(span) = comment(world, schedule.value)
        && let Some((words, runs_per_day)) = interval(world.sources.slice(span))
    {
        return Some(Stated {
            words,
            runs_per_day,
            span: Some(span),
        });
    }
    let runs = schedule
        .name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter_map(|word| runs_of(&word.to_ascii_lowercase()).map(|runs| (word, runs)))
        // `rollup-daily` may sum up days ten times an hour: only of copies the word says how often.
        .filter(|_| is_a_copy(&schedule.name))
        .collect::<Vec<_>>();
    match runs.as_slice() {
        [(word, runs)] => Some(Stated {
            words: (*word).to_owned(),
            runs_per_day: *runs,
            span: schedule.name_span,
        }),
        _ => None,
    }
}

fn is_a_copy(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [
        "backup", "dump", "snapshot", "restore", "copy", "archive", "velero",
    ]
    .iter()
    .any(|word| name.contains(word))
}

fn runs_of(word: &str) -> Option<f64> {
    Some(match word {
        "hourly" => 24.0,
        "daily" | "nightly" => 1.0,
        "weekly" => 1.0 / 7.0,
        "monthly" => 12.0 / 366.0,
        "yearly" | "annually" => 1.0 / 366.0,
        _ => return None,
    })
}

/// The comment on the value's line. A line above may speak of something else.
fn comment(world: &World, value: &Value) -> Option<Span> {
    let file = &world.sources.get(value.span.file).file;
    let end = value.span.range().end;
    let rest = file.text().get(end..)?;
    let line = rest.lines().next()?;
    let at = line.find('#')?;
    // Only a quote may stand between the value and its comment.
    if !line[..at].trim().trim_matches(['"', '\'']).is_empty() {
        return None;
    }
    Some(file.span(end + at..end + line.trim_end().len()))
}

/// An interval in prose: "every 6 hours", "hourly", "once a day". Nothing where hours are told besides.
fn interval(text: &str) -> Option<(String, f64)> {
    let lower = text.to_ascii_lowercase();
    if [
        "from ",
        "between ",
        "past ",
        "during ",
        " to ",
        "minutes of",
    ]
    .iter()
    .any(|word| lower.contains(word))
    {
        return None;
    }
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    for (at, word) in words.iter().enumerate() {
        if *word == "every" {
            let (number, unit) = match words.get(at + 1)?.parse::<f64>() {
                Ok(number) if number > 0.0 => (number, *words.get(at + 2)?),
                Ok(_) => return None,
                Err(_) => (1.0, *words.get(at + 1)?),
            };
            let per_day = match unit {
                "minute" | "minutes" | "min" | "mins" => 1440.0,
                "hour" | "hours" => 24.0,
                "day" | "days" | "night" => 1.0,
                "week" | "weeks" => 1.0 / 7.0,
                "month" | "months" => 12.0 / 366.0,
                // "every weekday at 6" and the like say something else.
                _ => return None,
            };
            let said = if (number - 1.0).abs() < f64::EPSILON {
                format!("every {unit}")
            } else {
                format!("every {number} {unit}")
            };
            return Some((said, per_day / number));
        }
        if let Some(runs) = runs_of(word) {
            return Some(((*word).to_owned(), runs));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_read_from_prose() {
        let said = |text: &str| interval(text).map(|(words, _)| words);
        assert_eq!(said("# every 6 hours").unwrap(), "every 6 hours");
        assert_eq!(said("# At 02:00, every day").unwrap(), "every day");
        assert_eq!(said("# nightly").unwrap(), "nightly");
        assert_eq!(said("# every weekday at 6"), None);
        assert_eq!(said("# ten past the hour, every day from 8 to 17"), None);
        assert_eq!(said("# keep in step with the other"), None);
        assert_eq!(said("# every"), None);
        assert_eq!(said("# every 0 hours"), None);
    }
}
