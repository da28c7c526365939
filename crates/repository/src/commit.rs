//! The files as of a commit, read from Git's objects: nothing is checked out.

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use seaworthy_facts::{Sources, is_under, join, parent};

use crate::walk::{Found, is_left_out};
use crate::{Limits, LoadError, Place, charts, git, read};

/// Why the files of a commit could not be read.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// A root cannot be read.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A root is in no repository.
    #[error("`{}` is in no Git repository", .0.display())]
    FindRepository(PathBuf),
    /// Nothing is called so.
    #[error("`{reference}` is no branch, tag or commit of `{}`", repository.display())]
    FindReference {
        /// What was asked for.
        reference: String,
        /// Where.
        repository: PathBuf,
    },
    /// Git did not work.
    #[error("`git {command}` did not work")]
    RunGit {
        /// What it should have done.
        command: String,
        /// Why.
        source: io::Error,
    },
}

/// Reads what [`load`](crate::load) would have read at the point where the work left `reference`: the newest commit that
/// both have, else `reference` itself. Paths are the same as those that `load` gives.
///
/// `now` is what `load` gives today: fetched modules are no part of any commit, and are taken from it.
pub fn load_before(
    roots: &[PathBuf],
    reference: &str,
    limits: &Limits,
    now: &Sources,
) -> Result<Sources, CommitError> {
    let here = std::env::current_dir().map_err(LoadError::FindCurrentFolder)?;
    let mut sources = Sources::default();
    let mut budget = limits.total;
    for given in roots {
        let place = Place::of(given, &here)?;
        let top =
            git::top(&place.folder).ok_or_else(|| CommitError::FindRepository(given.clone()))?;
        let commit = point_of_leaving(&top, reference)?;
        let below = place
            .canonical
            .strip_prefix(&top)
            .unwrap_or(&place.canonical)
            .to_string_lossy()
            .into_owned();
        let folder = if place.is_file {
            parent(&below).to_owned()
        } else {
            below.clone()
        };
        let mut objects = Objects::open(&top)?;
        let mut found = files(&top, &commit, &below, &folder, limits.files, &mut objects)?;
        found.truncate(limits.files);
        found.sort_by(|a, b| a.path.cmp(&b.path));
        found.dedup_by(|a, b| a.path == b.path);
        charts::mark_vendored(&mut found, |file| {
            String::from_utf8(objects.read(&file.open).ok()?).ok()
        });
        let planned = read::plan(&found, limits.file, &mut budget);
        let mut texts = Vec::with_capacity(found.len());
        for (file, planned) in found.iter().zip(planned) {
            texts.push(match planned {
                Some(why) => Err(why),
                None => read::decoded(objects.read(&file.open)?),
            });
        }
        crate::add(&mut sources, &place, &here, &found, texts);
    }
    for source in now.iter().filter(|source| source.vendored) {
        let path = source.file.path();
        if path.contains(".terraform/modules/") {
            sources.add(source.root, path, source.file.text(), source.kind, true);
        }
    }
    Ok(sources)
}

fn point_of_leaving(top: &Path, reference: &str) -> Result<String, CommitError> {
    let unknown = || CommitError::FindReference {
        reference: reference.to_owned(),
        repository: top.to_owned(),
    };
    let wanted = format!("{reference}^{{commit}}");
    let commit = run(
        top,
        [
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &wanted,
        ],
    )
    .map_err(|_| unknown())?;
    let commit = String::from_utf8_lossy(&commit).trim().to_owned();
    // A shallow clone may not reach back to where both meet.
    Ok(match run(top, ["merge-base", &commit, "HEAD"]) {
        Ok(base) => String::from_utf8_lossy(&base).trim().to_owned(),
        Err(_) => commit,
    })
}

