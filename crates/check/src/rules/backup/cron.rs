//! What a cron expression means: which minutes, hours and days.
//!
//! Kubernetes' dialect (`0/4` is "from 0, every 4"), that of the code host's workflows, and the six fields of AWS.

/// A cron expression, expanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cron {
    /// The five fields as they were written: minute, hour, day of the month, month, day of the week.
    pub(super) fields: [String; 5],
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
}

impl Cron {
    /// Reads an expression; nothing for what is none, and for what has parts that are not known here (`L`, `W`, `#`).
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut text = text.trim();
        if let Some(inner) = text
            .strip_prefix("cron(")
            .and_then(|rest| rest.strip_suffix(')'))
        {
            let fields: Vec<&str> = inner.split_whitespace().collect();
            let [minute, hour, day, month, weekday, _year] = fields.as_slice() else {
                return None;
            };
            // AWS counts days of the week from 1, which is Sunday.
            return Self::of([minute, hour, day, month, weekday], 1);
        }
        if text.starts_with("TZ=") || text.starts_with("CRON_TZ=") {
            text = text.split_once(char::is_whitespace)?.1.trim();
        }
        let text = match text {
            "@hourly" => "0 * * * *",
            "@daily" | "@midnight" => "0 0 * * *",
            "@weekly" => "0 0 * * 0",
            "@monthly" => "0 0 1 * *",
            "@yearly" | "@annually" => "0 0 1 1 *",
            text => text,
        };
        let fields: Vec<&str> = text.split_whitespace().collect();
        let fields: [&str; 5] = fields.try_into().ok()?;
        Self::of(fields, 0)
    }

    fn of(fields: [&str; 5], first_weekday: u32) -> Option<Self> {
        let [minute, hour, day, month, weekday] = fields;
        let mut weekdays = field(weekday, first_weekday, first_weekday + 7, &WEEKDAYS)?;
        weekdays >>= first_weekday;
        // Sunday is 0 and 7.
        weekdays = (weekdays | weekdays >> 7) & 0x7f;
        Some(Self {
            fields: fields.map(str::to_owned),
            minutes: field(minute, 0, 59, &[])?,
            hours: field(hour, 0, 23, &[])?,
            days: field(day, 1, 31, &[])?,
            months: field(month, 1, 12, &MONTHS)?,
            weekdays,
        })
    }

    /// How often it runs on a day on which it runs.
    pub(super) fn runs_per_day(&self) -> u32 {
        self.minutes.count_ones() * self.hours.count_ones()
    }

    /// On how many days of a leap year it runs.
    pub(super) fn days_per_year(&self) -> u32 {
        const LENGTHS: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let restricted = |field: &str| !matches!(field.chars().next(), Some('*' | '?'));
        let (by_day, by_weekday) = (restricted(&self.fields[2]), restricted(&self.fields[4]));
        let mut weekday = 0;
        let mut count = 0;
        for (month, length) in (1..).zip(LENGTHS) {
            for day in 1..=length {
                let day_fits = self.days >> day & 1 == 1;
                let weekday_fits = self.weekdays >> weekday & 1 == 1;
                let fits = if by_day && by_weekday {
                    day_fits || weekday_fits
                } else {
                    day_fits && weekday_fits
                };
                count += u32::from(fits && self.months >> month & 1 == 1);
                weekday = (weekday + 1) % 7;
            }
        }
        count
    }

    /// How often it runs in a day, on average.
    pub(super) fn average_per_day(&self) -> f64 {
        f64::from(self.runs_per_day()) * f64::from(self.days_per_year()) / 366.0
    }

    /// It runs in every minute of hours that were chosen one by one or by step: `* */4 * * *`. A range of hours
    /// (`* 9-17 * * *`) is left alone: "every minute while the office is open" can be meant.
    pub(super) fn every_minute_of_chosen_hours(&self) -> bool {
        let [minute, hour, ..] = &self.fields;
        let every_minute = matches!(minute.as_str(), "*" | "*/1" | "0/1");
        let steps = hour
            .split_once('/')
            .is_some_and(|(_, step)| step.parse::<u32>().is_ok_and(|step| step > 1));
        let chosen = hour.split(',').all(|hour| hour.parse::<u32>().is_ok());
        every_minute && (steps || chosen)
    }

    /// Both days are restricted in the way that is meant as "the first Sunday" and runs on all seven days besides.
    pub(super) fn means_both_days(&self) -> bool {
        let [_, _, day, _, weekday] = &self.fields;
        let week = matches!(day.as_str(), "1-7" | "8-14" | "15-21" | "22-28");
        let one = weekday.parse::<u32>().is_ok()
            || WEEKDAYS
                .iter()
                .any(|name| weekday.eq_ignore_ascii_case(name));
        week && one
    }
}

