//! Which folders are roots, and what their variable files say.

use crate::read;

const MAIN: &str = "variable \"env\" {}\nresource \"aws_x\" \"x\" {\n  name = var.env\n}\n";

#[test]
fn files_that_load_by_themselves_are_taken() {
    let read = read(&[
        ("infra/main.tf", MAIN),
        ("infra/terraform.tfvars", "env = \"first\"\n"),
        ("infra/z.auto.tfvars", "env = \"second\"\n"),
    ]);
    assert_eq!(read.facts.terraform.roots.len(), 1);
    assert_eq!(read.at("aws_x.x", "name"), "second");
    let name = read.resource("aws_x.x").at("name").unwrap();
    let origin = name.trail.origin().unwrap();
    assert_eq!(read.sources.path(origin.file), "infra/z.auto.tfvars");
}

#[test]
fn each_environment_file_makes_a_root() {
    let read = read(&[
        ("infra/main.tf", MAIN),
        ("infra/env/dev.tfvars", "env = \"dev\"\n"),
        ("infra/env/prod.tfvars", "env = \"prod\"\n"),
        ("infra/env/prod.example.tfvars", "env = \"no\"\n"),
        ("infra/env/other.tfvars", "unrelated = 1\n"),
    ]);
    let names: Vec<String> = read
        .facts
        .terraform
        .roots
        .iter()
        .map(|root| {
            root.find("aws_x.x")
                .unwrap()
                .str("name")
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(names, ["dev", "prod"]);
    assert!(read.facts.terraform.roots[0].variables_file.is_some());
}

#[test]
fn a_called_folder_is_no_root_unless_it_has_a_backend() {
    let read = read(&[
        (
            "main.tf",
            "module \"a\" {\n  source = \"./a\"\n}\nmodule \"b\" {\n  source = \"./b\"\n}\n",
        ),
        ("a/main.tf", "resource \"aws_x\" \"a\" {}\n"),
        (
            "b/main.tf",
            "terraform {\n  backend \"s3\" {\n    bucket = \"state\"\n  }\n}\n",
        ),
    ]);
    let folders: Vec<&str> = read
        .facts
        .terraform
        .roots
        .iter()
        .map(|root| root.folder.as_str())
        .collect();
    assert_eq!(folders, ["", "b"]);
    let backend = read.facts.terraform.roots[1].backend.as_ref().unwrap();
    assert_eq!(&*backend.kind, "s3");
    assert_eq!(backend.body.at("bucket").unwrap().str(), Some("state"));
}
