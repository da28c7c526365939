//! What is shown, and what makes a run fail.

use crate::repository::{RULE, Repository};

fn severity() -> &'static str {
    let rule = seaworthy_check::find(RULE).expect("it is there");
    rule.severity.as_str()
}

fn theme() -> &'static str {
    seaworthy_check::theme_of(RULE).expect("it has one").name
}

#[test]
fn rules_themes_and_severities_are_chosen_by_name() {
    let repository = Repository::failing();
    for word in [RULE, severity(), theme(), "all"] {
        let found = repository.rules(&["--select", word]);
        assert!(found.iter().any(|rule| rule == RULE), "{word}: {found:?}");
        assert!(repository.rules(&["--ignore", word]).is_empty(), "{word}");
    }
    let other = if severity() == "breaks" {
        "costly"
    } else {
        "breaks"
    };
    let found = |word: &str| {
        let found = repository.rules(&["--select", word]);
        found.iter().any(|rule| rule == RULE)
    };
    assert!(!found(other));
    assert!(found(&format!("{other},{RULE}")));
}

#[test]
fn a_word_that_is_no_rule_is_refused_with_the_nearest() {
    Repository::new(&[])
        .run(&["check", "--select", "log-group-without-produce"])
        .code(2)
        .says("did you mean `log-group-without-producer`?");
}

#[test]
fn deny_says_what_makes_a_run_fail() {
    let repository = Repository::failing();
    repository.run(&["check", "--deny", severity()]).code(1);
    repository.run(&["check", "--deny", "all"]).code(1);
    repository.run(&["check", "--deny", "none"]).code(0);
    let other = if severity() == "breaks" {
        "costly"
    } else {
        "breaks"
    };
    repository.run(&["check", "--deny", other]).code(0);
    // The default is what does not work and what is not safe.
    let fails = ["breaks", "insecure"].contains(&severity());
    repository.run(&["check"]).code(i32::from(fails));
}

#[test]
fn a_file_that_cannot_be_read_makes_a_run_fail_and_hides_nothing() {
    let repository = Repository::failing();
    repository.write("broken.tf", "resource \"a\" {\n");
    let printed = repository.run(&["check"]).code(1);
    assert!(printed.stdout.contains("broken.tf:"), "{}", printed.stdout);
    assert!(printed.stdout.contains(RULE), "{}", printed.stdout);
    repository.run(&["check", "--ignore", "syntax"]).code(0);
}

#[test]
fn the_settings_of_the_repository_choose_for_everyone() {
    let repository = Repository::failing();
    repository.write(".seaworthy/check.yaml", &format!("deny: {}\n", severity()));
    repository.run(&["check"]).code(1);
    repository.run(&["check", "--deny", "none"]).code(0);
    repository.write(".seaworthy/check.yaml", &format!("ignore: [{RULE}]\n"));
    assert!(repository.rules(&[]).is_empty());
    // They are found from a folder below, too, where Git says what the repository is.
    repository.git(&["init", "-q"]);
    repository.write("sub/logs.tf", &repository.read("logs.tf"));
    repository.write("sub/cluster.tf", &repository.read("cluster.tf"));
    let printed = repository.run_in("sub", &["check"]).code(0);
    assert_eq!(printed.stdout, "");
}

#[test]
fn settings_that_are_wrong_end_the_command() {
    let repository = Repository::failing();
    repository.write(
        ".seaworthy/check.yaml",
        "ignroe: [cost]\nallow:\n  - rule: log-group-without-producer\n    path: logs.tf\n",
    );
    repository
        .run(&["check"])
        .code(3)
        .says("the settings have no `ignroe`")
        .says("did you mean `ignore`?")
        .says("an allowance needs a `reason`");
}

#[test]
fn large_files_are_read_when_the_settings_say_so() {
    let repository = Repository::failing();
    repository.write(".seaworthy/check.yaml", "largest_file: 100\n");
    let printed = repository.run(&["check", "--show-unseen"]).code(0);
    assert_eq!(printed.stdout, "");
    assert!(
        printed.stderr.contains("not seen: file `logs.tf`"),
        "{}",
        printed.stderr
    );
}
