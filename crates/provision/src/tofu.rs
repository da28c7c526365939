//! Runs OpenTofu in a root, and reads what it says.
//!
//! What changes something writes into a file and not into a pipe: when this process is killed, OpenTofu goes on and
//! records what it does, where a broken pipe would end it between the two. While it runs, it holds a lock on that file,
//! so that the next run can wait for its end.

use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::Duration;

use rustix::fs::FlockOperation;
use rustix::process::{Pid, Signal};
use serde_json::Value;

use crate::review::{digest, files_digest, work};
use crate::{Error, Event, Root, Session};

/// How often the log is looked at.
const PAUSE: Duration = Duration::from_millis(50);

/// A root in the folder where it is run: its own, or a copy while its state's bucket does not exist.
#[derive(Debug, Clone)]
pub(crate) struct Place<'a> {
    pub(crate) root: &'a Root,
    pub(crate) folder: PathBuf,
    /// OpenTofu's own files, apart from the rendered tree.
    pub(crate) data: PathBuf,
}

impl Session<'_> {
    /// A root where it is.
    pub(crate) fn place<'r>(&self, root: &'r Root) -> Place<'r> {
        Place {
            root,
            folder: self.target.root_folder(root),
            data: self.target.root_work(root).join("data"),
        }
    }

    /// `init`, unless nothing has changed since the last.
    pub(crate) fn init(&self, place: &Place<'_>) -> Result<(), Error> {
        let files = files_digest(self.target, place.root)?;
        let program = format!("{} {}", self.program.path.display(), self.program.version);
        let now = digest(format!("{files} {program}").as_bytes());
        let mark = place.data.join("initialised");
        let chosen = place.folder.join(".terraform.lock.hcl").exists();
        if chosen && fs::read_to_string(&mark).is_ok_and(|then| then == now) {
            return Ok(());
        }
        self.ask(
            place,
            &["init", "-input=false", "-no-color", "-reconfigure"],
        )?;
        fs::write(&mark, now).map_err(|source| work(&mark, source))
    }

    /// Runs a command that changes nothing in AWS, and gives what it prints.
    pub(crate) fn ask(&self, place: &Place<'_>, arguments: &[&str]) -> Result<String, Error> {
        let log = self.log(place, "ask")?;
        let output = self
            .command(place, arguments)?
            .output()
            .map_err(|source| Error::Start {
                program: self.program.path.clone(),
                source,
            })?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let talk = String::from_utf8_lossy(&output.stderr);
        let _ = fs::write(&log, talk.as_bytes());
        Err(Error::Tofu {
            command: shown(arguments),
            root: place.root.name.clone(),
            diagnostics: vec![plain(&talk)],
            log,
        })
    }

    /// Runs a command of which this process may see only the begin. `name` is the log's.
    pub(crate) fn run(
        &self,
        place: &Place<'_>,
        name: &str,
        arguments: &[&str],
    ) -> Result<(), Error> {
        let path = self.log(place, name)?;
        let log = open_log(&path)?;
        // The lock goes to OpenTofu with its standard output, and ends with it.
        rustix::fs::flock(&log, FlockOperation::LockExclusive)
            .and_then(|()| rustix::fs::ftruncate(&log, 0))
            .map_err(|error| work(&path, error.into()))?;
        let second = log.try_clone().map_err(|source| work(&path, source))?;
        let mut command = self.command(place, arguments)?;
        let child = command
            .stdout(log)
            .stderr(second)
            // A signal of the terminal is ours to pass on, once.
            .process_group(0)
            .spawn()
            .map_err(|source| Error::Start {
                program: self.program.path.clone(),
                source,
            })?;
        drop(command);
        let mut follower = Follower::new(&path)?;
        let (success, stopped) = self.follow(place.root, child, &mut follower)?;
        if success {
            return Ok(());
        }
        if stopped {
            return Err(Error::Interrupted {
                root: place.root.name.clone(),
            });
        }
        Err(Error::Tofu {
            command: shown(arguments),
            root: place.root.name.clone(),
            diagnostics: follower.errors,
            log: path,
        })
    }

    /// Tells what OpenTofu says until it ends; whether it succeeded, and whether it was asked to stop.
    fn follow(
        &self,
        root: &Root,
        mut child: Child,
        follower: &mut Follower,
    ) -> Result<(bool, bool), Error> {
        let asked_before = self.settings.stop.load(Ordering::SeqCst);
        let mut passed_on = asked_before;
        loop {
            let ended = child.try_wait().map_err(|source| Error::Start {
                program: self.program.path.clone(),
                source,
            })?;
            for text in follower.read()? {
                self.tell(Event::Resource {
                    root: root.name.clone(),
                    text,
                });
            }
            if let Some(status) = ended {
                return Ok((status.success(), passed_on > asked_before));
            }
            if self.settings.stop.load(Ordering::SeqCst) > passed_on {
                passed_on += 1;
                self.tell(Event::Note(
                    "stopping when what is under way is done".to_owned(),
                ));
                let _ = rustix::process::kill_process(Pid::from_child(&child), Signal::INT);
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// The log of a step.
    pub(crate) fn log(&self, place: &Place<'_>, name: &str) -> Result<PathBuf, Error> {
        let folder = self.target.root_work(place.root);
        fs::create_dir_all(&folder).map_err(|source| work(&folder, source))?;
        Ok(folder.join(format!("{name}.log")))
    }

    fn command(&self, place: &Place<'_>, arguments: &[&str]) -> Result<Command, Error> {
        fs::create_dir_all(&place.data).map_err(|source| work(&place.data, source))?;
        // It holds the state of the backend, which some put secrets into.
        let private = fs::Permissions::from_mode(0o700);
        fs::set_permissions(&place.data, private).map_err(|source| work(&place.data, source))?;
        let mut command = Command::new(&self.program.path);
        command
            .args(arguments)
            .current_dir(&place.folder)
            .env("TF_DATA_DIR", &place.data)
            .env("TF_IN_AUTOMATION", "1")
            .env("TF_INPUT", "0")
            .env("AWS_REGION", &self.target.region)
            // A workspace would be another state.
            .env_remove("TF_WORKSPACE")
            .stdin(Stdio::null());
        Ok(command)
    }
}

/// Waits until no OpenTofu writes a log any more; `waiting` is called when one does.
pub(crate) fn wait_for_end(log: &Path, mut waiting: impl FnMut()) {
    let Ok(file) = File::open(log) else {
        return;
    };
    let mut waited = false;
    while rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
        if !waited {
            waiting();
        }
        waited = true;
        std::thread::sleep(PAUSE);
    }
}

fn open_log(path: &Path) -> Result<File, Error> {
    File::options()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .map_err(|source| work(path, source))
}

/// Reads a log that grows.
struct Follower {
    file: File,
    rest: String,
    errors: Vec<String>,
}

impl Follower {
    fn new(path: &Path) -> Result<Self, Error> {
        let mut file = File::open(path).map_err(|source| work(path, source))?;
        file.seek(SeekFrom::Start(0))
            .map_err(|source| work(path, source))?;
        Ok(Self {
            file,
            rest: String::new(),
            errors: Vec::new(),
        })
    }

    /// What is new and worth telling.
    fn read(&mut self) -> Result<Vec<String>, Error> {
        let mut bytes = Vec::new();
        let read = self.file.read_to_end(&mut bytes);
        read.map_err(|source| work(Path::new("the log"), source))?;
        self.rest.push_str(&String::from_utf8_lossy(&bytes));
        let mut told = Vec::new();
        while let Some((line, rest)) = self.rest.split_once('\n') {
            match serde_json::from_str::<Value>(line) {
                Ok(said) => {
                    told.extend(worth_telling(&said));
                    self.errors.extend(error(&said));
                }
                // What is no JSON is a crash, or a plug-in's last words.
                Err(_) if !line.trim().is_empty() => self.errors.push(line.to_owned()),
                Err(_) => {}
            }
            self.rest = rest.to_owned();
        }
        Ok(told)
    }
}

/// The lines of a log.
pub(crate) fn lines(log: &Path) -> Vec<Value> {
    let text = fs::read_to_string(log).unwrap_or_default();
    text.lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

fn worth_telling(said: &Value) -> Option<String> {
    let kind = said["type"].as_str()?;
    ["apply_complete", "apply_progress", "apply_errored"]
        .contains(&kind)
        .then(|| said["@message"].as_str().map(str::to_owned))?
}

/// An error with its place and what it is about.
fn error(said: &Value) -> Option<String> {
    let diagnostic = &said["diagnostic"];
    if said["type"] != "diagnostic" || diagnostic["severity"] != "error" {
        return None;
    }
    let text = |key: &str| diagnostic[key].as_str().unwrap_or_default().trim();
    let mut shown = text("summary").to_owned();
    if let Some(file) = diagnostic["range"]["filename"].as_str() {
        let line = &diagnostic["range"]["start"]["line"];
        shown = format!("{file}:{line}: {shown}");
    }
    if let Some(address) = diagnostic["address"].as_str() {
        shown = format!("{address}: {shown}");
    }
    if !text("detail").is_empty() {
        shown = format!("{shown}\n{}", text("detail"));
    }
    Some(shown)
}

fn shown(arguments: &[&str]) -> String {
    let words = arguments.iter().take_while(|word| !word.starts_with('-'));
    format!("tofu {}", words.copied().collect::<Vec<_>>().join(" "))
}

/// What a person reads of a message in a frame.
fn plain(talk: &str) -> String {
    let lines = talk
        .lines()
        .map(|line| line.trim_start_matches(['│', '╷', '╵', ' ']).trim_end());
    let kept: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    kept.join("\n")
}
