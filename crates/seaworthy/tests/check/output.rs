//! The forms that findings are printed in.

use crate::repository::{FILE, RULE, Repository, example};

#[test]
fn every_rules_example_arrives_with_its_places() {
    for theme in seaworthy_check::themes() {
        let Some(rule) = theme.rules.first() else {
            continue;
        };
        let failing = example(rule.name, "Failing");
        if failing.remote.is_some() {
            continue;
        }
        let repository = Repository::new(&[]);
        for file in &failing.files {
            repository.write(&file.path, &file.text);
        }
        let report = repository.json(&["--select", rule.name]);
        let mut found: Vec<(String, usize, bool)> = Vec::new();
        for one in report["diagnostics"].as_array().expect("a list") {
            if one["rule"] != rule.name {
                continue;
            }
            assert_eq!(one["severity"], rule.severity.as_str());
            for label in one["labels"].as_array().expect("a list") {
                found.push((
                    label["file"].as_str().expect("a path").to_owned(),
                    usize::try_from(label["line"].as_u64().expect("a line")).expect("a small one"),
                    label["primary"].as_bool().expect("true or false"),
                ));
            }
        }
        found.sort();
        assert_eq!(found, failing.marks(), "{}", rule.name);
    }
}

#[test]
fn text_is_for_people() {
    let printed = Repository::failing()
        .run(&["check", "--today", "2026-11-21"])
        .code(0);
    let headline = printed.stdout.lines().next().expect("a line");
    let rule = seaworthy_check::find(RULE).expect("it is there");
    let expected = format!("{}[{RULE}]: ", rule.severity.as_str());
    assert!(headline.starts_with(&expected), "{headline}");
    assert!(
        printed.stdout.contains(" --> logs.tf:2:"),
        "{}",
        printed.stdout
    );
    assert!(
        printed.stdout.contains("::: cluster.tf:1:"),
        "{}",
        printed.stdout
    );
    let summary = format!("! 1 {} in 2 files", rule.severity.as_str());
    assert!(printed.stderr.contains(&summary), "{}", printed.stderr);
    assert!(!printed.stdout.contains('\u{1b}'), "no colours into a pipe");
}

#[test]
fn nothing_is_said_of_nothing() {
    let repository = Repository::new(&[("a.yaml", "a: 1\n")]);
    let printed = repository.run(&["check"]).code(0);
    assert_eq!(printed.stdout, "");
    assert_eq!(printed.stderr, "✓ nothing found in 1 file\n");
}

#[test]
fn json_says_everything() {
    let report = Repository::failing().json(&[]);
    let one = &report["diagnostics"][0];
    assert_eq!(one["rule"], RULE);
    assert_eq!(one["file"], FILE);
    assert_eq!(one["line"], 2);
    assert_eq!(one["labels"][0]["primary"], true);
    assert_eq!(one["labels"][0]["end_line"], 2);
    assert_eq!(one["labels"][0]["start"]["line"], 2);
    assert!(
        one["fingerprint"]
            .as_str()
            .is_some_and(|text| text.len() == 16)
    );
    assert!(one["confidence"].is_string());
    assert!(one["chain"].is_array() && one["assumed"].is_array());
    assert_eq!(report["summary"]["files"], 2);
    assert!(report["unseen"].is_array());
}

#[test]
fn github_gets_annotations() {
    let repository = Repository::failing();
    let printed = repository.run(&["check", "--format", "github"]).code(0);
    let line = printed.stdout.lines().next().expect("a line");
    let command = line.split(' ').next().expect("a command");
    assert!(
        ["::error", "::warning", "::notice"].contains(&command),
        "{line}"
    );
    assert!(
        line.contains("file=logs.tf,line=2,endLine=2,col="),
        "{line}"
    );
    assert!(line.contains("%0Acluster.tf:1"), "{line}");
    assert_eq!(printed.stdout.lines().count(), 1);
}

#[test]
fn paths_are_shown_as_they_were_given() {
    let repository = Repository::new(&[]);
    for file in example(RULE, "Failing").files {
        repository.write(&format!("live/infra/{}", file.path), &file.text);
    }
    let absolute = repository.path().join("live/infra");
    let absolute = absolute.to_str().expect("a path of text");
    for (folder, given, shown) in [
        ("", ".", "live/infra/logs.tf"),
        ("", "live/infra", "live/infra/logs.tf"),
        ("", "./live/../live/infra/", "live/infra/logs.tf"),
        ("live", "infra", "infra/logs.tf"),
        ("live/infra", ".", "logs.tf"),
        ("live", "../live/infra", "../live/infra/logs.tf"),
        ("live", absolute, "infra/logs.tf"),
    ] {
        let printed = repository.run_in(folder, &["check", given]);
        let place = format!(" --> {shown}:2:");
        assert!(
            printed.stdout.contains(&place),
            "{given}: {}",
            printed.stdout
        );
    }
}

#[test]
fn a_definition_is_checked_too() {
    let definition = "platform: shop\nservices:\n  api: { run: [./api], prot: 8000 }\n";
    let repository = Repository::failing();
    repository.write("seaworthy.yaml", definition);
    let printed = repository.run(&["check"]).code(3);
    assert!(
        printed.stdout.contains("error[definition/"),
        "{}",
        printed.stdout
    );
    assert!(printed.stdout.contains(RULE), "{}", printed.stdout);
    let printed = repository.run(&["check", "seaworthy.yaml"]).code(3);
    assert!(!printed.stdout.contains(RULE), "{}", printed.stdout);
}

#[test]
fn a_path_that_is_not_there_is_named() {
    let repository = Repository::new(&[]);
    repository
        .run(&["check", "nowhere"])
        .code(1)
        .says("`nowhere` cannot be read");
}
