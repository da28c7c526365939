//! What unquoted words mean.
//!
//! [`plain`] follows the core schema of YAML 1.2. Many readers in the field still follow YAML 1.1, where `no` is
//! false, `0755` is 493 and `12:30:00` is 45000; [`surprise`] finds the words that two readers see differently.

/// What an unquoted scalar means in YAML 1.2.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Meaning {
    /// Nothing at all, `~` or `null`.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number.
    Integer(i128),
    /// Another number.
    Float(f64),
    /// Text.
    Text,
}

/// What an unquoted scalar means in YAML 1.2's core schema.
pub fn plain(text: &str) -> Meaning {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Meaning::Null,
        "true" | "True" | "TRUE" => return Meaning::Boolean(true),
        "false" | "False" | "FALSE" => return Meaning::Boolean(false),
        ".nan" | ".NaN" | ".NAN" => return Meaning::Float(f64::NAN),
        _ => {}
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        let infinite = if text.starts_with('-') {
            f64::NEG_INFINITY
        } else {
            f64::INFINITY
        };
        return Meaning::Float(infinite);
    }
    for (prefix, radix) in [("0o", 8), ("0x", 16)] {
        // The core schema allows no sign here.
        if let Some(digits) = text.strip_prefix(prefix)
            && digits.chars().all(|c| c.is_digit(radix))
            && let Ok(value) = i128::from_str_radix(digits, radix)
        {
            return Meaning::Integer(value);
        }
    }
    if !unsigned.is_empty() && unsigned.bytes().all(|b| b.is_ascii_digit()) {
        return match text.trim_start_matches('+').parse() {
            Ok(value) => Meaning::Integer(value),
            Err(_) => Meaning::Float(text.parse().unwrap_or(f64::INFINITY)),
        };
    }
    if is_float(unsigned) {
        return text.parse().map_or(Meaning::Text, Meaning::Float);
    }
    Meaning::Text
}

/// `( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
fn is_float(unsigned: &str) -> bool {
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
        None => (unsigned, None),
    };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let mantissa_fits = match mantissa.split_once('.') {
        Some((whole, fraction)) => {
            digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty())
        }
        None => !mantissa.is_empty() && digits(mantissa),
    };
    let exponent_fits = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    mantissa_fits && exponent_fits
}

/// Why an unquoted scalar is not what its writer may think.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surprise {
    /// `yes`, `no`, `on`, `off`, `y`, `n`: text in YAML 1.2, true or false in YAML 1.1.
    BooleanWord(bool),
    /// `0755`: 755 in YAML 1.2, 493 in YAML 1.1; and either way the zero is lost.
    LeadingZero,
    /// `12:30:00`: text in YAML 1.2, a number in base sixty in YAML 1.1.
    Sexagesimal,
    /// `1.30`: the number 1.3, so the version 1.30 is lost.
    LostDigits,
    /// `1e3`: the number 1000, so an id or digest that looks like it is lost.
    Exponent,
    /// `1_000`: text in YAML 1.2, 1000 in YAML 1.1.
    Underscore,
    /// `2026-11-21`: text in YAML 1.2's core schema, a date in YAML 1.1.
    Date,
}

/// Whether an unquoted scalar is read differently by different readers, or loses what was written.
pub fn surprise(text: &str) -> Option<Surprise> {
    let boolean = match text {
        "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "y" | "Y" => Some(true),
        "no" | "No" | "NO" | "off" | "Off" | "OFF" | "n" | "N" => Some(false),
        _ => None,
    };
    if let Some(value) = boolean {
        return Some(Surprise::BooleanWord(value));
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !unsigned.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if digits(unsigned) {
        return (unsigned.len() > 1 && unsigned.starts_with('0')).then_some(Surprise::LeadingZero);
    }
    let groups: Vec<&str> = unsigned.split(':').collect();
    if groups.len() > 1
        && digits(groups[0])
        && groups[1..]
            .iter()
            .all(|g| digits(g) && g.len() <= 2 && g.parse().is_ok_and(|n: u8| n < 60))
    {
        return Some(Surprise::Sexagesimal);
    }
    let groups: Vec<&str> = text.split('-').collect();
    if let [year, month, day] = groups[..]
        && [year, month, day].iter().all(|g| digits(g))
        && (year.len(), month.len(), day.len()) == (4, 2, 2)
    {
        return Some(Surprise::Date);
    }
    if let Meaning::Float(value) = plain(text) {
        if unsigned.contains(['e', 'E']) {
            return Some(Surprise::Exponent);
        }
        return (value.to_string() != text).then_some(Surprise::LostDigits);
    }
    if unsigned.contains('_') && digits(&unsigned.replace('_', "")) {
        return Some(Surprise::Underscore);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_follow_the_core_schema() {
        for (text, meaning) in [
            ("", Meaning::Null),
            ("~", Meaning::Null),
            ("nULL", Meaning::Text),
            ("True", Meaning::Boolean(true)),
            ("yes", Meaning::Text),
            ("12", Meaning::Integer(12)),
            ("-12", Meaning::Integer(-12)),
            ("+12", Meaning::Integer(12)),
            ("0755", Meaning::Integer(755)),
            ("0o755", Meaning::Integer(493)),
            ("0xff", Meaning::Integer(255)),
            ("-0xff", Meaning::Text),
            ("0o", Meaning::Text),
            ("1.30", Meaning::Float(1.3)),
            ("1.", Meaning::Float(1.0)),
            (".5", Meaning::Float(0.5)),
            (".", Meaning::Text),
            ("1e3", Meaning::Float(1000.0)),
            ("1e", Meaning::Text),
            ("-.inf", Meaning::Float(f64::NEG_INFINITY)),
            ("1.2.3", Meaning::Text),
            ("12:30:00", Meaning::Text),
            ("inf", Meaning::Text),
            ("nan", Meaning::Text),
            ("infinity", Meaning::Text),
        ] {
            assert_eq!(plain(text), meaning, "{text:?}");
        }
        assert!(matches!(plain(&"9".repeat(60)), Meaning::Float(_)));
    }

    #[test]
    fn surprises_are_found() {
        for (text, expected) in [
            ("on", Some(Surprise::BooleanWord(true))),
            ("NO", Some(Surprise::BooleanWord(false))),
            ("0755", Some(Surprise::LeadingZero)),
            ("012345678901", Some(Surprise::LeadingZero)),
            ("12:30:00", Some(Surprise::Sexagesimal)),
            ("22:22", Some(Surprise::Sexagesimal)),
            ("1.30", Some(Surprise::LostDigits)),
            ("1.36", None),
            ("1e3", Some(Surprise::Exponent)),
            ("1_000", Some(Surprise::Underscore)),
            ("2026-11-21", Some(Surprise::Date)),
            ("0", None),
            ("10", None),
            ("true", None),
            ("1.2.3", None),
            ("10:99", None),
            ("name:22", None),
        ] {
            assert_eq!(surprise(text), expected, "{text:?}");
        }
    }
}
