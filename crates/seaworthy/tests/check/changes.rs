//! What is new: against a baseline, and since a commit.

use crate::repository::{RULE, Repository, example};

#[test]
fn a_baseline_hides_what_it_knows() {
    let repository = Repository::failing();
    repository
        .run(&["check", "--baseline", "known.json", "--write-baseline"])
        .code(0)
        .says("wrote 1 finding into known.json");
    let arguments = ["--baseline", "known.json"];
    assert!(repository.rules(&arguments).is_empty());
    // Lines move, the finding is the same.
    let text = repository.read("logs.tf");
    repository.write("logs.tf", &format!("# Logs.\n\n{text}"));
    assert!(repository.rules(&arguments).is_empty());
    // The settings can name it, from the repository's top.
    repository.write(".seaworthy/check.yaml", "baseline: known.json\n");
    assert!(repository.rules(&[]).is_empty());
    for file in example(RULE, "Fixed").files {
        repository.write(&file.path, &file.text);
    }
    repository
        .run(&["check"])
        .code(0)
        .says("1 finding of the baseline is gone");
}

#[test]
fn a_baseline_must_be_named_and_be_one() {
    let repository = Repository::failing();
    repository
        .run(&["check", "--write-baseline"])
        .code(2)
        .says("--baseline FILE");
    repository
        .run(&["check", "--baseline", "nowhere.json"])
        .code(1)
        .says("cannot be read");
    repository
        .run(&["check", "--baseline", "logs.tf"])
        .code(1)
        .says("is no baseline");
}

#[test]
fn since_shows_what_the_change_brought() {
    let repository = Repository::new(&[]);
    for file in example(RULE, "Fixed").files {
        repository.write(&format!("old/{}", file.path), &file.text);
    }
    for file in example(RULE, "Failing").files {
        repository.write(&format!("known/{}", file.path), &file.text);
    }
    repository.commit();
    assert_eq!(repository.rules(&[]), [RULE]);
    assert!(repository.rules(&["--since", "HEAD"]).is_empty());
    for file in example(RULE, "Failing").files {
        repository.write(&format!("old/{}", file.path), &file.text);
    }
    assert_eq!(repository.rules(&[]), [RULE, RULE]);
    let report = repository.json(&["--since", "main"]);
    let found = report["diagnostics"].as_array().expect("a list");
    assert_eq!(found.len(), 1, "{report}");
    assert_eq!(found[0]["file"], "old/logs.tf");
    assert_eq!(report["summary"]["before"], 1);
    // Also when one looks at a folder of it, or from below.
    assert_eq!(repository.rules(&["old", "--since", "main"]), [RULE]);
    assert!(repository.rules(&["known", "--since", "main"]).is_empty());
    let printed = repository.run_in("old", &["check", "--since", "main"]);
    assert!(
        printed.stdout.contains(" --> logs.tf:2:"),
        "{}",
        printed.stdout
    );
}

#[test]
fn since_looks_at_the_point_where_the_work_left_the_branch() {
    let repository = Repository::failing();
    repository.commit();
    repository.git(&["checkout", "-qb", "work"]);
    repository.write("README.md", "Ours.\n");
    repository.git(&["add", "-A"]);
    repository.git(&["commit", "-qm", "work"]);
    repository.git(&["checkout", "-q", "main"]);
    for file in example(RULE, "Fixed").files {
        repository.write(&file.path, &file.text);
    }
    repository.git(&["commit", "-qam", "fixed on main"]);
    repository.git(&["checkout", "-q", "work"]);
    // The finding is not one that the work brought, though main has none.
    assert!(repository.rules(&["--since", "main"]).is_empty());
}

#[test]
fn since_needs_a_repository_and_a_commit() {
    let repository = Repository::failing();
    repository
        .run(&["check", "--since", "main"])
        .code(2)
        .says("is in no Git repository");
    repository.commit();
    for reference in ["nowhere", "--help", ""] {
        repository
            .run(&["check", &format!("--since={reference}")])
            .code(2)
            .says("is no branch, tag or commit");
    }
}

#[test]
fn links_in_a_commit_are_the_files_that_they_point_at() {
    let repository = Repository::new(&[]);
    for file in example(RULE, "Failing").files {
        repository.write(&format!("shared/{}", file.path), &file.text);
    }
    repository.write("live/cluster.tf", &repository.read("shared/cluster.tf"));
    std::os::unix::fs::symlink("../shared/logs.tf", repository.path().join("live/logs.tf"))
        .expect("a link can be made");
    repository.commit();
    assert!(!repository.rules(&[]).is_empty());
    assert!(repository.rules(&["--since", "HEAD"]).is_empty());
}
