//! A small platform on disk: the roots of one environment, each with a thing or two that is made fast.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use seaworthy_aws::Client;
use seaworthy_provision::{Error, Event, Root, RootKind, Session, Settings, Target};
use seaworthy_testkit::emulator::{Account, Emulator};
use seaworthy_testkit::tofu;
use tempfile::TempDir;

pub(crate) const REGION: &str = "eu-west-3";

pub(crate) struct Platform {
    pub(crate) account: Account,
    pub(crate) target: Target,
    pub(crate) who: String,
    /// Goes with the value, unless it is another's.
    folder: Option<TempDir>,
}

impl Platform {
    /// A platform in an account that is empty, with the given text as `main.tf` of each root after the state's.
    pub(crate) fn new(roots: &[(&str, &[&str], &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().to_owned();
        let mut platform = Self::at(path, Emulator::shared().account(), roots);
        platform.folder = Some(folder);
        let bucket = &platform.target.roots[0].bucket;
        let state =
            format!("resource \"aws_s3_bucket\" \"this\" {{\n  bucket = \"{bucket}\"\n}}\n");
        platform.write("state", &state);
        for (name, _, text) in roots {
            platform.write(name, text);
        }
        platform
    }

    /// The platform whose roots are in a folder already.
    pub(crate) fn at(path: PathBuf, account: Account, roots: &[(&str, &[&str], &str)]) -> Self {
        let bucket = format!("counter-{}-{REGION}-tofu", account.id());
        let root = |name: &str, folder: String, kind, key: String| Root {
            name: name.to_owned(),
            folder,
            kind,
            bucket: bucket.clone(),
            key,
            reads: Vec::new(),
        };
        let mut all = vec![root(
            "state",
            format!("infra/accounts/{}/{REGION}/state", account.id()),
            RootKind::State,
            "state.tfstate".to_owned(),
        )];
        for (name, reads, _) in roots {
            let mut root = root(
                name,
                format!("infra/staging/{name}"),
                RootKind::Environment,
                format!("staging/{name}.tfstate"),
            );
            root.reads = reads
                .iter()
                .map(|read| format!("infra/staging/{read}"))
                .collect();
            all.push(root);
        }
        Self {
            target: Target {
                folder: path,
                platform: "counter".to_owned(),
                environment: "staging".to_owned(),
                account: account.id().to_owned(),
                region: REGION.to_owned(),
                protected: false,
                name_prefix: "counter-staging".to_owned(),
                cluster: "counter-staging".to_owned(),
                tags: BTreeMap::from([
                    ("platform".to_owned(), "counter".to_owned()),
                    ("environment".to_owned(), "staging".to_owned()),
                ]),
                roots: all,
            },
            account,
            who: "ada@bench".to_owned(),
            folder: None,
        }
    }

    fn root(&self, name: &str) -> &Root {
        let root = self.target.roots.iter().find(|root| root.name == name);
        root.expect("it is one of them")
    }

    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        self.target.folder.join(&self.root(name).folder)
    }

    /// Writes a root: what every rendered root has, and `text` as its `main.tf`.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let root = self.root(name);
        let folder = self.folder(name);
        fs::create_dir_all(&folder).expect("a folder");
        let environment = match root.kind {
            RootKind::Environment => "\n      environment = \"staging\"",
            _ => "",
        };
        let versions = format!(
            r#"terraform {{
  required_version = ">= 1.11"
  required_providers {{
    aws = {{
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7"
    }}
  }}
  backend "s3" {{
    bucket       = "{}"
    key          = "{}"
    region       = "{REGION}"
    use_lockfile = true
  }}
}}

provider "aws" {{
  region              = "{REGION}"
  allowed_account_ids = ["{}"]
  default_tags {{
    tags = {{
      platform = "counter"{environment}
      root     = "{name}"
    }}
  }}
}}
"#,
            root.bucket,
            root.key,
            self.account.id()
        );
        fs::write(folder.join("versions.tf"), versions).expect("a file");
        tofu::give_up_early(&folder);
        let mut data = String::new();
        for read in &root.reads {
            let read = self.target.roots.iter().find(|root| root.folder == *read);
            let read = read.expect("it is one of them");
            let _ = write!(
                data,
                "data \"terraform_remote_state\" \"{}\" {{\n  backend = \"s3\"\n  config = {{\n    bucket = \"{}\"\n    key = \"{}\"\n    region = \"{REGION}\"\n  }}\n}}\n",
                read.name, read.bucket, read.key
            );
        }
        fs::write(folder.join("main.tf"), format!("{data}{text}")).expect("a file");
    }

    pub(crate) fn settings(&self) -> Settings {
        // OpenTofu inherits this process's variables; what differs between tests stands in the settings of AWS, which
        // it does not read. So the account comes from a profile in a file that both are told of.
        Settings {
            aws: seaworthy_aws::Settings::new(self.account.variables(REGION), None),
            path: vec![self.programs()],
            who: self.who.clone(),
            plans: None,
            stop: Arc::new(AtomicUsize::new(0)),
        }
    }

    /// Whether its folder goes with it.
    pub(crate) fn owns_its_folder(&self) -> bool {
        self.folder.is_some()
    }

    /// A folder with a `tofu` that has the variables of this account and of the mirror.
    fn programs(&self) -> PathBuf {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = self.target.folder.join(".programs");
        fs::create_dir_all(&folder).expect("a folder");
        let file = folder.join("tofu");
        if !file.exists() {
            let mut script =
                "#!/bin/sh\nunset AWS_CA_BUNDLE AWS_PROFILE AWS_SESSION_TOKEN\n".to_owned();
            let variables = tofu::variables().into_iter();
            for (name, value) in variables.chain(self.account.variables(REGION)) {
                let _ = writeln!(script, "export {name}='{value}'");
            }
            let tofu = seaworthy_testkit::tools::program("tofu");
            let _ = writeln!(script, "exec '{}' \"$@\"", tofu.display());
            fs::write(&file, script).expect("a file");
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("its mode");
        }
        folder
    }

    /// Runs something in a session, with a turn among the tests that run OpenTofu; what was told comes with it.
    pub(crate) fn with<T>(
        &self,
        work: impl FnOnce(&Session<'_>) -> Result<T, Error>,
    ) -> (Result<T, Error>, Vec<String>) {
        let _slot = tofu::Slot::take();
        self.without_a_turn(work)
    }

    /// The same for what is refused before OpenTofu starts.
    pub(crate) fn without_a_turn<T>(
        &self,
        work: impl FnOnce(&Session<'_>) -> Result<T, Error>,
    ) -> (Result<T, Error>, Vec<String>) {
        let mut told = Vec::new();
        let mut tell = |event: Event| {
            told.push(match event {
                Event::Step { root, what } => format!("{root}: {what}"),
                Event::Resource { root, text } => format!("{root}: {text}"),
                Event::Note(text) => text,
            });
        };
        let result = Session::open(&self.target, self.settings(), &mut tell)
            .and_then(|session| work(&session));
        (result, told)
    }

    /// The same platform in a folder of its own, as somebody else has it.
    pub(crate) fn of_somebody_else(&self, roots: &[(&str, &[&str], &str)]) -> (Self, TempDir) {
        let folder = tempfile::tempdir().expect("a folder");
        let mut other = Self::at(folder.path().to_owned(), self.account.clone(), roots);
        "grace@harbour".clone_into(&mut other.who);
        for root in &self.target.roots {
            let from = self.target.folder.join(&root.folder);
            let to = folder.path().join(&root.folder);
            fs::create_dir_all(&to).expect("a folder");
            for file in fs::read_dir(&from).expect("it is there").flatten() {
                fs::copy(file.path(), to.join(file.file_name())).expect("a copy");
            }
        }
        (other, folder)
    }

    /// Plans and applies everything, approving what only creates.
    pub(crate) fn apply(&self) -> Result<Vec<String>, Error> {
        let applied = self.with(|session| {
            session.plan()?;
            session.apply(
                &seaworthy_provision::Approval::default(),
                &mut seaworthy_provision::only_creates,
            )
        });
        applied.0.map(|applied| applied.changed)
    }

    pub(crate) fn client(&self) -> Client {
        let settings = seaworthy_aws::Settings::new(self.account.variables(REGION), None);
        Client::new(settings, REGION).expect("the settings are good")
    }
}

/// Who OpenTofu takes this process's user for.
pub(crate) fn myself() -> String {
    let said = |program: &str, argument: &str| {
        let output = std::process::Command::new(program).arg(argument).output();
        let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    format!("{}@{}", said("id", "-un"), said("uname", "-n"))
}

/// An error with everything it says.
pub(crate) fn whole(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let _ = write!(text, "\n  {error}");
        cause = error.source();
    }
    if let Error::Tofu { diagnostics, .. } = error {
        let _ = write!(text, "\n{}", diagnostics.join("\n"));
    }
    format!("{text}\n{}", error.hints().join("\n"))
}
