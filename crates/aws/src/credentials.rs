//! Who we are: the same answer that every other tool of AWS gives on this machine.
//!
//! In this order: keys in variables, the profile (keys, or a program that gives them), a web identity in variables, a
//! container's service, and at last `aws configure export-credentials`, which knows single sign-on, roles and instance
//! profiles. That command is asked instead of writing the log-in flows again.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use serde::Deserialize;

use crate::profile::Profile;
use crate::{Error, Settings, sts};

/// How long before their end keys are asked for again.
const MARGIN: Duration = Duration::from_mins(5);

/// A pair of keys, with a token when they are lent. Never shown.
#[derive(Clone, Default)]
pub struct Keys {
    /// Who.
    pub(crate) access_key_id: String,
    /// The proof, which signs and is never sent.
    pub(crate) secret_access_key: String,
    /// What makes lent keys valid.
    pub(crate) session_token: Option<String>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keys({}, …)", self.access_key_id)
    }
}

/// Credentials that renew themselves.
#[derive(Debug)]
pub struct Credentials {
    settings: Settings,
    region: String,
    held: Mutex<Option<Held>>,
}

#[derive(Debug, Clone)]
struct Held {
    keys: Keys,
    until: Option<SystemTime>,
}

impl Credentials {
    /// Credentials as the settings give them; nothing is looked up yet.
    pub fn new(settings: Settings, region: impl Into<String>) -> Self {
        Self {
            settings,
            region: region.into(),
            held: Mutex::new(None),
        }
    }

    /// Keys that are valid for some minutes at least.
    pub(crate) fn keys(&self) -> Result<Keys, Error> {
        let mut held = self
            .held
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let fresh = |held: &&Held| {
            held.until
                .is_none_or(|until| until > SystemTime::now() + MARGIN)
        };
        if let Some(held) = held.as_ref().filter(fresh) {
            return Ok(held.keys.clone());
        }
        let found = self.find()?;
        let keys = found.keys.clone();
        *held = Some(found);
        Ok(keys)
    }

    fn find(&self) -> Result<Held, Error> {
        let mut tried = Vec::new();
        if let Some(held) = from_variables(&self.settings) {
            return Ok(held);
        }
        tried.push("`AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` are not set".to_owned());

        let name = self.settings.profile_name();
        match self.settings.profile()? {
            None => tried.push(format!("there is no profile `{name}`")),
            Some(profile) => match from_profile(&profile, name)? {
                Some(held) => return Ok(held),
                None => tried.push(format!("the profile `{name}` holds no keys itself")),
            },
        }
        match self.web_identity()? {
            Some(held) => return Ok(held),
            None => tried.push("`AWS_WEB_IDENTITY_TOKEN_FILE` is not set".to_owned()),
        }
        match self.container()? {
            Some(held) => return Ok(held),
            None => tried.push("`AWS_CONTAINER_CREDENTIALS_FULL_URI` is not set".to_owned()),
        }
        let mut export = Command::new("aws");
        export.args(["configure", "export-credentials", "--format", "process"]);
        if self.settings.variable("AWS_PROFILE").is_some() {
            export.args(["--profile", name]);
        }
        match run(&mut export, "aws configure export-credentials") {
            Ok(held) => return Ok(held),
            Err(Error::RunCredentialProcess { why, .. }) => tried.push(format!(
                "`aws configure export-credentials`, which knows single sign-on and roles: {why}"
            )),
            Err(error) => return Err(error),
        }
        Err(Error::FindCredentials { tried })
    }

    /// A token that a runner or a pod was given, against keys of a role.
    fn web_identity(&self) -> Result<Option<Held>, Error> {
        let variable = |name| self.settings.variable(name);
        let (Some(file), Some(role)) = (
            variable("AWS_WEB_IDENTITY_TOKEN_FILE"),
            variable("AWS_ROLE_ARN"),
        ) else {
            return Ok(None);
        };
        let token = std::fs::read_to_string(file).map_err(|error| Error::ReadProfiles {
            path: PathBuf::from(file),
            why: error.to_string(),
        })?;
        let session = variable("AWS_ROLE_SESSION_NAME").unwrap_or("seaworthy");
        let wire = sts::assume_role_with_web_identity(
            &self.settings,
            &self.region,
            role,
            session,
            token.trim(),
        )?;
        held(wire, "AssumeRoleWithWebIdentity").map(Some)
    }

