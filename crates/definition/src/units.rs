//! Quantities with their units, from text; what is wrong with one is said in the words of the field.

use std::time::Duration;

use crate::model::{Bytes, MilliCpu, MonthlyAmount, Share, Span};
use crate::shape::form::Problem;

/// A number and what follows it.
fn split(text: &str) -> (&str, &str) {
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(text.len());
    text.split_at(end)
}

/// A decimal number times `scale`, exactly; `None` where it is no number, too large, or not whole after scaling.
fn decimal(number: &str, scale: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty()
        || !digits(whole)
        || !digits(fraction)
        || (number.contains('.') && fraction.is_empty())
    {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    let mut value = u128::from(whole.parse::<u64>().ok()?) * u128::from(scale);
    if !fraction.is_empty() {
        let digits = u32::try_from(fraction.len()).ok().filter(|n| *n <= 18)?;
        let part = u128::from(fraction.parse::<u64>().ok()?) * u128::from(scale);
        let unit = 10u128.pow(digits);
        if part % unit != 0 {
            return None;
        }
        value += part / unit;
    }
    u64::try_from(value).ok()
}

/// `300ms`, `5s`, `10m`, `1h`, `7d`, `2w`, `3y` (of 365 days).
pub(crate) fn duration(text: &str) -> Result<Span, Problem> {
    const UNITS: [(&str, u64); 7] = [
        ("ms", 1),
        ("s", 1000),
        ("m", 60_000),
        ("h", 3_600_000),
        ("d", 86_400_000),
        ("w", 7 * 86_400_000),
        ("y", 365 * 86_400_000),
    ];
    let (number, unit) = split(text);
    if unit.is_empty() && !number.is_empty() {
        return Err(Problem::new(format!("the duration `{text}` has no unit"))
            .label("expected `ms`, `s`, `m`, `h`, `d`, `w` or `y` after the number")
            .hint(format!("write `{text}s` for seconds"))
            .code("definition/unit"));
    }
    let Some((_, scale)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        let problem = Problem::new(format!("`{text}` is not a duration"))
            .label("expected a number and `ms`, `s`, `m`, `h`, `d`, `w` or `y`")
            .code("definition/unit");
        let meant = match unit.trim().to_lowercase().as_str() {
            "sec" | "secs" | "second" | "seconds" => Some("s"),
            "min" | "mins" | "minute" | "minutes" => Some("m"),
            "hour" | "hours" | "hr" => Some("h"),
            "day" | "days" => Some("d"),
            "week" | "weeks" => Some("w"),
            "year" | "years" => Some("y"),
            "msec" | "millis" | "milliseconds" => Some("ms"),
            _ => None,
        };
        return Err(match meant {
            Some(meant) if !number.is_empty() => problem
                .hint(format!("write `{number}{meant}`"))
                .replacement(format!("{number}{meant}")),
            _ if matches!(unit, "mo" | "month" | "months" | "M") => {
                problem.hint("months differ in length: write days, such as `30d`")
            }
            _ if unit.contains(|c: char| c.is_ascii_digit()) => {
                problem.hint("write one number with one unit, such as `90m` for an hour and a half")
            }
            _ => problem,
        });
    };
    match decimal(number, *scale) {
        Some(ms) => Ok(Span(Duration::from_millis(ms))),
        None => Err(Problem::new(format!("`{text}` is not a duration"))
            .label("expected a number of whole milliseconds at the finest")
            .code("definition/unit")),
    }
}

/// `100m` or `0.5`.
pub(crate) fn cpu(text: &str) -> Result<MilliCpu, Problem> {
    let (number, unit) = split(text);
    let value = match unit {
        "m" => decimal(number, 1),
        "" => decimal(number, 1000),
        _ => None,
    };
    match value {
        Some(0) => Err(Problem::new("no CPU at all")
            .label("expected more than 0")
            .code("definition/unit")),
        Some(milli) => Ok(MilliCpu(milli)),
        None => {
            let problem = Problem::new(format!("`{text}` is not an amount of CPU"))
                .label("expected thousandths of a core such as `100m`, or cores such as `0.5`")
                .code("definition/unit");
            Err(if matches!(unit, "Mi" | "Gi" | "Ki") {
                problem.hint(format!("`{unit}` is a unit of memory"))
            } else {
                problem
            })
        }
    }
}

/// `128Mi`, `1Gi`, `500M`.
pub(crate) fn memory(text: &str) -> Result<Bytes, Problem> {
    const UNITS: [(&str, u64); 8] = [
        ("Ki", 1 << 10),
        ("Mi", 1 << 20),
        ("Gi", 1 << 30),
        ("Ti", 1 << 40),
        ("k", 1_000),
        ("M", 1_000_000),
        ("G", 1_000_000_000),
        ("T", 1_000_000_000_000),
    ];
    let (number, unit) = split(text);
    let unit_error = |problem: Problem| Err(problem.code("definition/unit"));
    if unit == "m" {
        return unit_error(
            Problem::new(format!(
                "`{text}` of memory is {number} thousandths of a byte"
            ))
            .label("`m` means thousandths in Kubernetes, and megabytes in Compose")
            .hint(format!("write `{number}Mi`"))
            .replacement(format!("{number}Mi")),
        );
    }
    if unit.is_empty() && !number.is_empty() {
        return unit_error(
            Problem::new(format!("the memory `{text}` has no unit"))
                .label("expected `Ki`, `Mi`, `Gi` or `Ti` after the number")
                .hint(format!("write `{number}Mi` for mebibytes")),
        );
    }
    let Some((_, scale)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        let problem = Problem::new(format!("`{text}` is not an amount of memory"))
            .label("expected a number and `Ki`, `Mi`, `Gi` or `Ti`");
        let meant = match unit.trim().to_lowercase().as_str() {
            "k" | "ki" | "kb" | "kib" => Some("Ki"),
            "mb" | "mi" | "mib" => Some("Mi"),
            "g" | "gi" | "gb" | "gib" => Some("Gi"),
            "t" | "ti" | "tb" | "tib" => Some("Ti"),
            _ => None,
        };
        return unit_error(match meant {
            Some(meant) if !number.is_empty() => problem
                .hint(format!("write `{number}{meant}`"))
                .replacement(format!("{number}{meant}")),
            _ => problem,
        });
    };
    match decimal(number, *scale) {
        Some(0) | None => unit_error(
            Problem::new(format!("`{text}` is not an amount of memory"))
                .label("expected more than 0, and whole bytes"),
        ),
        Some(bytes) => Ok(Bytes(bytes)),
    }
}

/// `99.9%`.
pub(crate) fn share(text: &str) -> Result<Share, Problem> {
    let (number, unit) = split(text);
    let percent = (unit == "%").then(|| decimal(number, 10_000)).flatten();
    match percent {
        Some(millionths @ 1..=1_000_000) => Ok(Share(
            u32::try_from(millionths).expect("the range was checked"),
        )),
        Some(_) => Err(Problem::new(format!("`{text}` is not a share"))
            .label("expected more than 0% and at most 100%")
            .code("definition/unit")),
        None => {
            let problem = Problem::new(format!("`{text}` is not a share"))
                .label("expected a percentage such as `99.9%`")
                .code("definition/unit");
            let whole = unit
                .is_empty()
                .then(|| decimal(number, 1_000_000))
                .flatten();
            Err(match whole {
                // Who writes 0.7 means 70%; who writes 70 forgot the sign.
                Some(m @ 1..=1_000_000) => problem.hint(format!(
                    "write `{}`",
                    Share(u32::try_from(m).expect("the range was checked"))
                )),
                Some(_) => problem
                    .hint(format!("write `{text}%`"))
                    .replacement(format!("{text}%")),
                None => problem,
            })
        }
    }
}

/// `p99` or `p99.9`, as the share that must be faster.
pub(crate) fn percentile(text: &str) -> Result<Share, Problem> {
    let number = text
        .strip_prefix('p')
        .and_then(|number| decimal(number, 10_000));
    if let Some(millionths @ 1..=999_999) = number {
        Ok(Share(
            u32::try_from(millionths).expect("the range was checked"),
        ))
    } else {
        let problem = Problem::new(format!("`{text}` is not a percentile"))
            .label("expected one such as `p99` or `p99.9`");
        Err(
            match text.trim_start_matches(['P', 'p']).trim_end_matches('%') {
                number if decimal(number, 10_000).is_some_and(|m| (1..1_000_000).contains(&m)) => {
                    problem.hint(format!("write `p{number}`"))
                }
                _ => problem,
            },
        )
    }
}

/// `60 USD/month`.
pub(crate) fn monthly_amount(text: &str) -> Result<MonthlyAmount, Problem> {
    let fits = text.strip_suffix("/month").and_then(|amount| {
        let (number, currency) = amount.split_once(' ')?;
        let code = currency.len() == 3 && currency.bytes().all(|b| b.is_ascii_uppercase());
        Some((
            decimal(number, 100).filter(|cents| *cents > 0)?,
            code.then_some(currency)?,
        ))
    });
    if let Some((cents, currency)) = fits {
        return Ok(MonthlyAmount {
            cents,
            currency: currency.to_owned(),
        });
    }
    let problem = Problem::new(format!("`{text}` is not a monthly amount"))
        .label("expected an amount such as `60 USD/month`")
        .code("definition/unit");
    let (number, rest) = split(text.trim_start_matches(['$', '€', '£']));
    let rest = rest.trim();
    let currency = match (text.chars().next(), rest.split(['/', ' ']).next()) {
        (Some('€'), _) => "EUR".to_owned(),
        (Some('£'), _) => "GBP".to_owned(),
        (_, Some(code)) if code.len() == 3 && code.bytes().all(|b| b.is_ascii_alphabetic()) => {
            code.to_ascii_uppercase()
        }
        _ => "USD".to_owned(),
    };
    let cents = decimal(number, 100).filter(|cents| *cents > 0);
    Err(match cents {
        Some(cents) => {
            let amount = MonthlyAmount { cents, currency };
            problem
                .hint(format!("write `{amount}`"))
                .replacement(amount.to_string())
        }
        None => problem,
    })
}
