//! The definition `seaworthy.yaml`, and the model it resolves to.
//!
//! [`Definition::read`] takes bytes, [`Definition::resolve`] gives the [`model::Platform`] of an environment or of this
//! machine, and both say what is wrong as diagnostics instead of failing. The shape of a definition is declared once,
//! in `shape`; the reader, [`schema()`] and the reference page are made from it.
//!
//! Nothing here reads a file, looks at the clock or at the machine: the command line does. What a key *does* is not
//! here either, but with who reads the model: the local run, renderers, releases.
//!
//! ```
//! use seaworthy_definition::Definition;
//!
//! let text = b"platform: counter\nservices:\n  web:\n    run: [python3, app.py]\n    port: 8080\n";
//! let (definition, diagnostics) = Definition::read("seaworthy.yaml", text);
//! assert!(diagnostics.is_empty());
//! let (platform, diagnostics) = definition.resolve(None);
//! assert!(diagnostics.is_empty());
//! assert_eq!(platform.services["web"].main_port().map(|(_, port)| port), Some(8080));
//! ```

mod data;
mod definition;
mod explain;
mod merge;
pub mod model;
mod read;
mod reference;
mod resolve;
mod schedule;
mod schema;
mod shape;
mod starter;
mod template;
mod units;
mod value;

pub use definition::Definition;
pub use explain::{ExplainError, Explanation, Origin};
pub use reference::reference;
pub use schema::schema;
pub use starter::{STARTERS, Starter, starter};
