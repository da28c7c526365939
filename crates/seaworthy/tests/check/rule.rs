//! `seaworthy rule`.

use crate::repository::{RULE, Repository};

#[test]
fn a_rules_page_is_printed() {
    let printed = Repository::new(&[]).run(&["rule", RULE]).code(0);
    assert!(printed.stdout.starts_with(&format!("# {RULE}\n")));
    assert!(printed.stdout.contains("## When to allow it"));
}

#[test]
fn without_a_name_all_are_listed_by_theme() {
    let printed = Repository::new(&[]).run(&["rule"]).code(0);
    for rule in seaworthy_check::all() {
        assert!(printed.stdout.contains(rule.name), "{}", rule.name);
    }
    let theme = seaworthy_check::theme_of(RULE).expect("it has one").name;
    let printed = Repository::new(&[]).run(&["rule", theme]).code(0);
    assert!(printed.stdout.contains(RULE));
}

#[test]
fn the_nearest_name_is_offered() {
    Repository::new(&[])
        .run(&["rule", "log-group-without-producers"])
        .code(2)
        .says("did you mean `log-group-without-producer`?");
}
