//! The settings of AWS's tools, as the command line hands them over: variables, and the files they name.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::Error;
use crate::profile::{Profile, Profiles};

/// The variables of the user that concern AWS, and the home folder.
///
/// Nothing below the command line reads the environment, so that a test can have settings of its own.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    variables: BTreeMap<String, String>,
    home: Option<PathBuf>,
}

impl Settings {
    /// Takes the variables that begin with `AWS_`; others are not kept.
    pub fn new(
        variables: impl IntoIterator<Item = (String, String)>,
        home: Option<PathBuf>,
    ) -> Self {
        let variables = variables
            .into_iter()
            .filter(|(name, value)| name.starts_with("AWS_") && !value.is_empty())
            .collect();
        Self { variables, home }
    }

    /// A variable that is set and not empty.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// The profile's name: `AWS_PROFILE`, or the one that is used without a name.
    pub fn profile_name(&self) -> &str {
        self.variable("AWS_PROFILE").unwrap_or("default")
    }

    /// The region that the user's settings name, and which setting it is.
    pub fn region(&self) -> Result<Option<(String, String)>, Error> {
        for name in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
            if let Some(region) = self.variable(name) {
                return Ok(Some((region.to_owned(), format!("`{name}`"))));
            }
        }
        let profile = self.profile()?;
        let region = profile.and_then(|profile| profile.get("region").map(str::to_owned));
        Ok(region.map(|region| (region, format!("the profile `{}`", self.profile_name()))))
    }

    /// The profile in force; `None`: no file has the default one.
    pub(crate) fn profile(&self) -> Result<Option<Profile>, Error> {
        let profiles = Profiles::read(&self.config_file(), &self.credentials_file())?;
        match profiles.get(self.profile_name()) {
            None if self.variable("AWS_PROFILE").is_some() => Err(Error::FindProfile {
                profile: self.profile_name().to_owned(),
            }),
            profile => Ok(profile),
        }
    }

    fn config_file(&self) -> PathBuf {
        self.file("AWS_CONFIG_FILE", ".aws/config")
    }

    fn credentials_file(&self) -> PathBuf {
        self.file("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials")
    }

    fn file(&self, variable: &str, below_home: &str) -> PathBuf {
        let home = || self.home.clone().unwrap_or_default();
        match self.variable(variable) {
            Some(path) => match path.strip_prefix("~/") {
                Some(rest) => home().join(rest),
                None => PathBuf::from(path),
            },
            None => home().join(below_home),
        }
    }
}
