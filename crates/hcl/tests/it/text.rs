//! Texts that do not parse, and texts that look as if they would not.

use crate::read;

#[test]
fn a_mistake_costs_its_block_only() {
    let read = read(&[(
        "main.tf",
        "resource \"aws_x\" \"a\" {\n  name = \"a\"\n}\n\nresource \"aws_x\" \"b\" {\n  name = = 1\n}\n\nresource \"aws_x\" \"c\" {\n  name = \"c\"\n}\n",
    )]);
    assert_eq!(read.at("aws_x.a", "name"), "a");
    assert_eq!(read.at("aws_x.c", "name"), "c");
    assert_eq!(read.facts.broken.len(), 1);
    let place = read.facts.broken[0].place().unwrap();
    assert_eq!(read.sources.line(place), 6);
}

#[test]
fn a_missing_brace_costs_its_block_only() {
    let read = read(&[(
        "main.tf",
        "resource \"aws_x\" \"a\" {\n  tags = {\n    a = 1\n}\n\nresource \"aws_x\" \"b\" {\n  name = \"b\"\n}\n",
    )]);
    assert_eq!(read.at("aws_x.b", "name"), "b");
    assert_eq!(read.facts.broken.len(), 1);
}

#[test]
fn of_an_unfinished_merge_one_side_is_read() {
    let read = read(&[(
        "main.tf",
        "resource \"aws_x\" \"a\" {\n<<<<<<< HEAD\n  name = \"ours\"\n=======\n  name = \"theirs\"\n>>>>>>> topic\n}\n",
    )]);
    assert_eq!(read.at("aws_x.a", "name"), "ours");
    assert_eq!(read.facts.broken.len(), 1);
    assert!(read.facts.broken[0].message.contains("unfinished merge"));
}

#[test]
fn braces_in_text_and_heredocs_do_not_confuse() {
    let read = read(&[(
        "main.tf",
        "locals {\n  a = \"}${\"{\"}\" # }\n  b = <<EOT\n}\n=======\nEOT\n}\nresource \"aws_x\" \"x\" {\n  oops = \n}\nresource \"aws_x\" \"y\" {\n  a = local.a\n}\n",
    )]);
    assert_eq!(read.at("aws_x.y", "a"), "}{");
}
