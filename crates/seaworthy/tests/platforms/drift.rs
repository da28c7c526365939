//! The second plan: nothing to change but what is known of the emulator.

use std::collections::BTreeSet;

use libtest_mimic::Trial;
use serde::Deserialize;
use serde_json::Value;

use crate::place::Place;
use crate::states::{text, texts};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    #[serde(default)]
    drift: Vec<Entry>,
}

/// Something that the emulator says otherwise than it was told.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(rename = "type")]
    kind: String,
    attribute: String,
    reason: String,
    /// The platforms in which it occurs; there it must occur.
    platforms: BTreeSet<String>,
}

/// A resource's type and an attribute, without positions in lists.
type Difference = (String, String);

/// Plans, and holds what would change against the list.
pub(crate) fn judge(platform: &str, place: &Place) {
    let plan = place.plan();
    compare(platform, &differences(&plan)).unwrap_or_else(|error| panic!("{error}\n{plan:#}"));
}

fn compare(platform: &str, found: &BTreeSet<Difference>) -> Result<(), String> {
    let list: List = toml::from_str(include_str!("drift.toml")).expect("the list can be read");
    let known: BTreeSet<Difference> = list
        .drift
        .into_iter()
        .filter(|entry| entry.platforms.contains(platform))
        .inspect(|entry| assert!(!entry.reason.is_empty(), "{}: no reason", entry.kind))
        .map(|entry| (entry.kind, entry.attribute))
        .collect();
    let new: Vec<_> = found.difference(&known).collect();
    let gone: Vec<_> = known.difference(found).collect();
    if new.is_empty() && gone.is_empty() {
        return Ok(());
    }
    Err(format!(
        "the second plan of {platform} changes what drift.toml does not list: {new:?}; it lists what does not occur: {gone:?}"
    ))
}

fn differences(plan: &Value) -> BTreeSet<Difference> {
    let roots = plan["roots"].as_array().expect("a plan has roots");
    let mut found = BTreeSet::new();
    for root in roots {
        if root.get("waits_for").is_some() {
            found.insert((
                text(&root["root"]).to_owned(),
                "cannot be planned".to_owned(),
            ));
        }
        for change in root["changes"].as_array().into_iter().flatten() {
            let kind = kind(text(&change["address"]));
            let attributes = texts(&change["attributes"]);
            if change["action"] != "change" || attributes.is_empty() {
                found.insert((kind.clone(), text(&change["action"]).to_owned()));
            }
            found.extend(
                attributes
                    .iter()
                    .map(|path| (kind.clone(), without_positions(path))),
            );
        }
    }
    found
}

/// The type in an address, whose keys may hold anything: `module.a["b.c"].aws_vpc.this[0]`.
fn kind(address: &str) -> String {
    let bare = without_positions(address);
    let parts: Vec<&str> = bare.split('.').collect();
    parts[parts.len().saturating_sub(2)].to_owned()
}

/// A path without what stands in brackets.
fn without_positions(path: &str) -> String {
    let mut depth = 0;
    path.chars()
        .filter(|c| {
            match c {
                '[' => depth += 1,
                ']' => {
                    depth -= 1;
                    return false;
                }
                _ => {}
            }
            depth == 0
        })
        .collect()
}

/// The comparison itself.
pub(crate) fn trials() -> [Trial; 1] {
    [Trial::test(
        "drift_that_is_not_listed_fails_and_so_does_an_entry_that_is_gone",
        || {
            let plan = serde_json::json!({ "roots": [{ "root": "data", "changes": [
            { "address": "module.a[\"x.y\"].aws_kms_key.this[0]", "action": "change", "attributes": ["policy[0].a"] },
            { "address": "aws_vpc.this", "action": "create", "attributes": [] },
        ] }] });
            let found = differences(&plan);
            let expected = [("aws_kms_key", "policy.a"), ("aws_vpc", "create")];
            let expected = expected.map(|(kind, what)| (kind.to_owned(), what.to_owned()));
            assert_eq!(found, BTreeSet::from(expected));
            let error = compare("a platform without entries", &found);
            assert!(error.expect_err("it is new").contains("aws_vpc"));
            let list: List =
                toml::from_str(include_str!("drift.toml")).expect("the list can be read");
            for entry in list.drift {
                for platform in &entry.platforms {
                    let known = crate::case::CASES.iter().any(|case| case.name == platform);
                    assert!(known, "drift.toml names `{platform}`, which is no platform");
                    let error = compare(platform, &BTreeSet::new()).expect_err("it does not occur");
                    assert!(error.contains(&entry.kind), "{error}");
                }
            }
            Ok(())
        },
    )]
}
