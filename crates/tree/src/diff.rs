//! Changes as a unified diff, as `git diff` and `patch` read it.

use similar::TextDiff;

use crate::changes::Change;

/// The unified diff of one change, with three lines around each difference.
pub fn unified_diff(change: &Change) -> String {
    let (before, after, from, to) = match change {
        Change::Create { path, text } => ("", text.as_str(), None, Some(path)),
        Change::Update { path, before, text } => {
            (before.as_str(), text.as_str(), Some(path), Some(path))
        }
        Change::Remove { path, before } => (before.as_str(), "", Some(path), None),
    };
    let name = |side: char, path: Option<&String>| {
        path.map_or_else(|| "/dev/null".to_owned(), |path| format!("{side}/{path}"))
    };
    TextDiff::from_lines(before, after)
        .unified_diff()
        .header(&name('a', from), &name('b', to))
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_like_git() {
        let change = Change::Update {
            path: "a.tf".to_owned(),
            before: "one\ntwo\n".to_owned(),
            text: "one\n2\n".to_owned(),
        };
        assert_eq!(
            unified_diff(&change),
            "--- a/a.tf\n+++ b/a.tf\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n"
        );
        let change = Change::Remove {
            path: "a.tf".to_owned(),
            before: "one\n".to_owned(),
        };
        assert!(unified_diff(&change).starts_with("--- a/a.tf\n+++ /dev/null\n"));
    }
}
