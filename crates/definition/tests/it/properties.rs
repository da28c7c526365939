//! What holds for every input.

use proptest::prelude::*;
use seaworthy_definition::Definition;
use seaworthy_diagnostics::text::{self, Colour};
use seaworthy_diagnostics::{FileId, json};
use seaworthy_yaml::{Limits, NodeId, NodeKind, Style, Tree, parse};

use crate::cases::cases;
use crate::examples::definitions;

/// Everything that can be done with a definition, done; a panic is the only failure.
pub(crate) fn exercise(bytes: &[u8]) {
    let (definition, _) = Definition::read("seaworthy.yaml", bytes);
    let diagnostics = definition.check();
    let source = definition.source();
    for diagnostic in &diagnostics {
        for label in &diagnostic.labels {
            assert!(
                label.span.start <= label.span.end && label.span.end <= source.text().len(),
                "{diagnostic:?}"
            );
            assert!(
                source.text().is_char_boundary(label.span.start),
                "{diagnostic:?}"
            );
        }
    }
    let said = text::render(&diagnostics, &[source], Colour::Never);
    assert_eq!(said, text::render(&diagnostics, &[source], Colour::Never));
    text::render(&diagnostics, &[source], Colour::Always);
    json::render(&diagnostics, &[source]);
    let environments: Vec<String> = definition.environment_names().map(str::to_owned).collect();
    for environment in environments
        .iter()
        .map(|name| Some(name.as_str()))
        .chain([None])
    {
        let (platform, _) = definition.resolve(environment);
        assert_eq!(platform, definition.resolve(environment).0);
        let _ = definition.explain("", environment);
    }
    for path in definition.declared().take(50) {
        let _ = definition.explain(&path, None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        exercise(&bytes);
    }

    #[test]
    fn no_text_of_yaml_s_own_characters_panics(text in r##"([a-z${}\[\]:,\-&*!|>'"#%@?\\ \t\n.0-9éßö]|: |- |\n  |\n    |platform: a|services:|\$\{a\.host\}){0,80}"##) {
        exercise(text.as_bytes());
    }

    #[test]
    fn the_order_of_keys_means_nothing(seed in any::<u64>()) {
        for (path, text) in definitions() {
            let (definition, _) = Definition::read("seaworthy.yaml", text.as_bytes());
            let shuffled_text = shuffled(text.as_bytes(), seed);
            let (shuffled, _) = Definition::read("seaworthy.yaml", shuffled_text.as_bytes());
            prop_assert_eq!(shuffled.check(), vec![], "{}\n{}", path.display(), shuffled_text);
            for environment in [None, Some("production")] {
                prop_assert_eq!(definition.resolve(environment).0, shuffled.resolve(environment).0);
            }
        }
    }
}

#[test]
fn no_case_and_no_piece_of_one_panics() {
    for (_, _, bytes) in cases() {
        exercise(&bytes);
        // Cut at every byte: also in the middle of a key, a quote, a character.
        for end in 0..bytes.len() {
            let (definition, _) = Definition::read("seaworthy.yaml", &bytes[..end]);
            let diagnostics = definition.check();
            text::render(&diagnostics, &[definition.source()], Colour::Never);
        }
    }
}

#[test]
fn a_file_that_breaks_off_says_so_and_little_else() {
    // Everything up to a broken line is right, so only the break itself may be reported.
    for (path, text) in definitions() {
        let lines: Vec<&str> = text.lines().collect();
        for at in 2..lines.len() {
            let broken = format!("{}\n\tbroken: [\n", lines[..at].join("\n"));
            let (definition, diagnostics) = Definition::read("seaworthy.yaml", broken.as_bytes());
            let errors: Vec<&str> = diagnostics.iter().map(|d| d.code).collect();
            assert_eq!(
                errors.len(),
                1,
                "{} cut at line {at}: {diagnostics:#?}",
                path.display()
            );
            assert!(errors[0].starts_with("yaml/"), "{errors:?}");
            assert_eq!(definition.check(), diagnostics);
        }
    }
}

/// The same definition with the keys of every map in another order, written in flow style.
fn shuffled(bytes: &[u8], seed: u64) -> String {
    let parsed = parse(FileId(0), "seaworthy.yaml", bytes, Limits::default());
    let root = parsed.tree.documents()[0]
        .root
        .expect("an example has content");
    let mut random = Random(seed | 1);
    let mut text = String::new();
    write(&parsed.tree, root, &mut random, &mut text);
    text
}

fn write(tree: &Tree, id: NodeId, random: &mut Random, text: &mut String) {
    match &tree.resolved(id).kind {
        NodeKind::Mapping { entries, .. } => {
            let mut entries = entries.clone();
            for index in (1..entries.len()).rev() {
                entries.swap(index, random.below(index + 1));
            }
            text.push('{');
            for entry in entries {
                write(tree, entry.key, random, text);
                text.push_str(": ");
                write(tree, entry.value, random, text);
                text.push_str(",\n ");
            }
            text.push('}');
        }
        NodeKind::Sequence { items, .. } => {
            text.push('[');
            for item in items {
                write(tree, *item, random, text);
                text.push_str(", ");
            }
            text.push(']');
        }
        NodeKind::Scalar {
            text: scalar,
            style: Style::Plain,
        } if !scalar.contains(['{', '}', '[', ']', ',']) => text.push_str(scalar),
        NodeKind::Scalar { text: scalar, .. } => {
            text.push('"');
            text.push_str(&scalar.replace('\\', "\\\\").replace('"', "\\\""));
            text.push('"');
        }
        NodeKind::Alias { .. } => unreachable!("`resolved` resolves aliases"),
    }
}

/// xorshift: the same numbers on every machine.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).expect("it is below a usize")
    }
}
