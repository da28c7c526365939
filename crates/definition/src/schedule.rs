//! Cron fields, time zones, and the hours in which an environment is awake.

use seaworthy_diagnostics::suggest;

use crate::data;
use crate::model::Awake;
use crate::shape::form::Problem;

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// One of cron's five fields: its name, its range, and the names that stand for numbers.
struct Field {
    name: &'static str,
    min: u32,
    max: u32,
    names: &'static [&'static str],
    /// The number of the first name.
    first: u32,
}

const FIELDS: [Field; 5] = [
    Field {
        name: "minute",
        min: 0,
        max: 59,
        names: &[],
        first: 0,
    },
    Field {
        name: "hour",
        min: 0,
        max: 23,
        names: &[],
        first: 0,
    },
    Field {
        name: "day of month",
        min: 1,
        max: 31,
        names: &[],
        first: 0,
    },
    Field {
        name: "month",
        min: 1,
        max: 12,
        names: &[
            "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
        ],
        first: 1,
    },
    Field {
        name: "day of week",
        min: 0,
        max: 7,
        names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
        first: 0,
    },
];

/// A schedule that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cron {
    /// Per field, the values at which it fires, in order.
    fields: Vec<Vec<u32>>,
    /// The fields as written.
    words: Vec<String>,
}

impl Cron {
    /// Why the schedule is most likely not what is meant, and what is.
    pub(crate) fn surprise(&self) -> Option<(String, String)> {
        let every_minute = self.fields[0].len() == 60;
        let some_hours = self.words[1] != "*";
        let hours = self.fields[1].len();
        if every_minute && some_hours {
            let mut fixed = self.words.clone();
            "0".clone_into(&mut fixed[0]);
            let runs = 60 * hours;
            return Some((
                format!("runs every minute of {hours} hours a day: {runs} runs a day"),
                fixed.join(" "),
            ));
        }
        None
    }
}

/// Reads five cron fields as Kubernetes does: `*`, `*/n`, `a-b`, `a-b/n`, `a/n`, lists, and names of months and days.
pub(crate) fn cron(text: &str) -> Result<Cron, Problem> {
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    if text.starts_with('@') {
        let meant = match text {
            "@hourly" => Some("0 * * * *"),
            "@daily" | "@midnight" => Some("0 0 * * *"),
            "@weekly" => Some("0 0 * * 0"),
            "@monthly" => Some("0 0 1 * *"),
            "@yearly" | "@annually" => Some("0 0 1 1 *"),
            _ => None,
        };
        let problem = Problem::new(format!("`{text}` is a macro, not five cron fields"));
        return Err(match meant {
            Some(meant) => problem.hint(format!("write `{meant}`")).replacement(meant),
            None => problem,
        });
    }
    if words.len() != FIELDS.len() {
        let problem = Problem::new(format!(
            "a schedule has five fields, and this one has {}",
            words.len()
        ))
        .label("expected minute, hour, day of month, month and day of week");
        return Err(match words.len() {
            6 => problem.hint("seconds and years are no part of it: leave the sixth field out"),
            _ => problem,
        });
    }
    let mut fields = Vec::new();
    let mut from = 0;
    for (word, field) in words.iter().zip(&FIELDS) {
        let at = from + text[from..].find(word).unwrap_or(0);
        from = at + word.len();
        fields.push(field.values(word).map_err(|label| {
            Problem::new(format!(
                "the {} `{word}` of the schedule does not exist",
                field.name
            ))
            .label(label)
            .at(at..from)
        })?);
    }
    Ok(Cron {
        fields,
        words: words.iter().map(|w| (*w).to_owned()).collect(),
    })
}

impl Field {
    fn values(&self, word: &str) -> Result<Vec<u32>, String> {
        let mut values = Vec::new();
        for item in word.split(',') {
            let (range, step) = match item.split_once('/') {
                Some((range, step)) => match step.parse::<u32>() {
                    Ok(n) if n > 0 => (range, Some(n)),
                    _ => return Err(format!("`/{step}` is not a step: expected a number from 1")),
                },
                None => (item, None),
            };
            let (first, last) = if range == "*" || range == "?" {
                (
                    self.min,
                    self.max.min(if self.max == 7 { 6 } else { self.max }),
                )
            } else if let Some((a, b)) = range.split_once('-') {
                (self.number(a)?, self.number(b)?)
            } else {
                let number = self.number(range)?;
                // `0/4` is `0-59/4`.
                (number, if step.is_some() { self.max } else { number })
            };
            if first > last {
                return Err(format!("`{range}` ends before it begins"));
            }
            values.extend((first..=last).step_by(step.unwrap_or(1) as usize));
        }
        values.sort_unstable();
        values.dedup();
        Ok(values)
    }

