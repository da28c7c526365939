//! Nodes and their places.

use seaworthy_diagnostics::{FileId, SourceFile};
use seaworthy_yaml::{Layout, Limits, NodeId, NodeKind, Parsed, Style, Tree, parse};

pub(crate) fn read(text: &str) -> Parsed {
    parse(FileId(0), "a.yaml", text.as_bytes(), Limits::default())
}

/// Reads what is right.
fn good(text: &str) -> (SourceFile, Tree) {
    let parsed = read(text);
    assert_eq!(parsed.diagnostics, [], "{text}");
    (parsed.source, parsed.tree)
}

/// The node behind keys and indices.
fn at(tree: &Tree, path: &[&str]) -> NodeId {
    let mut id = tree.documents()[0].root.expect("the document has content");
    for part in path {
        id = match &tree.resolved(id).kind {
            NodeKind::Mapping { entries, .. } => {
                let entry = entries
                    .iter()
                    .find(|entry| tree.node(entry.key).as_text() == Some(part));
                entry.unwrap_or_else(|| panic!("no `{part}`")).value
            }
            NodeKind::Sequence { items, .. } => items[part.parse::<usize>().expect("an index")],
            _ => panic!("`{part}` of a scalar"),
        };
    }
    id
}

/// The source of a node.
fn slice<'s>(source: &'s SourceFile, tree: &Tree, path: &[&str]) -> &'s str {
    source.slice(tree.node(at(tree, path)).span)
}

#[test]
fn every_node_knows_its_bytes() {
    let text = "größe: 12  # comment\nlist:\n  - é\n  - [a, {b: \"c d\"}]\nmap:\n  k: 'v'\n  block: |\n    one\n    two\nlast: x\n";
    let (source, tree) = good(text);
    assert_eq!(slice(&source, &tree, &["größe"]), "12");
    assert_eq!(slice(&source, &tree, &["list", "0"]), "é");
    assert_eq!(slice(&source, &tree, &["list", "1"]), "[a, {b: \"c d\"}]");
    assert_eq!(slice(&source, &tree, &["list", "1", "1", "b"]), "\"c d\"");
    assert_eq!(slice(&source, &tree, &["map", "k"]), "'v'");
    assert_eq!(
        slice(&source, &tree, &["list"]),
        "- é\n  - [a, {b: \"c d\"}]"
    );
    assert!(slice(&source, &tree, &["map"]).starts_with("k: 'v'\n  block: |"));
    assert_eq!(slice(&source, &tree, &["last"]), "x");
    let block = tree.node(at(&tree, &["map", "block"]));
    assert_eq!(block.as_text(), Some("one\ntwo\n"));
    assert!(matches!(
        block.kind,
        NodeKind::Scalar {
            style: Style::Literal,
            ..
        }
    ));
    assert!(matches!(
        tree.node(at(&tree, &["list", "1"])).kind,
        NodeKind::Sequence {
            layout: Layout::Flow,
            ..
        }
    ));
}

#[test]
fn comments_are_kept_with_their_places() {
    let (source, tree) = good("# above\na: 1 # beside\n#\n");
    let comments: Vec<(&str, &str, bool)> = tree
        .comments()
        .iter()
        .map(|c| (&*c.text, source.slice(c.span), c.trailing))
        .collect();
    assert_eq!(
        comments,
        [
            (" above", "# above", false),
            (" beside", "# beside", true),
            ("", "#", false)
        ]
    );
}

#[test]
fn tags_anchors_and_aliases_are_kept() {
    let (source, tree) = good("base: &base !!map {a: 1}\nuse: *base\nref: !Ref Thing\n");
    let base = tree.node(at(&tree, &["base"]));
    let anchor = base.anchor.as_ref().expect("it has an anchor");
    assert_eq!(
        (&*anchor.name, source.slice(anchor.span)),
        ("base", "&base")
    );
    assert_eq!(base.tag.as_ref().map(|tag| &*tag.text), Some("!!map"));
    let alias = at(&tree, &["use"]);
    assert_eq!(source.slice(tree.node(alias).span), "*base");
    assert_eq!(tree.resolved(alias), base);
    let tag = tree
        .node(at(&tree, &["ref"]))
        .tag
        .as_ref()
        .expect("it has a tag");
    assert_eq!((&*tag.text, source.slice(tag.span)), ("!Ref", "!Ref"));
}

#[test]
fn a_broken_document_does_not_hide_the_next() {
    let parsed = read("a: [1\n---\nb: 2\n---\nc: 'x\n---\nd: 4\n");
    let broken: Vec<bool> = parsed.tree.documents().iter().map(|d| d.broken).collect();
    assert_eq!(broken, [true, false, true, false]);
    assert_eq!(parsed.diagnostics.len(), 2);
    let last = parsed.tree.documents()[3]
        .root
        .expect("the last document is whole");
    let NodeKind::Mapping { entries, .. } = &parsed.tree.node(last).kind else {
        panic!("a map")
    };
    assert_eq!(
        parsed.source.slice(parsed.tree.node(entries[0].value).span),
        "4"
    );
    // What was read before the break is there.
    assert!(parsed.tree.documents()[0].root.is_some());
}

#[test]
fn a_byte_order_mark_is_no_column() {
    let (source, tree) = good("\u{feff}a: 1\n");
    let node = tree.node(at(&tree, &["a"]));
    assert_eq!(source.slice(node.span), "1");
    let position = source.position(node.span.start);
    assert_eq!((position.line, position.column), (1, 4));
}

#[test]
fn line_ends_of_windows_are_line_ends() {
    let (source, tree) = good("a:\r\n  b: 1\r\n  c: [x,\r\n y]\r\n");
    assert_eq!(slice(&source, &tree, &["a", "b"]), "1");
    assert_eq!(
        source
            .position(tree.node(at(&tree, &["a", "c"])).span.start)
            .line,
        3
    );
}

#[test]
fn nothing_is_no_document_or_an_empty_one() {
    for text in ["", "\n\n", "# only a comment\n", "---\n", "---\n...\n"] {
        let (_, tree) = good(text);
        let content = tree
            .documents()
            .iter()
            .filter_map(|d| d.root)
            .filter(|id| tree.node(*id).as_text() != Some(""));
        assert_eq!(content.count(), 0, "{text:?}");
    }
}

#[test]
fn keys_given_twice_are_reported_with_both_places() {
    let parsed = read("a: 1\nb: {x: 1, \"x\": 2}\na: 3\na: 4\n");
    let found: Vec<(&str, Vec<usize>)> = parsed
        .diagnostics
        .iter()
        .map(|d| {
            (
                d.code,
                d.labels
                    .iter()
                    .map(|label| parsed.source.position(label.span.start).line)
                    .collect(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("yaml/duplicate-key", vec![2, 2]),
            ("yaml/duplicate-key", vec![3, 1]),
            ("yaml/duplicate-key", vec![4, 1])
        ]
    );
}
