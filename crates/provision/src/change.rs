//! What a plan would change, and why, out of the JSON in which OpenTofu tells it.
//!
//! Format: "JSON Output Format" of OpenTofu's documentation, version 1.x. Values that the provider or the files call
//! sensitive are never taken over, only the fact that they change.

use serde_json::Value;

use crate::stateful::is_stateful;

/// One resource that a plan would change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// Its address: `module.network.aws_vpc.this`.
    pub address: String,
    /// Its type: `aws_vpc`.
    pub kind: String,
    /// What would be done.
    pub action: Action,
    /// Why, in a sentence without a full stop.
    pub why: String,
    /// The attributes that change, for updates and replacements.
    pub attributes: Vec<AttributeChange>,
    /// Its content would be lost.
    pub loses_content: bool,
    /// Somebody changed or deleted it outside of OpenTofu, and the plan puts that right.
    pub drift: bool,
    /// The name it has or gets in AWS, where it has one: for finding it again.
    pub name: Option<String>,
}

/// What would be done to a resource.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Made.
    #[default]
    Create,
    /// Changed in place.
    Update,
    /// Destroyed and made again.
    Replace,
    /// Destroyed.
    Delete,
    /// Left in AWS, and no longer managed.
    Forget,
    /// Taken over or called otherwise, with nothing changed in AWS.
    Move,
}

/// One attribute of a change; values are shown as JSON, shortened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AttributeChange {
    /// Its path: `tags.team`, `rule[0].port`.
    pub path: String,
    /// What it is; `None`: nothing.
    pub before: Option<String>,
    /// What it would be; `None`: nothing.
    pub after: Option<String>,
    /// It differs from what was applied last: somebody changed it outside.
    pub outside: bool,
}

/// How much of a value is shown.
const LONGEST: usize = 60;

const SECRET: &str = "(sensitive)";
const UNKNOWN: &str = "(known after apply)";

/// What a plan would change, in its order. Data sources are left out.
pub(crate) fn changes(plan: &Value) -> Vec<Change> {
    let drifted: Vec<&Value> = plan["resource_drift"]
        .as_array()
        .into_iter()
        .flatten()
        .collect();
    let changes = plan["resource_changes"].as_array().into_iter().flatten();
    changes
        .filter(|resource| resource["mode"] == "managed")
        .filter_map(|resource| {
            let drift = drifted
                .iter()
                .find(|drift| drift["address"] == resource["address"]);
            change(resource, drift.copied())
        })
        .collect()
}

fn change(resource: &Value, drift: Option<&Value>) -> Option<Change> {
    let change = &resource["change"];
    let moved_from = resource["previous_address"].as_str();
    let action = action(change, moved_from.is_some())?;
    let kind = resource["type"].as_str().unwrap_or_default();
    let mut attributes = Vec::new();
    if matches!(action, Action::Update | Action::Replace) {
        let sides = Sides {
            before: &change["before"],
            after: &change["after"],
            unknown: &change["after_unknown"],
            secret_before: &change["before_sensitive"],
            secret_after: &change["after_sensitive"],
        };
        sides.compare(String::new(), &mut attributes);
        if let Some(drift) = drift {
            for attribute in &mut attributes {
                attribute.outside = differs_at(&drift["change"], &attribute.path);
            }
        }
    }
    let deleted_outside = drift.is_some_and(|drift| {
        let actions = drift["change"]["actions"].as_array();
        actions.is_some_and(|actions| actions.iter().any(|action| action == "delete"))
    });
    let drift = deleted_outside || attributes.iter().any(|attribute| attribute.outside);
    let why = why(resource, action, &attributes, deleted_outside);
    Some(Change {
        address: resource["address"].as_str().unwrap_or_default().to_owned(),
        kind: kind.to_owned(),
        action,
        why,
        loses_content: is_stateful(kind) && matches!(action, Action::Replace | Action::Delete),
        drift,
        name: name(change),
        attributes,
    })
}

