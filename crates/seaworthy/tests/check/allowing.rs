//! Allowances: in comments and in the settings.

use crate::repository::{FILE, RULE, Repository};

/// The line that the rule's example marks.
const LINE: &str = "  name              = \"/aws/eks";

#[test]
fn a_comment_on_the_line_before_or_on_the_line_allows() {
    for comment in [
        "  # seaworthy: allow RULE because we will",
        "  // seaworthy: allow RULE because we will",
    ] {
        let repository = Repository::failing();
        repository.insert_before(FILE, LINE, &comment.replace("RULE", RULE));
        let report = repository.json(&[]);
        assert_eq!(
            report["diagnostics"].as_array().map(Vec::len),
            Some(0),
            "{report}"
        );
        assert_eq!(report["summary"]["allowed"], 1);
    }
    let repository = Repository::failing();
    let text = repository.read(FILE);
    let at = text.find("/cluster\"\n").expect("it is there") + "/cluster\"".len();
    let comment = format!(" # seaworthy: allow {RULE} because we will");
    repository.write(FILE, &format!("{}{comment}{}", &text[..at], &text[at..]));
    assert!(repository.rules(&[]).is_empty());
    let printed = repository.run(&["check"]).code(0);
    assert!(
        printed.stderr.contains("not shown: 1 allowed"),
        "{}",
        printed.stderr
    );
}

#[test]
fn a_comment_elsewhere_or_for_another_rule_allows_nothing_and_is_reported() {
    let repository = Repository::failing();
    let comment = format!("# seaworthy: allow {RULE} because we will");
    repository.insert_before(FILE, "  retention_in_days", &comment);
    assert_eq!(repository.rules(&[]), ["check/unmatched-allowance", RULE]);
    // A run that leaves the rule out cannot tell.
    assert!(repository.rules(&["--ignore", RULE]).is_empty());
}

#[test]
fn an_allowance_without_reason_or_of_no_rule_is_an_error() {
    let repository = Repository::failing();
    repository.insert_before(FILE, LINE, &format!("  # seaworthy: allow {RULE}"));
    assert_eq!(repository.rules(&[]), ["check/allowance", RULE]);
    repository.run(&["check"]).code(1);
    let repository = Repository::failing();
    repository.insert_before(FILE, LINE, "  # seaworthy: allow log-group because it is");
    let printed = repository.run(&["check"]).code(1);
    assert!(
        printed.stdout.contains("`log-group` is no rule"),
        "{}",
        printed.stdout
    );
}

#[test]
fn prose_and_strings_that_tell_about_allowances_are_none() {
    let repository = Repository::new(&[
        (
            "README.md",
            "Write `# seaworthy: allow RULE because …`.\n\n```yaml\n# seaworthy: allow x because y\n```\n",
        ),
        ("a.yaml", "url: http://seaworthy: allow x\n"),
        ("b.py", "text = 'seaworthy: allow x because y'\n"),
    ]);
    assert!(repository.rules(&[]).is_empty());
}

#[test]
fn the_settings_allow_by_path_and_by_name() {
    for scope in ["path: logs.tf", "path: \"*.tf\"", "path: \"**/logs.tf\""] {
        let repository = Repository::failing();
        let settings = format!("allow:\n  - rule: {RULE}\n    {scope}\n    reason: we will\n");
        repository.write(".seaworthy/check.yaml", &settings);
        assert!(repository.rules(&[]).is_empty(), "{scope}");
    }
    for scope in ["path: other.tf", "about: nobody"] {
        let repository = Repository::failing();
        let settings = format!("allow:\n  - rule: {RULE}\n    {scope}\n    reason: we will\n");
        repository.write(".seaworthy/check.yaml", &settings);
        let report = repository.json(&[]);
        let rules: Vec<_> = report["diagnostics"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|one| &one["rule"])
            .collect();
        assert_eq!(rules, ["check/unmatched-allowance", RULE], "{scope}");
        assert_eq!(report["diagnostics"][0]["file"], ".seaworthy/check.yaml");
        assert_eq!(report["diagnostics"][0]["line"], 2);
    }
}
