//! The definition as its users see it.

mod cases;
mod examples;
mod explain;
mod mutations;
mod properties;
mod reads;
mod reference;
mod schema;
mod starters;
mod yaml_to_json;
