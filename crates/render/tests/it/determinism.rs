//! The same definition gives the same bytes, whatever the order of its keys.

use crate::platforms::{all, rendered};

#[test]
fn twice_gives_the_same_bytes() {
    for platform in all() {
        let (once, again) = (platform.render(), platform.render());
        assert!(
            once.tree.len() > 3,
            "{}: nothing was rendered",
            platform.name
        );
        assert_eq!(once, again, "{}", platform.name);
    }
}

#[test]
fn the_order_of_keys_changes_nothing() {
    for platform in all() {
        let turned = reversed(&platform.text);
        assert_ne!(turned, platform.text);
        let (tree, other) = (
            platform.render().tree,
            rendered(&platform.name, &turned).tree,
        );
        let paths = |tree: &seaworthy_tree::FileTree| -> Vec<String> {
            tree.iter().map(|(path, _)| path.to_owned()).collect()
        };
        assert_eq!(paths(&tree), paths(&other), "{}", platform.name);
        for (path, file) in tree.iter() {
            let other = &other.get(path).expect("both have the same paths").text;
            assert_eq!(&file.text, other, "{}: {path}", platform.name);
        }
    }
}

/// The same YAML with every block mapping's keys in the opposite order: blocks of lines that begin at one indent are
/// turned around, level by level. The definitions of the tests use block lists nowhere.
fn reversed(text: &str) -> String {
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
        .collect();
    turn(&lines).join("\n") + "\n"
}

fn turn<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    let depth = |line: &str| line.len() - line.trim_start().len();
    let Some(first) = lines.first().map(|line| depth(line)) else {
        return Vec::new();
    };
    let mut blocks: Vec<Vec<&str>> = Vec::new();
    for line in lines {
        if depth(line) == first {
            blocks.push(vec![line]);
        } else {
            blocks
                .last_mut()
                .expect("the first line begins one")
                .push(line);
        }
    }
    blocks
        .into_iter()
        .rev()
        .flat_map(|block| {
            let below = turn(&block[1..]);
            [block[0]].into_iter().chain(below)
        })
        .collect()
}
