//! What is read, what is left out, and how paths are shown.

use std::fs;
use std::path::{Path, PathBuf};

use seaworthy_facts::{Sources, Unread};
use seaworthy_repository::{Limits, LoadError, load};

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        write(folder.path(), path, text.as_bytes());
    }
    folder
}

fn write(folder: &Path, path: &str, bytes: &[u8]) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn loaded(folder: &tempfile::TempDir) -> Sources {
    load(&[folder.path().to_owned()], &Limits::default()).unwrap()
}

/// Paths below the folder; a star behind what is vendored.
fn paths(sources: &Sources) -> Vec<String> {
    let root = &sources.roots()[0].path;
    sources
        .iter()
        .map(|source| {
            let path = source.file.path().strip_prefix(root).unwrap();
            let star = if source.vendored { "*" } else { "" };
            format!("{}{star}", path.trim_start_matches('/'))
        })
        .collect()
}

#[test]
fn it_reads_what_git_would_not_ignore() {
    let folder = folder(&[
        (".gitignore", "*.log\n/build/\n"),
        (".github/workflows/ci.yaml", "on: push\n"),
        ("main.tf", ""),
        ("debug.log", ""),
        ("build/out.yaml", ""),
        ("app/build/kept.yaml", ""),
        ("app/.gitignore", "secret.env\n"),
        ("app/secret.env", "A=1\n"),
        ("node_modules/a/index.js", ""),
        (".git/config", ""),
    ]);
    assert_eq!(
        paths(&loaded(&folder)),
        [
            ".github/workflows/ci.yaml",
            ".gitignore",
            "app/.gitignore",
            "app/build/kept.yaml",
            "main.tf"
        ]
    );
}

#[test]
fn a_root_inside_a_repository_is_under_its_rules() {
    let folder = folder(&[
        (".git/HEAD", "ref: refs/heads/topic\n"),
        (".gitignore", "*.generated.yaml\n"),
        ("infra/a.yaml", ""),
        ("infra/b.generated.yaml", ""),
    ]);
    let sources = load(&[folder.path().join("infra")], &Limits::default()).unwrap();
    assert_eq!(paths(&sources), ["a.yaml"]);
}

#[test]
fn what_init_and_helm_have_fetched_is_read_as_somebody_elses() {
    let folder = folder(&[
        (".gitignore", ".terraform/\n"),
        ("infra/main.tf", ""),
        ("infra/.terraform/modules/modules.json", "{}"),
        ("infra/.terraform/modules/vpc/main.tf", ""),
        ("infra/.terraform/modules/vpc/examples/all/main.tf", ""),
        ("infra/.terraform/providers/plugin", ""),
        (
            "chart/Chart.yaml",
            "name: shop\ndependencies:\n  - name: redis\n    repository: https://charts.example\n",
        ),
        ("chart/charts/redis/values.yaml", ""),
        ("chart/charts/own/Chart.yaml", "name: own\n"),
        ("api/vendor/lib/config.yaml", ""),
        ("api/vendor/lib/lib.go", "package lib\n"),
    ]);
    let sources = loaded(&folder);
    assert_eq!(
        paths(&sources),
        [
            ".gitignore",
            "api/vendor/lib/config.yaml*",
            "chart/Chart.yaml",
            "chart/charts/own/Chart.yaml",
            "chart/charts/redis/values.yaml*",
            "infra/.terraform/modules/modules.json*",
            "infra/.terraform/modules/vpc/main.tf*",
            "infra/main.tf",
        ]
    );
    let root = &sources.roots()[0].path;
    assert!(sources.exists(&format!("{root}/api/vendor/lib/lib.go")));
}

#[test]
fn large_and_binary_files_are_there_and_unread() {
    let folder = folder(&[("a.yaml", "a: 1\n")]);
    write(folder.path(), "logo.png", b"\x89PNG\0\0");
    write(folder.path(), "latin.txt", b"caf\xe9\n");
    fs::File::create(folder.path().join("dump.sql"))
        .unwrap()
        .set_len(200 * 1024 * 1024)
        .unwrap();
    let sources = loaded(&folder);
    assert_eq!(paths(&sources), ["a.yaml"]);
    let root = sources.roots()[0].path.clone();
    let mut unread: Vec<_> = sources
        .unread()
        .map(|(path, why)| (path.rsplit('/').next().unwrap().to_owned(), why))
        .collect();
    unread.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(
        unread,
        [
            ("dump.sql".to_owned(), Unread::TooLarge),
            ("latin.txt".to_owned(), Unread::Binary),
            ("logo.png".to_owned(), Unread::Binary),
        ]
    );
    assert!(sources.exists(&format!("{root}/dump.sql")));
}

