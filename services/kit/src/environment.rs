//! Reading the variables a service is configured by.
//!
//! Reading never stops at the first mistake: every problem is noted, and [`Environment::finish`] gives all of them in
//! one line. Values are quoted in messages only where they cannot be secret. What happens with the line (exit code 2,
//! before anything listens) is decided in [`crate::program`].

use std::ffi::OsString;
use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

/// Something that must not be printed: `Debug` shows that it is there, never what it is.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes the text in.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What is wrong with the configuration, all of it, in one line and without any secret.
#[derive(Debug, thiserror::Error)]
#[error("the configuration is not usable: {}", problems.join("; "))]
pub struct ConfigurationError {
    problems: Vec<String>,
}

type Lookup = Box<dyn Fn(&str) -> Option<OsString>>;

/// The variables of the process, and what was found wrong with them so far.
pub struct Environment {
    lookup: Lookup,
    problems: Vec<String>,
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment")
            .field("problems", &self.problems)
            .finish_non_exhaustive()
    }
}

impl Environment {
    /// The variables this process was started with.
    pub fn of_the_process() -> Self {
        Self::from_lookup(|name| std::env::var_os(name))
    }

    /// Variables from anywhere else, for tests.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<OsString> + 'static) -> Self {
        Self {
            lookup: Box::new(lookup),
            problems: Vec::new(),
        }
    }

    /// Notes that something is wrong; `problem` must not hold a secret.
    pub fn problem(&mut self, problem: impl Into<String>) {
        self.problems.push(problem.into());
    }

    /// The value of `name`; an empty one counts as not set, as most orchestrators cannot unset.
    pub fn optional(&mut self, name: &str) -> Option<String> {
        let value = (self.lookup)(name)?;
        match value.into_string() {
            Ok(value) if value.is_empty() => None,
            Ok(value) => Some(value),
            Err(_) => {
                self.problem(format!("`{name}` is not valid UTF-8"));
                None
            }
        }
    }

    /// The value of `name`, or a noted problem that says what to set.
    pub fn required(&mut self, name: &str, what: &str) -> String {
        self.optional(name).unwrap_or_else(|| {
            self.problem(format!("`{name}` is not set: give {what}"));
            String::new()
        })
    }

    /// The value of `name` read as `T`, or `default` when it is not set.
    pub fn parsed<T: FromStr>(&mut self, name: &str, expected: &str, default: T) -> T {
        let Some(text) = self.optional(name) else {
            return default;
        };
        text.parse().unwrap_or_else(|_| {
            self.problem(format!("`{name}` is `{text}`, expected {expected}"));
            default
        })
    }

    /// A whole number within `range`, or `default` when it is not set.
    pub fn number(
        &mut self,
        name: &str,
        range: std::ops::RangeInclusive<u64>,
        default: u64,
    ) -> u64 {
        let Some(text) = self.optional(name) else {
            return default;
        };
        match text.parse() {
            Ok(value) if range.contains(&value) => value,
            _ => {
                self.problem(format!(
                    "`{name}` is `{text}`, expected a whole number from {} to {}",
                    range.start(),
                    range.end()
                ));
                default
            }
        }
    }

    /// A time in milliseconds within `range`, or `default` when it is not set.
    pub fn milliseconds(
        &mut self,
        name: &str,
        range: std::ops::RangeInclusive<u64>,
        default: u64,
    ) -> Duration {
        Duration::from_millis(self.number(name, range, default))
    }

    /// `true` or `false`, or `default` when it is not set.
    pub fn switch(&mut self, name: &str, default: bool) -> bool {
        self.parsed(name, "`true` or `false`", default)
    }

    /// Where to listen: `address` (as `LISTEN_ADDR`) wins, else every interface at `port` (as `PORT`), else `default`.
    pub fn listen(&mut self, address: &str, port: &str, default: u16) -> SocketAddr {
        let fallback = SocketAddr::from(([0, 0, 0, 0], default));
        if self.optional(address).is_some() {
            return self.parsed(
                address,
                "an address and a port such as `0.0.0.0:8080`",
                fallback,
            );
        }
        // 0 is a free port chosen by the system: useful in tests, where the start line tells which.
        let port = self.parsed(port, "a port number from 0 to 65535", default);
        SocketAddr::from(([0, 0, 0, 0], port))
    }

    /// A secret from `name`, or from the file that `name_FILE` names (one trailing line end is dropped).
    pub fn secret(&mut self, name: &str, what: &str) -> Secret {
        let file = format!("{name}_FILE");
        match (self.optional(name), self.optional(&file)) {
            (Some(_), Some(_)) => {
                self.problem(format!(
                    "both `{name}` and `{file}` are set: keep one of them"
                ));
                Secret::new("")
            }
            (Some(text), None) => Secret::new(text),
            (None, Some(path)) => self.secret_file(&file, &path),
            (None, None) => {
                self.problem(format!("neither `{name}` nor `{file}` is set: give {what}"));
                Secret::new("")
            }
        }
    }

    fn secret_file(&mut self, variable: &str, path: &str) -> Secret {
        match std::fs::read_to_string(path) {
            Ok(text) => {
                let text = text.strip_suffix('\n').unwrap_or(&text);
                let text = text.strip_suffix('\r').unwrap_or(text);
                if text.is_empty() {
                    self.problem(format!("`{variable}` names `{path}`, which is empty"));
                }
                Secret::new(text)
            }
            Err(error) => {
                self.problem(format!(
                    "`{variable}` names `{path}`, which cannot be read: {error}"
                ));
                Secret::new("")
            }
        }
    }

    /// Everything that was found wrong, or nothing.
    pub fn finish(&mut self) -> Result<(), ConfigurationError> {
        if self.problems.is_empty() {
            Ok(())
        } else {
            Err(ConfigurationError {
                problems: std::mem::take(&mut self.problems),
            })
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says so by failing")]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Environment {
        let pairs: Vec<(String, String)> = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Environment::from_lookup(move |name| {
            pairs.iter().find(|(n, _)| n == name).map(|(_, v)| v.into())
        })
    }

    #[test]
    fn listen_address_wins_over_port_and_port_over_the_default() {
        let mut both = environment(&[("LISTEN_ADDR", "127.0.0.1:1"), ("PORT", "2")]);
        assert_eq!(
            both.listen("LISTEN_ADDR", "PORT", 3).to_string(),
            "127.0.0.1:1"
        );
        let mut port = environment(&[("PORT", "2")]);
        assert_eq!(
            port.listen("LISTEN_ADDR", "PORT", 3).to_string(),
            "0.0.0.0:2"
        );
        let mut none = environment(&[]);
        assert_eq!(
            none.listen("LISTEN_ADDR", "PORT", 3).to_string(),
            "0.0.0.0:3"
        );
    }

    #[test]
    fn every_problem_is_named_in_one_line() {
        let mut env = environment(&[("DB_PORT", "x"), ("SWITCH", "yes")]);
        env.number("DB_PORT", 1..=65535, 5432);
        env.switch("SWITCH", false);
        env.required("DB_NAME", "the name of the database");
        let line = env.finish().unwrap_err().to_string();
        assert_eq!(
            line,
            "the configuration is not usable: `DB_PORT` is `x`, expected a whole number from 1 to 65535; \
             `SWITCH` is `yes`, expected `true` or `false`; `DB_NAME` is not set: give the name of the database"
        );
    }

    #[test]
    fn a_secret_is_read_from_one_place_and_never_shown() {
        let folder = std::env::temp_dir().join(format!("service-kit-{}", std::process::id()));
        std::fs::write(&folder, "p@ss word \r\n").unwrap();
        let mut env = environment(&[("DB_PASSWORD_FILE", folder.to_str().unwrap())]);
        let secret = env.secret("DB_PASSWORD", "the password");
        std::fs::remove_file(&folder).unwrap();
        assert_eq!(secret.reveal(), "p@ss word ");
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        env.finish().unwrap();

        let mut both = environment(&[("DB_PASSWORD", "hunter2"), ("DB_PASSWORD_FILE", "/x")]);
        both.secret("DB_PASSWORD", "the password");
        let line = both.finish().unwrap_err().to_string();
        assert!(line.contains("both `DB_PASSWORD` and `DB_PASSWORD_FILE` are set"));
        assert!(!line.contains("hunter2"));
    }
}
