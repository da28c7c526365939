//! Inputs that are meant to hang or crash.

use std::fmt::Write as _;

use crate::{evaluated, read};

#[test]
fn a_million_instances_are_one_unknown_one() {
    let read = read(&[(
        "main.tf",
        "resource \"aws_x\" \"x\" {\n  count = 1000000\n}\nresource \"aws_y\" \"y\" {\n  for_each = toset([for i in range(1000000) : tostring(i)])\n}\n",
    )]);
    assert_eq!(read.root().resources.len(), 2);
}

#[test]
fn instances_of_instances_are_bounded() {
    let read = read(&[
        (
            "main.tf",
            "module \"a\" {\n  source = \"./a\"\n  count = 1500\n}\n",
        ),
        (
            "a/main.tf",
            "module \"b\" {\n  source = \"../b\"\n  count = 1500\n}\n",
        ),
        (
            "b/main.tf",
            "resource \"aws_x\" \"x\" {\n  count = 1500\n}\n",
        ),
    ]);
    assert!(read.root().resources.len() <= 10_000);
    assert!(
        read.facts
            .unseen
            .iter()
            .any(|unseen| unseen.why.contains("instances"))
    );
}

#[test]
fn circles_end() {
    let read = read(&[
        (
            "main.tf",
            "locals {\n  a = local.b\n  b = local.a\n}\nresource \"aws_x\" \"x\" {\n  name = local.a\n  other = aws_x.x.other\n  count = length(aws_x.x)\n}\nmodule \"self\" {\n  source = \"./\"\n}\nmodule \"m\" {\n  source = \"./m\"\n  in = module.m.out\n}\n",
        ),
        (
            "m/main.tf",
            "variable \"in\" {}\noutput \"out\" {\n  value = var.in\n}\nmodule \"up\" {\n  source = \"../m\"\n}\n",
        ),
    ]);
    assert!(read.root().resources.len() < 10);
    assert!(
        read.facts
            .unseen
            .iter()
            .any(|unseen| unseen.why.contains("includes itself"))
    );
}

#[test]
fn long_chains_and_doubling_values_are_bounded() {
    let mut text = String::from("locals {\n  l0 = [\"x\", \"x\"]\n  s0 = \"xxxxxxxxxxxxxxxx\"\n");
    for index in 1..5_000 {
        let before = index - 1;
        writeln!(text, "  l{index} = [local.l{before}, local.l{before}]").unwrap();
        writeln!(
            text,
            "  s{index} = \"${{local.s{before}}}${{local.s{before}}}\""
        )
        .unwrap();
    }
    text.push_str("}\nresource \"aws_x\" \"x\" {\n  l = local.l4999\n  s = local.s4999\n}\n");
    read(&[("main.tf", &text)]);
}

#[test]
fn deep_nesting_is_a_mistake_or_a_value_but_no_crash() {
    for (open, close) in [("[", "]"), ("(", ")"), ("{a=", "}"), ("\"${", "}\"")] {
        evaluated_or_broken(&format!("{}1{}", open.repeat(60), close.repeat(60)));
        evaluated_or_broken(&format!("{}1{}", open.repeat(20_000), close.repeat(20_000)));
    }
    evaluated_or_broken(&"-".repeat(10_000));
    evaluated_or_broken(&format!("1{}", " + 1".repeat(10_000)));
    let blocks = format!("a {{\n{}{}}}\n", "b {\n".repeat(5_000), "}\n".repeat(5_000));
    read(&[("main.tf", &blocks)]);
}

fn evaluated_or_broken(expression: &str) {
    read(&[(
        "main.tf",
        &format!("output \"it\" {{\n  value = {expression}\n}}\n"),
    )]);
}

#[test]
fn work_is_bounded() {
    evaluated(
        "length([for a in range(5000) : [for b in range(5000) : [for c in range(5000) : c]]])",
    );
    evaluated(
        "join(\"\", [for a in range(9000) : join(\"\", [for b in range(9000) : \"xxxxxxxxxxxxxxxx\"])])",
    );
    evaluated("setproduct(range(5000), range(5000), range(5000))");
    evaluated("format(\"%0999999999d\", 1)");
    evaluated("substr(\"é\", 0, 9223372036854775807)");
    evaluated("cidrsubnet(\"10.0.0.0/8\", 200, 99999999999)");
    evaluated("regex(\"(((((a{99}){99}){99}){99}){99})\", \"a\")");
}

#[test]
fn odd_bytes_are_text() {
    read(&[
        ("a.tf", "\u{feff}locals {\r\n  a = \"é\u{200b}\"\r\n}\r\n"),
        ("b.tf", "}}}{{{\"\"\"<<<"),
        ("c.tf", "<<<<<<< \n\n>>>>>>> "),
        ("d.tf", ""),
    ]);
}
