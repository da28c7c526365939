//! What is refused before it does harm.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use seaworthy_diagnostics::FileId;
use seaworthy_yaml::{Limits, parse};

fn codes(bytes: &[u8]) -> Vec<(&'static str, String)> {
    let parsed = parse(FileId(0), "a.yaml", bytes, Limits::default());
    parsed
        .diagnostics
        .into_iter()
        .map(|d| (d.code, d.message))
        .collect()
}

#[test]
fn a_file_of_a_hundred_megabytes_is_refused_unread() {
    let bytes = vec![b'a'; 100 << 20];
    let started = Instant::now();
    assert_eq!(
        codes(&bytes),
        [(
            "yaml/too-large",
            "the file is too large: 100 MiB, and at most 16 MiB are read".to_owned()
        )]
    );
    assert!(
        started.elapsed() < Duration::from_millis(500),
        "{:?}",
        started.elapsed()
    );
}

#[test]
fn an_alias_bomb_is_named_and_not_expanded() {
    let mut text = "a: &a [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (before, name) in ('a'..='y').zip('b'..='z') {
        let items = vec![format!("*{before}"); 10].join(", ");
        writeln!(text, "{name}: &{name} [{items}]").expect("strings take everything");
    }
    let started = Instant::now();
    let found = codes(text.as_bytes());
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "yaml/alias-bomb");
    assert!(
        started.elapsed() < Duration::from_millis(500),
        "{:?}",
        started.elapsed()
    );
}

#[test]
fn depth_counts_what_aliases_stand_for() {
    // Each line is shallow; together they are not.
    let mut text = "a0: &a0 [[[[[[[[[[x]]]]]]]]]]\n".to_owned();
    for n in 1..20 {
        let before = n - 1;
        writeln!(text, "a{n}: &a{n} [[[[[[[[[[*a{before}]]]]]]]]]]")
            .expect("strings take everything");
    }
    let found = codes(text.as_bytes());
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "yaml/too-deep");
    assert_eq!(
        codes(format!("{}{}", "[".repeat(3000), "]".repeat(3000)).as_bytes())[0].0,
        "yaml/too-deep"
    );
    let lines: Vec<String> = (0..3000).map(|n| " ".repeat(n) + "a:\n").collect();
    let block = lines.concat();
    assert_eq!(codes(block.as_bytes())[0].0, "yaml/too-deep");
}

#[test]
fn an_alias_of_what_contains_it_is_refused() {
    for text in ["a: &a [*a]\n", "&a {b: {c: *a}}\n", "a: &a\n  b: *a\n"] {
        assert_eq!(
            codes(text.as_bytes())[0].0,
            "yaml/recursive-alias",
            "{text}"
        );
    }
}

#[test]
fn bytes_that_are_no_text_are_named_with_their_place() {
    for (bytes, code, words) in [
        (&b"a: \xff\n"[..], "yaml/encoding", "byte 3 is 0xff"),
        (b"\xc3", "yaml/encoding", "byte 0 is 0xc3"),
        (b"\xff\xfea\0", "yaml/encoding", "UTF-16"),
        (b"a: \x00\n", "yaml/control-character", "byte 3"),
        (b"a: \"\x1b[31m\"\n", "yaml/control-character", "byte 4"),
    ] {
        let found = codes(bytes);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].0, code);
        assert!(found[0].1.contains(words), "{}", found[0].1);
    }
}

#[test]
fn tabs_are_named_as_tabs() {
    for text in [
        "a:\n\tb: 1\n",
        "a:\n  - x\n\t- y\n",
        "a:\n  b: 1\n \tc: 2\n",
    ] {
        let found = codes(text.as_bytes());
        assert_eq!(found[0].0, "yaml/tab", "{text:?}: {found:?}");
    }
    assert_eq!(
        codes(b"a: [1,\t2]\nb:\t3\n"),
        [],
        "between values a tab is a space"
    );
}

#[test]
fn thousands_of_lines_of_comments_are_no_attack() {
    let text = format!("{}a: 1\n", "# a line of a long licence\n".repeat(5000));
    assert_eq!(codes(text.as_bytes()), []);
}
