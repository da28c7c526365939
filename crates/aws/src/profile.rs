//! The shared configuration of AWS's tools: `~/.aws/config` and `~/.aws/credentials`.
//!
//! Source: "Configuration and credential file settings" of the AWS CLI. Nested settings (`s3 =` with lines below it) are
//! passed over: none of them concerns us.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use crate::Error;

/// Every profile of both files; what the credentials file says wins.
#[derive(Debug, Default)]
pub(crate) struct Profiles(BTreeMap<String, Profile>);

/// The settings of one profile.
#[derive(Debug, Clone, Default)]
pub(crate) struct Profile(BTreeMap<String, String>);

impl Profile {
    /// A setting that is there and not empty.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        let value = self.0.get(key).map(String::as_str);
        value.filter(|value| !value.is_empty())
    }
}

impl Profiles {
    /// Reads both files; one that does not exist is empty.
    pub(crate) fn read(config: &Path, credentials: &Path) -> Result<Self, Error> {
        let mut profiles = Self::default();
        // In `config` profiles other than the default are written `[profile NAME]`.
        profiles.add(&read(config)?, |title| {
            match title.strip_prefix("profile") {
                Some(name) if name.starts_with(char::is_whitespace) => Some(name.trim().to_owned()),
                _ => (title == "default").then(|| title.to_owned()),
            }
        });
        profiles.add(&read(credentials)?, |title| Some(title.to_owned()));
        Ok(profiles)
    }

    pub(crate) fn get(&self, name: &str) -> Option<Profile> {
        self.0.get(name).cloned()
    }

    fn add(&mut self, text: &str, name_of: impl Fn(&str) -> Option<String>) {
        let mut section: Option<String> = None;
        for line in text.lines() {
            let bare = line.trim();
            if bare.is_empty() || bare.starts_with(['#', ';']) {
                continue;
            }
            if let Some(title) = bare.strip_prefix('[') {
                let title = title.split(']').next().unwrap_or_default().trim();
                section = name_of(title);
                if let Some(section) = &section {
                    self.0.entry(section.clone()).or_default();
                }
                continue;
            }
            // An indented line belongs to the nested setting above it.
            if line.starts_with([' ', '\t']) {
                continue;
            }
            if let (Some(section), Some((key, value))) = (&section, bare.split_once('=')) {
                // A comment begins at a hash or semicolon after white space.
                let comment = [" #", " ;", "\t#", "\t;"]
                    .iter()
                    .filter_map(|mark| value.find(mark))
                    .min();
                let value = &value[..comment.unwrap_or(value.len())];
                let profile = self.0.entry(section.clone()).or_default();
                profile
                    .0
                    .insert(key.trim().to_ascii_lowercase(), value.trim().to_owned());
            }
        }
    }
}

fn read(path: &Path) -> Result<String, Error> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(Error::ReadProfiles {
            path: path.to_owned(),
            why: error.to_string(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_of_both_files_are_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let config = folder.path().join("config");
        let credentials = folder.path().join("credentials");
        std::fs::write(
            &config,
            "[default]\nregion = eu-west-1 # home\n[profile work]\nregion=eu-west-3\ns3 =\n  region = nested\n\
             credential_process = /bin/give --as work\n[sso-session acme]\nregion = no\n",
        )
        .expect("a file");
        std::fs::write(
            &credentials,
            "; keys\n[work]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = a#b=c\n",
        )
        .expect("a file");
        let profiles = Profiles::read(&config, &credentials).expect("they are there");
        let default = profiles.get("default").expect("it is there");
        assert_eq!(default.get("region"), Some("eu-west-1"));
        let work = profiles.get("work").expect("it is there");
        assert_eq!(work.get("region"), Some("eu-west-3"));
        assert_eq!(work.get("credential_process"), Some("/bin/give --as work"));
        assert_eq!(work.get("aws_secret_access_key"), Some("a#b=c"));
        assert!(profiles.get("acme").is_none() && profiles.get("sso-session acme").is_none());
    }

    #[test]
    fn files_that_do_not_exist_are_empty() {
        let nowhere = Path::new("/nonexistent/config");
        let profiles = Profiles::read(nowhere, nowhere).expect("that is no error");
        assert!(profiles.get("default").is_none());
    }
}