    fn number(&self, word: &str) -> Result<u32, String> {
        let name = self.names.iter().position(|n| n.eq_ignore_ascii_case(word));
        let number = match name {
            Some(at) => self.first + u32::try_from(at).unwrap_or(0),
            None => word
                .parse()
                .map_err(|_| format!("expected {} to {}", self.min, self.max))?,
        };
        if (self.min..=self.max).contains(&number) {
            Ok(number)
        } else {
            Err(format!("expected {} to {}", self.min, self.max))
        }
    }
}

/// Whether the IANA database knows the zone.
pub(crate) fn time_zone(text: &str) -> Result<(), Problem> {
    if data::time_zones().any(|zone| zone == text) {
        return Ok(());
    }
    let problem = Problem::new(format!("the time zone `{text}` does not exist"))
        .label("expected a name of the IANA database, such as `Europe/Paris`");
    let city = |zone: &'static str| zone.rsplit('/').next().unwrap_or(zone);
    let by_city = || data::time_zones().find(|zone| city(zone).eq_ignore_ascii_case(text));
    let abbreviation = match text {
        "CEST" | "EDT" | "PST" | "PDT" | "CST" | "MDT" | "BST" | "IST" | "JST" => {
            Some("an abbreviation can mean several zones: write a city, such as `Europe/Paris`")
        }
        _ => None,
    };
    Err(
        match (
            abbreviation,
            by_city().or_else(|| suggest(text, data::time_zones())),
        ) {
            (Some(hint), _) => problem.hint(hint),
            (None, Some(zone)) => problem.hint(format!("did you mean `{zone}`?")),
            (None, None) => problem,
        },
    )
}

/// `mon-fri 07:00-20:00 Europe/Paris`.
pub(crate) fn awake(text: &str) -> Result<Awake, Problem> {
    let words: Vec<&str> = text.split(' ').collect();
    let [days, hours, zone] = words[..] else {
        return Err(
            Problem::new(format!("`{text}` is not when something is awake")).label(
                "expected days, hours and a time zone, such as `mon-fri 07:00-20:00 Europe/Paris`",
            ),
        );
    };
    let day = |word: &str| -> Result<u8, Problem> {
        DAYS.iter()
            .position(|day| *day == word)
            .and_then(|at| u8::try_from(at).ok())
            .ok_or_else(|| {
                let problem = Problem::new(format!("`{word}` is not a day of the week"))
                    .label("expected `mon`, `tue`, `wed`, `thu`, `fri`, `sat` or `sun`")
                    .at(0..days.len());
                let lower = word.to_lowercase();
                match DAYS.iter().find(|day| lower.starts_with(**day)) {
                    Some(day) => problem.hint(format!("write `{day}`")),
                    None => problem,
                }
            })
    };
    let (first, last) = days.split_once('-').unwrap_or((days, days));
    let days_range = (day(first)?, day(last)?);
    let at = days.len() + 1..days.len() + 1 + hours.len();
    let clock = |word: &str| -> Result<u16, Problem> {
        let minutes = word.split_once(':').and_then(|(h, m)| {
            let two = |text: &str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
            let (hour, minute): (u16, u16) = (h.parse().ok()?, m.parse().ok()?);
            (two(h) && two(m) && (hour < 24 && minute < 60 || (hour, minute) == (24, 0)))
                .then_some(hour * 60 + minute)
        });
        minutes.ok_or_else(|| {
            let problem = Problem::new(format!("`{word}` is not a time of day"))
                .label("expected hours such as `07:00-20:00`")
                .at(at.clone());
            let hour = word
                .split(':')
                .next()
                .and_then(|hour| hour.parse::<u16>().ok());
            match (hour, word.split_once(':')) {
                (Some(hour @ 0..24), Some((_, minute))) => {
                    problem.hint(format!("write `{hour:02}:{minute:0>2}`"))
                }
                (Some(hour @ 0..24), None) => problem.hint(format!("write `{hour:02}:00`")),
                _ => problem,
            }
        })
    };
    let Some((from, until)) = hours.split_once('-') else {
        return Err(Problem::new(format!("`{hours}` is not a range of hours"))
            .label("expected one such as `07:00-20:00`")
            .at(at));
    };
    let (from, until) = (clock(from)?, clock(until)?);
    if from >= until {
        return Err(Problem::new(format!("`{hours}` ends before it begins"))
            .label("expected a range within one day")
            .at(at));
    }
    let zone_at = at.end + 1;
    time_zone(zone).map_err(|problem| problem.at(zone_at..zone_at + zone.len()))?;
    Ok(Awake {
        days: days_range,
        from,
        until,
        time_zone: zone.to_owned(),
    })
}
