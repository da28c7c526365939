//! The provider as the package `@cdktf/provider-aws` tells it: JavaScript and its types, generated from the schema.
//!
//! What can be set stands in functions that end in `ToHclTerraform`, one for each block; what must be set stands in the
//! types beside them, as properties without a question mark.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use regex::Regex;

use super::{Type, TypeName, text_of};
use crate::Failure;

/// Reads the used types out of the package, and the provider's version.
pub(super) fn read(
    package: &Path,
    used: &BTreeSet<TypeName>,
) -> Result<(String, BTreeMap<TypeName, Type>), Failure> {
    let patterns = Patterns::new()?;
    let mut version = String::new();
    let mut types = BTreeMap::new();
    for name in used {
        let folder = name.1.trim_start_matches("aws_").replace('_', "-");
        let folder = match name.0.as_str() {
            "data" => format!("lib/data-aws-{folder}"),
            _ => format!("lib/{folder}"),
        };
        let folder = package.join(folder);
        let code = text_of(&folder.join("index.js"))?;
        let declarations = text_of(&folder.join("index.d.ts"))?;
        version = patterns
            .version
            .captures(&code)
            .map(|found| found[1].to_owned())
            .ok_or_else(|| format!("`{}` names no version", folder.display()))?;
        types.insert(name.clone(), patterns.read(&code, &declarations));
    }
    Ok((version, types))
}

struct Patterns {
    /// `providerVersion: '6.25.0'`.
    version: Regex,
    /// A function for a block, or the main class's own list.
    fields: Regex,
    /// A line of it.
    field: Regex,
    /// The function of a nested block, within a field's value.
    nested: Regex,
    interface: Regex,
    property: Regex,
    /// What the main class answers.
    answer: Regex,
}

/// What one function lists.
struct Field {
    name: String,
    form: String,
    /// The function that lists what is within.
    nested: Option<String>,
}

impl Patterns {
    fn new() -> Result<Self, regex::Error> {
        Ok(Self {
            version: Regex::new(r"providerVersion: '([0-9.]+)'")?,
            fields: Regex::new(
                r"(?s)(?:function (\w+)ToHclTerraform\(struct\)|synthesizeHclAttributes\(\)) \{.*?const attrs = \{(.*?)\n\s*\};",
            )?,
            field: Regex::new(
                r#"(\w+): \{\n\s+value: (.*),\n\s+isBlock: (true|false),\n\s+type: "(\w+)",\n\s+storageClassType: "(\w+)","#,
            )?,
            nested: Regex::new(r"(?:^|[^.\w])(\w+)ToHclTerraform")?,
            interface: Regex::new(r"(?s)export interface (\w+)( extends [\w.]+)? \{(.*?)\n\}")?,
            property: Regex::new(r"(?s)#(\w+)\}.*?readonly \w+(\??):")?,
            answer: Regex::new(r#"this\.get\w+Attribute\('(\w+)'\)|new [\w.]+\(this, "(\w+)""#)?,
        })
    }

    fn read(&self, code: &str, declarations: &str) -> Type {
        let mut lists: BTreeMap<String, Vec<Field>> = BTreeMap::new();
        for found in self.fields.captures_iter(code) {
            // The main class has no function of its own.
            let of = found.get(1).map_or("", |name| name.as_str()).to_owned();
            lists.insert(of, self.fields(&found[2]));
        }
        let required = self.required(declarations);
        let mut about = Type::default();
        add(&lists, &required, "", "", &mut about.set);
        let main = code
            .find(" extends cdktf.TerraformResource")
            .or_else(|| code.find(" extends cdktf.TerraformDataSource"))
            .unwrap_or_default();
        about.read = self
            .answer
            .captures_iter(&code[main..])
            .filter_map(|found| found.get(1).or(found.get(2)))
            .map(|name| name.as_str().to_owned())
            .collect();
        about
    }

    fn fields(&self, text: &str) -> Vec<Field> {
        self.field
            .captures_iter(text)
            .map(|found| {
                let nested = self
                    .nested
                    .captures(&found[2])
                    .map(|name| name[1].to_owned());
                let (collection, element) = (&found[4], &found[5]);
                let form = if nested.is_some() {
                    let what = if &found[3] == "true" {
                        "block"
                    } else {
                        "object"
                    };
                    let how = if collection == "struct" {
                        "single"
                    } else {
                        collection
                    };
                    format!("{how} {what}")
                } else {
                    let scalar = element.trim_end_matches("List").trim_end_matches("Map");
                    let scalar = if scalar == "boolean" { "bool" } else { scalar };
                    match collection {
                        "simple" => scalar.to_owned(),
                        _ => format!("{collection}({scalar})"),
                    }
                };
                Field {
                    name: found[1].to_owned(),
                    form,
                    nested,
                }
            })
            .collect()
    }

    /// Required properties by interface; the main one's name is empty.
    fn required(&self, declarations: &str) -> BTreeMap<String, BTreeSet<String>> {
        let mut required = BTreeMap::new();
        for found in self.interface.captures_iter(declarations) {
            let name = if found.get(2).is_some() {
                ""
            } else {
                &found[1]
            };
            let properties: BTreeSet<String> = self
                .property
                .captures_iter(&found[3])
                .filter(|property| property[2].is_empty())
                .map(|property| property[1].to_owned())
                .collect();
            required.insert(name.to_ascii_lowercase(), properties);
        }
        required
    }
}

fn add(
    lists: &BTreeMap<String, Vec<Field>>,
    required: &BTreeMap<String, BTreeSet<String>>,
    of: &str,
    above: &str,
    set: &mut BTreeMap<String, String>,
) {
    let must = required.get(&of.to_ascii_lowercase());
    for field in lists.get(of).into_iter().flatten() {
        let mark = if must.is_some_and(|must| must.contains(&field.name)) {
            "!"
        } else {
            ""
        };
        set.insert(
            format!("{above}{}", field.name),
            format!("{}{mark}", field.form),
        );
        if let Some(nested) = &field.nested {
            add(
                lists,
                required,
                nested,
                &format!("{above}{}.", field.name),
                set,
            );
        }
    }
}
