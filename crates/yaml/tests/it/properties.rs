//! What holds for every input.

use proptest::prelude::*;
use seaworthy_diagnostics::FileId;
use seaworthy_yaml::{Limits, NodeKind, parse};

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_place_is_within_the_text(text in r##"([a-c&*!|>'"#%@?\\ \t\r\n.0-9é{}\[\]:,\-]|: |- |\n  |&a |\*a|---\n){0,60}"##) {
        let parsed = parse(FileId(0), "a.yaml", text.as_bytes(), Limits::default());
        let fits = |start: usize, end: usize| {
            start <= end && parsed.source.text().get(start..end).is_some()
        };
        for diagnostic in &parsed.diagnostics {
            for label in &diagnostic.labels {
                prop_assert!(fits(label.span.start, label.span.end), "{diagnostic:?}");
            }
        }
        let mut nodes = Vec::new();
        for document in parsed.tree.documents() {
            nodes.extend(document.root);
        }
        while let Some(id) = nodes.pop() {
            let node = parsed.tree.node(id);
            prop_assert!(fits(node.span.start, node.span.end), "{node:?}");
            match &node.kind {
                NodeKind::Mapping { entries, .. } => nodes.extend(entries.iter().flat_map(|e| [e.key, e.value])),
                NodeKind::Sequence { items, .. } => nodes.extend(items),
                NodeKind::Scalar { .. } => {}
                // Followed once: what it stands for is among the nodes already.
                NodeKind::Alias { target } => {
                    let is_alias = matches!(parsed.tree.node(*target).kind, NodeKind::Alias { .. });
                    prop_assert!(!is_alias);
                }
            }
        }
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        parse(FileId(0), "a.yaml", &bytes, Limits::default());
    }
}