fn action(change: &Value, moved: bool) -> Option<Action> {
    let actions = change["actions"].as_array()?;
    let actions: Vec<&str> = actions.iter().filter_map(Value::as_str).collect();
    match actions.as_slice() {
        ["create"] => Some(Action::Create),
        ["update"] => Some(Action::Update),
        ["delete", "create"] | ["create", "delete"] => Some(Action::Replace),
        ["delete"] => Some(Action::Delete),
        ["forget"] => Some(Action::Forget),
        ["no-op"] if moved || !change["importing"].is_null() => Some(Action::Move),
        _ => None,
    }
}

fn why(
    resource: &Value,
    action: Action,
    attributes: &[AttributeChange],
    deleted_outside: bool,
) -> String {
    let paths = |paths: Vec<String>| {
        let shown: Vec<String> = paths
            .iter()
            .take(3)
            .map(|path| format!("`{path}`"))
            .collect();
        let more = paths.len().saturating_sub(3);
        match more {
            0 => shown.join(", "),
            more => format!("{} and {more} more", shown.join(", ")),
        }
    };
    if deleted_outside {
        return "was deleted outside of OpenTofu".to_owned();
    }
    match resource["action_reason"].as_str().unwrap_or_default() {
        "replace_because_tainted" => return "its creation did not finish".to_owned(),
        "replace_because_cannot_update" => {
            return format!(
                "{} cannot be changed in place",
                paths(replace_paths(resource))
            );
        }
        "replace_by_request" => return "asked for with `-replace`".to_owned(),
        "replace_by_triggers" => return "something that it is to be replaced with is".to_owned(),
        "delete_because_no_resource_config" => return "no longer in the files".to_owned(),
        "delete_because_no_module" => return "its module is no longer in the files".to_owned(),
        "delete_because_each_key" => return "its key is no longer in `for_each`".to_owned(),
        "delete_because_count_index" => return "its number is beyond `count`".to_owned(),
        "delete_because_wrong_repetition" => {
            return "`count` or `for_each` was added or removed".to_owned();
        }
        "delete_because_no_move_target" => return "was moved to what does not exist".to_owned(),
        _ => {}
    }
    let (outside, inside): (Vec<_>, Vec<_>) =
        attributes.iter().partition(|attribute| attribute.outside);
    let names = |attributes: &[&AttributeChange]| {
        paths(
            attributes
                .iter()
                .map(|attribute| attribute.path.clone())
                .collect(),
        )
    };
    match (action, outside.is_empty(), inside.is_empty()) {
        (Action::Create, ..) => "new".to_owned(),
        (Action::Delete, ..) => "is to be destroyed".to_owned(),
        (Action::Forget, ..) => "is left in AWS, no longer managed".to_owned(),
        (Action::Move, ..) => match resource["previous_address"].as_str() {
            Some(from) => format!("was `{from}`"),
            None => "exists, and is taken over".to_owned(),
        },
        (_, false, true) => format!("{} changed outside of OpenTofu", names(&outside)),
        (_, false, false) => format!(
            "{} in the files, {} outside of OpenTofu",
            names(&inside),
            names(&outside)
        ),
        (_, true, _) => format!("{} in the files", names(&inside)),
    }
}

/// The attributes for whose sake it is replaced.
fn replace_paths(resource: &Value) -> Vec<String> {
    let paths = resource["change"]["replace_paths"].as_array();
    paths
        .into_iter()
        .flatten()
        .map(|path| {
            let steps = path.as_array().into_iter().flatten();
            steps.fold(String::new(), |path, step| match step {
                Value::String(key) => join(&path, key),
                index => format!("{path}[{index}]"),
            })
        })
        .collect()
}

/// A name that AWS knows it by.
fn name(change: &Value) -> Option<String> {
    let values = match &change["after"] {
        Value::Null => &change["before"],
        after => after,
    };
    let secret = &change["after_sensitive"];
    [
        "name",
        "bucket",
        "identifier",
        "cluster_identifier",
        "repository",
    ]
    .iter()
    .find(|key| secret[**key] != true && values[**key].is_string())
    .and_then(|key| values[*key].as_str())
    .or_else(|| values["tags_all"]["Name"].as_str())
    .map(str::to_owned)
}

