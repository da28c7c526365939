//! What Git's own files say about a repository: its top, its remote, its default branch. No Git runs.

use std::fs;
use std::path::{Path, PathBuf};

use seaworthy_facts::SourceRoot;

/// The top folder of the repository that a folder lies in.
pub fn top(folder: &Path) -> Option<PathBuf> {
    folder
        .ancestors()
        .find(|folder| folder.join(".git").exists())
        .map(Path::to_path_buf)
}

/// What is known of a root. `shown` is its path as messages show it, `folder` where it is, `here` the current folder.
pub(crate) fn root(shown: &str, folder: &Path, here: &Path) -> SourceRoot {
    let top = top(folder);
    let repository = match &top {
        Some(top) if top != folder => {
            let here = here.canonicalize().unwrap_or_else(|_| here.to_owned());
            match top.strip_prefix(here) {
                Ok(below) => below.to_string_lossy().into_owned(),
                Err(_) => shown.to_owned(),
            }
        }
        _ => shown.to_owned(),
    };
    let git = top.and_then(|top| git_folder(&top));
    SourceRoot {
        path: shown.to_owned(),
        repository,
        remote: git.as_deref().and_then(remote),
        default_branch: git.as_deref().and_then(default_branch),
    }
}

/// The folder that holds `config` and `refs`, also for a worktree or a submodule, whose `.git` is a file.
fn git_folder(top: &Path) -> Option<PathBuf> {
    let git = top.join(".git");
    if git.is_dir() {
        return Some(git);
    }
    let text = fs::read_to_string(&git).ok()?;
    let folder = top.join(text.strip_prefix("gitdir:")?.trim());
    match fs::read_to_string(folder.join("commondir")) {
        Ok(common) => Some(folder.join(common.trim())),
        Err(_) => Some(folder),
    }
}

/// `owner/name` of the remote `origin`, else of the only remote.
fn remote(git: &Path) -> Option<String> {
    let config = fs::read_to_string(git.join("config")).ok()?;
    let mut urls: Vec<(String, String)> = Vec::new();
    let mut section: Option<String> = None;
    for line in config.lines().map(str::trim) {
        if line.starts_with('[') {
            section = line
                .strip_prefix("[remote \"")
                .and_then(|rest| rest.strip_suffix("\"]"))
                .map(str::to_owned);
        } else if let (Some(name), Some((key, value))) = (&section, line.split_once('='))
            && key.trim() == "url"
        {
            urls.push((name.clone(), value.trim().to_owned()));
        }
    }
    let url = match urls.iter().find(|(name, _)| name == "origin") {
        Some((_, url)) => url,
        None if urls.len() == 1 => &urls[0].1,
        None => return None,
    };
    owner_and_name(url)
}

/// `owner/name` of `https://host/owner/name.git`, `git@host:owner/name` and their like.
fn owner_and_name(url: &str) -> Option<String> {
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.split_once('/')?.1,
        // A folder of this machine has no owner.
        None if url.starts_with(['/', '.']) => return None,
        None => url.split_once(':')?.1,
    };
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let mut parts = path.rsplit('/');
    let (name, owner) = (parts.next()?, parts.next()?);
    (!name.is_empty() && !owner.is_empty()).then(|| format!("{owner}/{name}"))
}

/// The branch that the remote calls its default; without one, the only one of `main` and `master` that is there.
fn default_branch(git: &Path) -> Option<String> {
    let said = fs::read_to_string(git.join("refs/remotes/origin/HEAD")).ok();
    if let Some(branch) = said
        .as_deref()
        .and_then(|text| text.trim().strip_prefix("ref: refs/remotes/origin/"))
    {
        return Some(branch.to_owned());
    }
    let packed = fs::read_to_string(git.join("packed-refs")).unwrap_or_default();
    let head = fs::read_to_string(git.join("HEAD")).unwrap_or_default();
    let head = head.trim().strip_prefix("ref: refs/heads/");
    let is_there = |branch: &str| {
        head == Some(branch)
            || ["refs/heads", "refs/remotes/origin"].iter().any(|refs| {
                git.join(refs).join(branch).is_file()
                    || packed
                        .lines()
                        .any(|line| line.ends_with(&format!(" {refs}/{branch}")))
            })
    };
    match (is_there("main"), is_there("master")) {
        (true, false) => Some("main".to_owned()),
        (false, true) => Some("master".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remotes_are_written_in_many_ways() {
        for (url, expected) in [
            (
                "https://github.com/shop/platform.git",
                Some("shop/platform"),
            ),
            (
                "https://token@github.com/shop/platform",
                Some("shop/platform"),
            ),
            ("git@github.com:shop/platform.git", Some("shop/platform")),
            (
                "ssh://git@example.com:22/shop/platform/",
                Some("shop/platform"),
            ),
            ("github-work:shop/platform", Some("shop/platform")),
            ("/srv/git/platform.git", None),
            ("../platform", None),
            ("https://example.com/platform", None),
        ] {
            assert_eq!(owner_and_name(url).as_deref(), expected, "{url}");
        }
    }
}
