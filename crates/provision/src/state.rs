//! States, as far as we need to read them: what is in them, and their outputs. Only OpenTofu writes them.

use std::collections::BTreeMap;

use seaworthy_aws::Client;
use serde_json::Value;

use crate::lock::states;
use crate::review::digest;
use crate::{Error, Root, Target};

/// What a state says.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    /// What it manages, by address.
    pub(crate) resources: Vec<Managed>,
    /// Its outputs. Never shown: some teams keep secrets there.
    pub(crate) outputs: Value,
}

/// One thing that a state manages.
#[derive(Debug, Clone)]
pub(crate) struct Managed {
    pub(crate) address: String,
    pub(crate) kind: String,
    pub(crate) attributes: Value,
}

impl State {
    /// Reads a root's state; `None`: it was never applied.
    pub(crate) fn read(
        client: &Client,
        target: &Target,
        root: &Root,
    ) -> Result<Option<Self>, Error> {
        let bucket = client.bucket(&root.bucket, &target.account);
        let object = match bucket.get(&root.key) {
            // The whole bucket may not be there yet.
            Err(error) if error.is_not_found() => return Ok(None),
            object => object.map_err(|source| states(&root.bucket, source))?,
        };
        let Some(object) = object else {
            return Ok(None);
        };
        let state = object.json().ok_or_else(|| Error::ReadState {
            bucket: root.bucket.clone(),
            key: root.key.clone(),
        })?;
        Ok(Some(Self::of(&state)))
    }

    /// What a state's JSON says; version 4, since Terraform 0.12.
    pub(crate) fn of(state: &Value) -> Self {
        let mut resources = Vec::new();
        for resource in state["resources"].as_array().into_iter().flatten() {
            if resource["mode"] != "managed" {
                continue;
            }
            for instance in resource["instances"].as_array().into_iter().flatten() {
                resources.push(Managed {
                    address: address(resource, &instance["index_key"]),
                    kind: text(&resource["type"]),
                    attributes: instance["attributes"].clone(),
                });
            }
        }
        Self {
            resources,
            outputs: state["outputs"].clone(),
        }
    }

    /// Whether anything is left of what was applied.
    pub(crate) fn is_empty(&self) -> bool {
        self.resources.is_empty()
    }

    /// An attribute of the first thing of a type, such as a cluster's name.
    pub(crate) fn attribute(&self, kind: &str, attribute: &str) -> Option<String> {
        let found = self.resources.iter().find(|managed| managed.kind == kind)?;
        found.attributes[attribute].as_str().map(str::to_owned)
    }

    /// Names the outputs as they are now, without holding them.
    pub(crate) fn outputs_digest(&self) -> String {
        digest(self.outputs.to_string().as_bytes())
    }
}

/// What the roots that a root reads say now, by folder; a root that was not applied is missing.
pub(crate) fn inputs(
    client: &Client,
    target: &Target,
    root: &Root,
) -> Result<BTreeMap<String, String>, Error> {
    let mut inputs = BTreeMap::new();
    for folder in &root.reads {
        let Some(read) = target.root(folder) else {
            continue;
        };
        if let Some(state) = State::read(client, target, read)?
            && !state.is_empty()
        {
            inputs.insert(folder.clone(), state.outputs_digest());
        }
    }
    Ok(inputs)
}

fn address(resource: &Value, key: &Value) -> String {
    let mut address = String::new();
    if let Some(module) = resource["module"].as_str() {
        address.push_str(module);
        address.push('.');
    }
    address.push_str(&text(&resource["type"]));
    address.push('.');
    address.push_str(&text(&resource["name"]));
    match key {
        Value::Null => {}
        key => {
            address.push('[');
            address.push_str(&key.to_string());
            address.push(']');
        }
    }
    address
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn addresses_are_those_that_opentofu_prints() {
        let state = State::of(&json!({ "outputs": {}, "resources": [
            { "mode": "data", "type": "aws_region", "name": "this", "instances": [{ "attributes": {} }] },
            { "module": "module.network[\"a\"]", "mode": "managed", "type": "aws_subnet", "name": "this", "instances": [
                { "index_key": "eu-west-3a", "attributes": { "id": "subnet-1" } },
                { "index_key": 0, "attributes": { "id": "subnet-2" } } ] },
            { "mode": "managed", "type": "aws_vpc", "name": "this", "instances": [{ "attributes": { "id": "vpc-1" } }] },
        ]}));
        let addresses: Vec<&str> = state
            .resources
            .iter()
            .map(|managed| managed.address.as_str())
            .collect();
        assert_eq!(
            addresses,
            [
                "module.network[\"a\"].aws_subnet.this[\"eu-west-3a\"]",
                "module.network[\"a\"].aws_subnet.this[0]",
                "aws_vpc.this"
            ]
        );
        assert_eq!(state.attribute("aws_vpc", "id").as_deref(), Some("vpc-1"));
    }
}
