//! The first lines of each rendered file: whose it is, and which part of the definition asked for it.

/// A header for a file whose comments begin with `#`.
pub(crate) fn header(about: &str) -> String {
    format!(
        "# Rendered by Seaworthy from seaworthy.yaml ({about}).\n\
         # Change that, or add a file under patches/: changes made here are not kept.\n\n"
    )
}
