//! What a version of the provider says of itself: `tofu providers schema -json`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use super::{Type, TypeName, text_of};
use crate::Failure;

/// Reads the used types out of the schema.
pub(super) fn read(
    path: &Path,
    used: &BTreeSet<TypeName>,
) -> Result<BTreeMap<TypeName, Type>, Failure> {
    let schema: Value = serde_json::from_str(&text_of(path)?)?;
    let provider = schema["provider_schemas"]
        .as_object()
        .and_then(|providers| {
            providers
                .iter()
                .find(|(name, _)| name.ends_with("/hashicorp/aws"))
        })
        .map(|(_, provider)| provider)
        .ok_or("the schema has no provider hashicorp/aws")?;
    let mut types = BTreeMap::new();
    for name in used {
        let of_kind = match name.0.as_str() {
            "data" => "data_source_schemas",
            _ => "resource_schemas",
        };
        let block = &provider[of_kind][&name.1]["block"];
        if block.is_null() {
            return Err(format!("the schema has no {} `{}`", name.0, name.1).into());
        }
        let mut about = Type::default();
        add_block(block, "", &mut about.set);
        about.read = members(&block["attributes"])
            .chain(members(&block["block_types"]))
            .map(|(name, _)| name.clone())
            .collect();
        types.insert(name.clone(), about);
    }
    Ok(types)
}

fn add_block(block: &Value, above: &str, set: &mut BTreeMap<String, String>) {
    for (name, attribute) in members(&block["attributes"]) {
        let is = |flag: &str| attribute[flag].as_bool().unwrap_or_default();
        if !is("required") && !is("optional") {
            continue;
        }
        let must = if is("required") { "!" } else { "" };
        let form = match &attribute["nested_type"] {
            Value::Null => form(&attribute["type"]),
            nested => format!("{} object", nested["nesting_mode"].as_str().unwrap_or("?")),
        };
        set.insert(format!("{above}{name}"), format!("{form}{must}"));
    }
    for (name, nested) in members(&block["block_types"]) {
        let must = if nested["min_items"].as_u64().unwrap_or_default() > 0 {
            "!"
        } else {
            ""
        };
        let mode = nested["nesting_mode"].as_str().unwrap_or("?");
        set.insert(format!("{above}{name}"), format!("{mode} block{must}"));
        // Conditions hold conditions, without end.
        if !above.split('.').any(|outer| outer == name) {
            add_block(&nested["block"], &format!("{above}{name}."), set);
        }
    }
}

/// `"string"`, or `["list", "string"]`.
fn form(value: &Value) -> String {
    match value {
        Value::String(name) => name.clone(),
        Value::Array(parts) => match parts.as_slice() {
            [Value::String(of), inner] if inner.is_array() && inner[0] == "object" => {
                format!("{of} object")
            }
            [Value::String(of), inner] => format!("{of}({})", form(inner)),
            _ => "object".to_owned(),
        },
        _ => "any".to_owned(),
    }
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}