/// Both sides of a change, and what is known of them, at one place.
#[derive(Clone, Copy)]
struct Sides<'a> {
    before: &'a Value,
    after: &'a Value,
    unknown: &'a Value,
    secret_before: &'a Value,
    secret_after: &'a Value,
}

impl<'a> Sides<'a> {
    /// Collects the leaves that differ below this place.
    fn compare(self, path: String, found: &mut Vec<AttributeChange>) {
        let secret = *self.secret_before == true || *self.secret_after == true;
        let unknown = *self.unknown == true;
        if self.before == self.after && !unknown && !has_true(self.unknown) {
            return;
        }
        if !secret && !unknown {
            match (self.before, self.after) {
                (Value::Object(before), Value::Object(after)) => {
                    let unknown = self.unknown.as_object();
                    let mut keys: Vec<&String> = before.keys().chain(after.keys()).collect();
                    keys.extend(unknown.into_iter().flat_map(serde_json::Map::keys));
                    keys.sort();
                    keys.dedup();
                    for key in keys {
                        self.at(|value| &value[key.as_str()])
                            .compare(join(&path, key), found);
                    }
                    return;
                }
                (Value::Array(before), Value::Array(after)) if before.len() == after.len() => {
                    for index in 0..before.len() {
                        self.at(|value| &value[index])
                            .compare(format!("{path}[{index}]"), found);
                    }
                    return;
                }
                _ => {}
            }
        }
        let shown = |value: &Value| match value {
            Value::Null => None,
            _ if secret => Some(SECRET.to_owned()),
            value => Some(shortened(&value.to_string())),
        };
        // What is computed anew with something else is no change that a person asked for.
        if unknown && self.before.is_null() {
            return;
        }
        found.push(AttributeChange {
            path,
            before: shown(self.before),
            after: if unknown {
                Some(UNKNOWN.to_owned())
            } else {
                shown(self.after)
            },
            outside: false,
        });
    }

    /// The sides one step down; where everything below is secret or unknown, it stays so.
    fn at(self, step: impl Fn(&'a Value) -> &'a Value) -> Self {
        let mark = |value: &'a Value| {
            if value.is_boolean() {
                value
            } else {
                step(value)
            }
        };
        Self {
            before: step(self.before),
            after: step(self.after),
            unknown: mark(self.unknown),
            secret_before: mark(self.secret_before),
            secret_after: mark(self.secret_after),
        }
    }
}

fn has_true(value: &Value) -> bool {
    match value {
        Value::Bool(value) => *value,
        Value::Array(values) => values.iter().any(has_true),
        Value::Object(values) => values.values().any(has_true),
        _ => false,
    }
}

/// Whether the two sides of a drift differ at a path, or above or below it.
fn differs_at(drift: &Value, path: &str) -> bool {
    let (mut before, mut after) = (&drift["before"], &drift["after"]);
    for step in path.replace('[', ".").replace(']', "").split('.') {
        let down = |value: &'_ Value| -> Option<Value> {
            match (value, step.parse::<usize>()) {
                (Value::Array(values), Ok(index)) => values.get(index).cloned(),
                (Value::Object(values), _) => values.get(step).cloned(),
                _ => None,
            }
        };
        match (down(before), down(after)) {
            (Some(_), Some(_)) => {
                before = step_into(before, step);
                after = step_into(after, step);
            }
            _ => break,
        }
    }
    before != after
}