    /// What a container (ECS, EKS Pod Identity) asks for its role's keys.
    fn container(&self) -> Result<Option<Held>, Error> {
        let variable = |name| self.settings.variable(name);
        let url = match (
            variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
            variable("AWS_CONTAINER_CREDENTIALS_FULL_URI"),
        ) {
            (Some(path), _) => format!("http://169.254.170.2{path}"),
            (None, Some(url)) => url.to_owned(),
            (None, None) => return Ok(None),
        };
        let token = match variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
            Some(file) => std::fs::read_to_string(file).ok(),
            None => variable("AWS_CONTAINER_AUTHORIZATION_TOKEN").map(str::to_owned),
        };
        let asked = "the container's credentials";
        let mut request = ureq::get(&url);
        if let Some(token) = &token {
            request = request.header("authorization", token.trim());
        }
        let answer = request
            .call()
            .and_then(|mut answer| answer.body_mut().read_to_string());
        let text = answer.map_err(|source| Error::Connect {
            asked: asked.to_owned(),
            host: url.clone(),
            source: Box::new(source),
        })?;
        let wire: Wire = serde_json::from_str(&text)
            // The error of serde would quote the answer.
            .map_err(|error| {
                unreadable(asked, format!("line {} is no credentials", error.line()))
            })?;
        held(wire, asked).map(Some)
    }
}

/// Keys as programs and services write them.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Wire {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    #[serde(alias = "Token")]
    pub(crate) session_token: Option<String>,
    pub(crate) expiration: Option<String>,
}

fn held(wire: Wire, asked: &str) -> Result<Held, Error> {
    let until = match wire.expiration.as_deref() {
        None | Some("") => None,
        Some(text) => Some(
            humantime::parse_rfc3339_weak(text.replace("+00:00", "Z").trim())
                .map_err(|error| unreadable(asked, error.to_string()))?,
        ),
    };
    Ok(Held {
        keys: Keys {
            access_key_id: wire.access_key_id,
            secret_access_key: wire.secret_access_key,
            session_token: wire.session_token.filter(|token| !token.is_empty()),
        },
        until,
    })
}

fn from_variables(settings: &Settings) -> Option<Held> {
    // A profile that is named on purpose does not beat keys in variables: so it is in every SDK.
    Some(Held {
        keys: Keys {
            access_key_id: settings.variable("AWS_ACCESS_KEY_ID")?.to_owned(),
            secret_access_key: settings.variable("AWS_SECRET_ACCESS_KEY")?.to_owned(),
            session_token: settings.variable("AWS_SESSION_TOKEN").map(str::to_owned),
        },
        until: None,
    })
}

fn from_profile(profile: &Profile, name: &str) -> Result<Option<Held>, Error> {
    // With `role_arn` the keys are only those that assume the role, which `aws` does.
    if profile.get("role_arn").is_some() {
        return Ok(None);
    }
    if let (Some(access_key_id), Some(secret_access_key)) = (
        profile.get("aws_access_key_id"),
        profile.get("aws_secret_access_key"),
    ) {
        return Ok(Some(Held {
            keys: Keys {
                access_key_id: access_key_id.to_owned(),
                secret_access_key: secret_access_key.to_owned(),
                session_token: profile.get("aws_session_token").map(str::to_owned),
            },
            until: None,
        }));
    }
    let Some(command) = profile.get("credential_process") else {
        return Ok(None);
    };
    let mut shell = Command::new("sh");
    shell.args(["-c", command]);
    run(&mut shell, &format!("credential_process of profile {name}")).map(Some)
}

