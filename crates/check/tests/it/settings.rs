//! The settings file, and that its schema says the same.

use seaworthy_check::{Selector, Settings, Severity, settings};

fn problems(text: &str) -> Vec<String> {
    let (_, _, problems) = Settings::read("check.yaml", text);
    problems
        .into_iter()
        .map(|problem| problem.message)
        .collect()
}

#[test]
fn everything_that_can_be_said_is_read() {
    let rule = seaworthy_check::all()
        .next()
        .map_or("syntax", |rule| rule.name);
    let text = format!(
        "select: [breaks, identity]\nignore: {rule}\ndeny: costly\nbaseline: known.json\nlargest_file: 4 MiB\n\
         allow:\n  - {{ rule: {rule}, path: 'infra/**', reason: ours }}\n  - rule: syntax\n    about: '*'\n    reason: x\n"
    );
    let (settings, _, problems) = Settings::read("check.yaml", &text);
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(
        settings.selection.select,
        [
            Selector::Severity(Severity::Breaks),
            Selector::Theme("identity")
        ]
    );
    assert_eq!(settings.deny.expect("it is said").0, [Severity::Costly]);
    assert_eq!(settings.baseline.as_deref(), Some("known.json"));
    assert_eq!(settings.largest_file, Some(4 << 20));
    assert_eq!(settings.allow.len(), 2);
    assert_eq!(settings.allow[0].reason, "ours");
}

#[test]
fn empty_settings_say_nothing() {
    for text in ["", "# nothing\n", "allow:\n", "{}\n"] {
        assert!(problems(text).is_empty(), "{text}");
    }
}

#[test]
fn what_is_wrong_is_said() {
    for (text, expected) in [
        ("ignores: []\n", "the settings have no `ignores`"),
        (
            "ignore: [nothing-like-it]\n",
            "`nothing-like-it` is no rule, no theme and no severity",
        ),
        ("deny: [error]\n", "`error` is no severity"),
        ("largest_file: many\n", "`many` is no size"),
        ("baseline: [a]\n", "this is a text"),
        ("allow: yes\n", "`allow` is a list"),
        (
            "allow: [{ rule: syntax, path: a }]\n",
            "an allowance needs a `reason`",
        ),
        (
            "allow: [{ path: a, reason: b }]\n",
            "an allowance needs a `rule`",
        ),
        (
            "allow: [{ rule: nothing, path: a, reason: b }]\n",
            "`nothing` is no rule",
        ),
        (
            "allow: [{ rule: syntax, reason: b }]\n",
            "the allowance of `syntax` says neither `path` nor `about`",
        ),
        ("- a\n", "the settings are a map"),
        ("a: 1\n---\nb: 1\n", "the settings are one document"),
    ] {
        let problems = problems(text);
        assert!(
            problems.iter().any(|problem| problem == expected),
            "{text}: {problems:?}"
        );
    }
}

/// The reader knows names that the schema does not; in all else they agree.
#[test]
fn the_schema_agrees() {
    let validator = jsonschema::validator_for(&settings::schema()).expect("it is a schema");
    for (text, right) in [
        ("{}", true),
        ("ignore: breaks", true),
        ("ignore: [breaks, cost]", true),
        ("ignore: { a: b }", false),
        ("deny: [insecure]", true),
        ("deny: error", false),
        ("largest_file: 100", true),
        ("largest_file: 2 MiB", true),
        ("largest_file: 2 GB", false),
        ("unknown: 1", false),
        ("allow: [{ rule: syntax, path: a, reason: b }]", true),
        ("allow: [{ rule: syntax, about: a, reason: b }]", true),
        ("allow: [{ rule: syntax, reason: b }]", false),
        ("allow: [{ rule: syntax, path: a }]", false),
        (
            "allow: [{ rule: syntax, path: a, reason: b, more: c }]",
            false,
        ),
    ] {
        let said = problems(text);
        assert_eq!(said.is_empty(), right, "{text}: {said:?}");
        let json = json(text);
        assert_eq!(validator.is_valid(&json), right, "{text}: {json}");
    }
}

fn json(text: &str) -> serde_json::Value {
    use seaworthy_facts::{Data, Value};
    fn of(value: &Value) -> serde_json::Value {
        match &value.data {
            Data::Map(map) => {
                let entries = map.entries.iter();
                entries
                    .map(|entry| (entry.key.to_string(), of(&entry.value)))
                    .collect()
            }
            Data::List(items) => items.iter().map(of).collect(),
            Data::Number(_) => value.int().into(),
            _ => value.str().into(),
        }
    }
    let source = seaworthy_diagnostics::SourceFile::new(seaworthy_facts::FileId(0), "a.yaml", text);
    of(&seaworthy_facts::yaml::read(&source).documents[0].value)
}