fn step_into<'a>(value: &'a Value, step: &str) -> &'a Value {
    match (value, step.parse::<usize>()) {
        (Value::Array(_), Ok(index)) => &value[index],
        _ => &value[step],
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let kept: String = text.chars().take(LONGEST - 1).collect();
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn one(resource: &Value, drift: Option<Value>) -> Change {
        let plan = json!({ "resource_changes": [resource], "resource_drift": drift.into_iter().collect::<Vec<_>>() });
        changes(&plan).pop().expect("there is a change")
    }

    fn queue(change: &Value, reason: Option<&str>) -> Value {
        json!({ "address": "aws_sqs_queue.this", "mode": "managed", "type": "aws_sqs_queue", "change": change,
                "action_reason": reason })
    }

    #[test]
    fn an_update_names_the_attributes_and_masks_what_is_sensitive() {
        let change = one(
            &queue(
                &json!({ "actions": ["update"],
                    "before": { "delay": 0, "password": "hunter2", "tags": { "a": "1", "b": "2" } },
                    "after": { "delay": 5, "password": "hunter3", "tags": { "a": "1", "b": "3" } },
                    "after_unknown": {}, "before_sensitive": { "password": true }, "after_sensitive": { "password": true } }),
                None,
            ),
            None,
        );
        let shown: Vec<String> = change
            .attributes
            .iter()
            .map(|a| format!("{} {:?} {:?}", a.path, a.before, a.after))
            .collect();
        assert_eq!(
            shown,
            [
                "delay Some(\"0\") Some(\"5\")",
                "password Some(\"(sensitive)\") Some(\"(sensitive)\")",
                "tags.b Some(\"\\\"2\\\"\") Some(\"\\\"3\\\"\")",
            ]
        );
        assert_eq!(change.why, "`delay`, `password`, `tags.b` in the files");
        assert!(!change.drift && !change.loses_content);
    }

    #[test]
    fn what_changed_outside_is_told_apart_from_what_changed_in_the_files() {
        let drift = json!({ "address": "aws_sqs_queue.this",
            "change": { "actions": ["update"], "before": { "delay": 5, "size": 1 }, "after": { "delay": 9, "size": 1 } } });
        let update = json!({ "actions": ["update"], "before": { "delay": 9, "size": 1 }, "after": { "delay": 5, "size": 2 },
            "after_unknown": {}, "before_sensitive": {}, "after_sensitive": {} });
        let change = one(&queue(&update, None), Some(drift));
        assert!(change.drift);
        assert_eq!(
            change.why,
            "`size` in the files, `delay` outside of OpenTofu"
        );
    }

    #[test]
    fn a_refresh_that_changes_nothing_is_no_drift() {
        let plan = json!({
            "resource_changes": [queue(&json!({ "actions": ["no-op"], "before": {}, "after": {} }), None)],
            "resource_drift": [{ "address": "aws_sqs_queue.this", "change": { "actions": ["update"], "before": {}, "after": {} } }],
        });
        assert!(changes(&plan).is_empty());
    }

    #[test]
    fn what_was_deleted_outside_is_drift() {
        let drift = json!({ "address": "aws_sqs_queue.this", "change": { "actions": ["delete"], "before": {}, "after": null } });
        let create = json!({ "actions": ["create"], "before": null, "after": { "name": "jobs" }, "after_unknown": {} });
        let change = one(&queue(&create, None), Some(drift));
        assert!(change.drift);
        assert_eq!(change.why, "was deleted outside of OpenTofu");
        assert_eq!(change.name.as_deref(), Some("jobs"));
    }

    #[test]
    fn a_replacement_says_for_which_attribute_and_that_content_is_lost() {
        let mut resource = queue(
            &json!({ "actions": ["delete", "create"], "before": { "engine": "postgres", "id": "db" },
                "after": { "engine": "mysql" }, "after_unknown": { "id": true },
                "before_sensitive": {}, "after_sensitive": {}, "replace_paths": [["engine"], ["rule", 0, "port"]] }),
            Some("replace_because_cannot_update"),
        );
        resource["type"] = json!("aws_db_instance");
        let change = one(&resource, None);
        assert_eq!(change.action, Action::Replace);
        assert_eq!(
            change.why,
            "`engine`, `rule[0].port` cannot be changed in place"
        );
        assert!(change.loses_content);
    }

    #[test]
    fn a_move_is_told_and_changes_nothing() {
        let mut resource = queue(
            &json!({ "actions": ["no-op"], "before": {}, "after": {} }),
            None,
        );
        resource["previous_address"] = json!("aws_sqs_queue.old");
        let change = one(&resource, None);
        assert_eq!(
            (change.action, change.why.as_str()),
            (Action::Move, "was `aws_sqs_queue.old`")
        );
    }
}
