//! References follow what was renamed or moved.

use std::collections::HashMap;

use seaworthy_facts::{Text, Value};

use crate::manifest::Manifest;
use crate::places;

/// For each kind and old name, the new name as a value.
pub(crate) type Renamed = HashMap<(String, Text), Value>;

/// Puts the new names in every place that refers to an old one.
pub(crate) fn follow(objects: &mut [Manifest], renamed: &Renamed) {
    if renamed.is_empty() {
        return;
    }
    for object in objects {
        places::each_reference(object, &mut |kind, value| {
            let Some(text) = value.text() else { return };
            if let Some(new) = renamed.get(&(kind.to_owned(), text))
                && let Some(new_text) = new.text()
            {
                *value = seaworthy_facts::Value {
                    data: seaworthy_facts::Data::Text(new_text),
                    span: value.span,
                    trail: value.trail.via(new.span, "the name it gets"),
                };
            }
        });
    }
}
