//! Configurations in, facts out.

#![allow(clippy::unwrap_used, reason = "a test says so by failing")]

mod evaluation;
mod hostile;
mod modules;
mod roots;
mod text;

use seaworthy_facts::terraform::{Resource, Root};
use seaworthy_facts::{Facts, SourceKind, SourceRoot, Sources};
use seaworthy_knowledge::Knowledge;

/// What was read, with its files.
struct Read {
    sources: Sources,
    facts: Facts,
}

/// Reads files: path and text.
fn read(files: &[(&str, &str)]) -> Read {
    let mut sources = Sources::default();
    let root = sources.add_root(SourceRoot::default());
    for (path, text) in files {
        let kind = match path.rsplit('.').next() {
            Some("tf" | "tofu") => SourceKind::Terraform,
            Some("tfvars") => SourceKind::TerraformVariables,
            Some("hcl") => SourceKind::TerraformLock,
            Some("json") => SourceKind::Json,
            _ => SourceKind::Text,
        };
        sources.add(root, *path, *text, kind, path.contains(".terraform/"));
    }
    let mut facts = Facts::default();
    seaworthy_hcl::read(&sources, &Knowledge, &mut facts);
    Read { sources, facts }
}

impl Read {
    fn root(&self) -> &Root {
        &self.facts.terraform.roots[0]
    }

    fn resource(&self, address: &str) -> &Resource {
        self.root().find(address).unwrap_or_else(|| {
            let all: Vec<_> = self.root().resources.iter().map(|r| &r.address).collect();
            panic!("no {address} among {all:?}")
        })
    }

    /// An attribute as text, holes as `${name}`.
    fn at(&self, address: &str, path: &str) -> String {
        let resource = self.resource(address);
        let value = resource
            .at(path)
            .unwrap_or_else(|| panic!("no {path} in {:?}", resource.body));
        value
            .text()
            .map_or_else(|| format!("{:?}", value.data), |text| text.to_string())
    }

    /// The value of a local, shown through an output.
    fn output(&self, name: &str) -> String {
        let output = self
            .root()
            .outputs
            .iter()
            .find(|output| &*output.name == name)
            .unwrap();
        shown(&output.value)
    }
}

/// A value in a short form.
fn shown(value: &seaworthy_facts::Value) -> String {
    use seaworthy_facts::Data;
    match &value.data {
        Data::List(items) => {
            let items: Vec<String> = items.iter().map(shown).collect();
            format!("[{}]", items.join(", "))
        }
        Data::Map(map) => {
            let entries: Vec<String> = map
                .entries
                .iter()
                .map(|entry| format!("{} = {}", entry.key, shown(&entry.value)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
        Data::Null => "null".to_owned(),
        _ => value.text().unwrap().to_string(),
    }
}

/// The value of one expression.
fn evaluated(expression: &str) -> String {
    read(&[(
        "main.tf",
        &format!("output \"it\" {{\n  value = {expression}\n}}\n"),
    )])
    .output("it")
}