/// The files of a commit at `below`, with paths from `folder`.
fn files(
    top: &Path,
    commit: &str,
    below: &str,
    folder: &str,
    limit: usize,
    objects: &mut Objects,
) -> Result<Vec<Found>, CommitError> {
    let mut arguments = vec!["ls-tree", "-r", "-z", "--long", "--full-tree", commit];
    if !below.is_empty() {
        arguments.extend(["--", below]);
    }
    let listed = run(top, arguments)?;
    let (mut found, mut links) = (Vec::new(), Vec::new());
    for entry in String::from_utf8_lossy(&listed).split('\0') {
        let Some((facts, path)) = entry.split_once('\t') else {
            continue;
        };
        let mut facts = facts.split_whitespace();
        let (mode, kind) = (facts.next(), facts.next());
        let (Some(object), Some(size)) = (facts.next(), facts.next()) else {
            continue;
        };
        // What is no blob is another repository, as a submodule.
        if kind != Some("blob") {
            continue;
        }
        let path = path
            .strip_prefix(folder)
            .map_or(path, |rest| rest.trim_start_matches('/'));
        if is_left_out(path) {
            continue;
        }
        let file = Found::new(
            path.to_owned(),
            PathBuf::from(object),
            size.parse().unwrap_or(u64::MAX),
        );
        if mode == Some("120000") {
            links.push(file);
        } else {
            found.push(file);
        }
    }
    let mut copies = Vec::new();
    for link in links {
        let target = objects.read(&link.open)?;
        let target = join(parent(&link.path), &String::from_utf8_lossy(&target));
        if is_under(&link.path, &target) {
            continue;
        }
        for file in &found {
            if found.len() + copies.len() >= limit {
                break;
            }
            let Some(rest) = file.path.strip_prefix(&target) else {
                continue;
            };
            if rest.is_empty() || rest.starts_with('/') {
                copies.push(Found {
                    path: format!("{}{rest}", link.path),
                    open: file.open.clone(),
                    size: file.size,
                    vendored: file.vendored || !rest.is_empty(),
                    unread: file.unread,
                });
            }
        }
    }
    found.extend(copies);
    Ok(found)
}

fn git(top: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .current_dir(top)
        // Paths are paths, and looking must not change anything.
        .env("GIT_LITERAL_PATHSPECS", "1")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .stdin(Stdio::null())
        .stderr(Stdio::piped());
    command
}

fn run<S: AsRef<OsStr>>(
    top: &Path,
    arguments: impl IntoIterator<Item = S>,
) -> Result<Vec<u8>, CommitError> {
    let mut command = git(top);
    command.args(arguments);
    let shown = || {
        let words = command.get_args().map(OsStr::to_string_lossy);
        words.collect::<Vec<_>>().join(" ")
    };
    let name = shown();
    let failed = |source| CommitError::RunGit {
        command: name.clone(),
        source,
    };
    let output = command.output().map_err(failed)?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(failed(io::Error::other(said)))
}

/// `git cat-file`, asked for one object after the other.
struct Objects {
    child: Child,
    ask: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Objects {
    fn open(top: &Path) -> Result<Self, CommitError> {
        let failed = |source| CommitError::RunGit {
            command: "cat-file --batch".to_owned(),
            source,
        };
        let mut child = git(top)
            .args(["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(failed)?;
        let answers = child.stdout.take().expect("its output is a pipe");
        Ok(Self {
            ask: child.stdin.take(),
            child,
            answers: BufReader::new(answers),
        })
    }

    fn read(&mut self, object: &Path) -> Result<Vec<u8>, CommitError> {
        let object = object.to_string_lossy();
        self.ask(&object).map_err(|source| CommitError::RunGit {
            command: format!("cat-file --batch <<< {object}"),
            source,
        })
    }

    fn ask(&mut self, object: &str) -> io::Result<Vec<u8>> {
        let pipe = self.ask.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        writeln!(pipe, "{object}")?;
        pipe.flush()?;
        let mut header = String::new();
        self.answers.read_line(&mut header)?;
        let size: usize = header
            .trim_end()
            .rsplit(' ')
            .next()
            .and_then(|size| size.parse().ok())
            .ok_or_else(|| io::Error::other(header.trim_end().to_owned()))?;
        let mut bytes = vec![0; size];
        self.answers.read_exact(&mut bytes)?;
        // A line break follows every object.
        self.answers.read_exact(&mut [0])?;
        Ok(bytes)
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        // Without a question left it ends by itself.
        self.ask = None;
        let _ = self.child.wait();
    }
}
