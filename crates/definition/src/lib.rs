//! The definition `seaworthy.yaml` and the model it resolves to.

pub mod model;