#[test]
fn all_files_together_have_a_limit_that_depends_on_names_only() {
    let folder = folder(&[("a", "12345"), ("b", "12345"), ("c", "123")]);
    let limits = Limits {
        total: 8,
        ..Limits::default()
    };
    let sources = load(&[folder.path().to_owned()], &limits).unwrap();
    assert_eq!(paths(&sources), ["a", "c"]);
    assert_eq!(sources.unread().count(), 1);
    let limits = Limits {
        files: 2,
        ..Limits::default()
    };
    let error = load(&[folder.path().to_owned()], &limits).unwrap_err();
    assert!(matches!(error, LoadError::CountFiles { .. }), "{error}");
}

#[cfg(unix)]
#[test]
fn links_are_followed_once_and_never_out() {
    use std::os::unix::fs::symlink;
    let outside = folder(&[("secret.yaml", "a: 1\n")]);
    let folder = folder(&[
        ("modules/a/main.tf", ""),
        ("prod/main.tf", ""),
        ("shared.tf", "locals {}\n"),
    ]);
    let at = |path: &str| folder.path().join(path);
    symlink("../shared.tf", at("prod/shared.tf")).unwrap();
    symlink("../modules", at("prod/modules")).unwrap();
    symlink("..", at("prod/up")).unwrap();
    symlink(".", at("loop")).unwrap();
    symlink("../loop", at("modules/again")).unwrap();
    symlink("nowhere", at("dangling")).unwrap();
    symlink(outside.path().join("secret.yaml"), at("out.yaml")).unwrap();
    symlink(outside.path(), at("out")).unwrap();
    let sources = loaded(&folder);
    assert_eq!(
        paths(&sources),
        [
            "modules/a/main.tf",
            "prod/main.tf",
            "prod/modules/a/main.tf*",
            "prod/shared.tf",
            "shared.tf"
        ]
    );
}

#[test]
fn a_file_can_be_a_root_and_roots_may_overlap() {
    let folder = folder(&[("a/main.tf", ""), ("a/other.tf", ""), ("b/main.tf", "")]);
    let file = folder.path().join("a/main.tf");
    let roots = [
        file.clone(),
        folder.path().join("b"),
        folder.path().to_owned(),
    ];
    let sources = load(&roots, &Limits::default()).unwrap();
    let shown: Vec<_> = sources
        .iter()
        .map(|source| (source.file.path().rsplit_once("/a/").is_some(), source.root))
        .collect();
    assert_eq!(shown, [(true, 0), (false, 1), (true, 2)]);
    assert_eq!(
        sources.roots()[0].path,
        folder.path().join("a").to_str().unwrap()
    );
}

#[test]
fn a_root_that_is_not_there_is_named() {
    let error = load(&[PathBuf::from("no/such/folder")], &Limits::default()).unwrap_err();
    assert_eq!(error.to_string(), "`no/such/folder` cannot be read");
}

#[test]
fn git_says_whose_it_is() {
    let folder = folder(&[
        (
            ".git/config",
            "[core]\n\tbare = false\n[remote \"origin\"]\n\turl = git@github.com:shop/platform.git\n",
        ),
        (".git/HEAD", "ref: refs/heads/topic\n"),
        (
            ".git/refs/remotes/origin/HEAD",
            "ref: refs/remotes/origin/trunk\n",
        ),
        (".git/worktrees/second/commondir", "../..\n"),
        ("infra/main.tf", ""),
    ]);
    let root = loaded(&folder).roots()[0].clone();
    assert_eq!(root.remote.as_deref(), Some("shop/platform"));
    assert_eq!(root.default_branch.as_deref(), Some("trunk"));

    let second = self::folder(&[("main.tf", "")]);
    let git = folder.path().join(".git/worktrees/second");
    write(
        second.path(),
        ".git",
        format!("gitdir: {}\n", git.display()).as_bytes(),
    );
    let root = loaded(&second).roots()[0].clone();
    assert_eq!(root.remote.as_deref(), Some("shop/platform"));
    assert_eq!(root.default_branch.as_deref(), Some("trunk"));
}

#[test]
fn many_files_come_in_the_order_of_their_paths() {
    let folder = tempfile::tempdir().unwrap();
    for n in 0..300 {
        write(
            folder.path(),
            &format!("{}/{n}.yaml", n % 7),
            format!("n: {n}\n").as_bytes(),
        );
    }
    let sources = loaded(&folder);
    let paths = paths(&sources);
    let mut sorted = paths.clone();
    sorted.sort();
    assert_eq!(paths, sorted);
    for source in sources.iter() {
        let n = source.file.path().rsplit('/').next().unwrap();
        assert_eq!(
            source.file.text(),
            format!("n: {}\n", n.trim_end_matches(".yaml"))
        );
    }
}