/// Runs a program that prints credentials.
fn run(command: &mut Command, shown: &str) -> Result<Held, Error> {
    let failed = |why: String| Error::RunCredentialProcess {
        command: shown.to_owned(),
        why,
    };
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => failed("it is not installed".to_owned()),
            _ => failed(error.to_string()),
        })?;
    if !output.status.success() {
        let talk = String::from_utf8_lossy(&output.stderr);
        let last = talk.trim().lines().last().unwrap_or_default();
        return Err(failed(
            format!("{} {last}", output.status).trim().to_owned(),
        ));
    }
    let wire: Wire = serde_json::from_slice(&output.stdout)
        // The error of serde would quote the output.
        .map_err(|error| failed(format!("line {} is no credentials", error.line())))?;
    held(wire, shown)
}

fn unreadable(asked: &str, why: String) -> Error {
    Error::ReadAnswer {
        asked: asked.to_owned(),
        why,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn credentials(folder: &std::path::Path, config: &str, more: &[(&str, &str)]) -> Credentials {
        let file = folder.join("config");
        fs::write(&file, config).expect("a file");
        let mut variables = vec![
            ("AWS_CONFIG_FILE".to_owned(), file.display().to_string()),
            (
                "AWS_SHARED_CREDENTIALS_FILE".to_owned(),
                "/dev/null".to_owned(),
            ),
        ];
        variables.extend(
            more.iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        Credentials::new(Settings::new(variables, None), "eu-west-3")
    }

    #[test]
    fn keys_in_variables_win_and_a_process_is_asked_once_until_its_keys_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let count = folder.path().join("count");
        let config = format!(
            "[profile work]\ncredential_process = echo x >> {} && echo '{{\"Version\":1,\"AccessKeyId\":\"AKIDPROCESS\",\
             \"SecretAccessKey\":\"s\",\"SessionToken\":\"t\",\"Expiration\":\"2099-01-01T00:00:00+00:00\"}}'\n",
            count.display()
        );
        let work = ("AWS_PROFILE", "work");
        let process = credentials(folder.path(), &config, &[work]);
        for _ in 0..2 {
            let keys = process.keys().expect("it gives keys");
            assert_eq!(keys.access_key_id, "AKIDPROCESS");
            assert_eq!(keys.session_token.as_deref(), Some("t"));
        }
        assert_eq!(fs::read_to_string(&count).expect("it ran"), "x\n");

        let keys = [
            work,
            ("AWS_ACCESS_KEY_ID", "AKIDVARIABLE"),
            ("AWS_SECRET_ACCESS_KEY", "s"),
        ];
        let variables = credentials(folder.path(), &config, &keys);
        let keys = variables.keys().expect("they are set");
        assert_eq!(keys.access_key_id, "AKIDVARIABLE");
    }

    #[test]
    fn a_failing_process_is_named_and_its_output_is_not_shown() {
        let folder = tempfile::tempdir().expect("a folder");
        let config = "[default]\ncredential_process = echo hunter2; exit 3\n";
        let error = credentials(folder.path(), config, &[]).keys();
        let error = error.expect_err("it fails").to_string();
        assert!(
            error.contains("profile default") && error.contains('3'),
            "{error}"
        );
        assert!(!error.contains("hunter2"), "{error}");

        let config = "[default]\ncredential_process = echo '{\"SecretAccessKey\": \"hunter2\"}'\n";
        let error = credentials(folder.path(), config, &[]).keys();
        let error = error.expect_err("a key is missing").to_string();
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn a_profile_that_is_named_and_missing_is_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = credentials(folder.path(), "", &[("AWS_PROFILE", "work")]).keys();
        assert!(matches!(error, Err(Error::FindProfile { profile }) if profile == "work"));
    }

    #[test]
    fn keys_are_not_shown() {
        let keys = Keys {
            access_key_id: "AKIDEXAMPLE".to_owned(),
            secret_access_key: "hunter2".to_owned(),
            session_token: Some("hunter3".to_owned()),
        };
        assert_eq!(format!("{keys:?}"), "Keys(AKIDEXAMPLE, …)");
    }
}