const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const MONTHS: [&str; 12] = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];

/// The bits of a field. Names count from `first`.
fn field(text: &str, first: u32, last: u32, names: &[&str]) -> Option<u64> {
    let number = |text: &str| -> Option<u32> {
        let named = names
            .iter()
            .position(|name| text.eq_ignore_ascii_case(name))
            .and_then(|at| u32::try_from(at).ok())
            .map(|at| at + first);
        named
            .or_else(|| text.parse().ok())
            .filter(|number| (first..=last).contains(number))
    };
    let mut bits = 0;
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(step.parse::<u32>().ok().filter(|s| *s > 0)?)),
            None => (part, None),
        };
        let (from, to) = match range.split_once('-') {
            _ if matches!(range, "*" | "?") => (first, last),
            Some((from, to)) => (number(from)?, number(to)?),
            None => {
                let from = number(range)?;
                (from, if step.is_some() { last } else { from })
            }
        };
        let mut at = from;
        while at <= to {
            bits |= 1 << at;
            at += step.unwrap_or(1);
        }
    }
    Some(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cron(text: &str) -> Cron {
        Cron::parse(text).unwrap()
    }

    #[test]
    fn expressions_are_expanded() {
        assert_eq!(cron("0 */4 * * *").runs_per_day(), 6);
        assert_eq!(cron("* 0/4 * * *").runs_per_day(), 360);
        assert_eq!(cron("*/15 9-17 * * MON-FRI").runs_per_day(), 36);
        assert_eq!(cron("TZ=Europe/Berlin 30 2,14 * * *").runs_per_day(), 2);
        assert_eq!(cron("@weekly").days_per_year(), 53);
        assert_eq!(cron("0 0 31 2 *").days_per_year(), 0);
        assert_eq!(cron("0 0 29 2 *").days_per_year(), 1);
        assert_eq!(cron("cron(0 5 ? * 1 *)").days_per_year(), 53);
        assert_eq!(
            cron("0 0 * * 7"),
            Cron {
                fields: cron("0 0 * * 7").fields,
                ..cron("0 0 * * 0")
            }
        );
    }

    #[test]
    fn what_is_no_expression_is_refused() {
        for text in [
            "",
            "every day",
            "60 * * * *",
            "* * * *",
            "0 0 L * *",
            "*/0 * * * *",
            "rate(1 day)",
        ] {
            assert_eq!(Cron::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_star_for_the_minute_is_seen() {
        assert!(cron("* 0/4 * * *").every_minute_of_chosen_hours());
        assert!(cron("* 2 * * *").every_minute_of_chosen_hours());
        assert!(!cron("* * * * *").every_minute_of_chosen_hours());
        assert!(!cron("* 9-17 * * 1-5").every_minute_of_chosen_hours());
        assert!(!cron("0 */4 * * *").every_minute_of_chosen_hours());
    }

    #[test]
    fn two_kinds_of_days_are_either_or() {
        assert!(cron("0 3 1-7 * 0").means_both_days());
        assert!(!cron("0 3 1 * *").means_both_days());
        assert!(cron("0 3 1-7 * 0").days_per_year() > 120);
    }
}
