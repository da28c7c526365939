//! `cargo xtask provider`: what two versions of the AWS provider accept, of the types that our modules use.
//!
//! The oldest version that we promise to work with runs in our tests; the newest does not, but a package on the
//! registry of Node is made from its schema. This chore reads both and writes them down in one form, under
//! `crates/render/tests/data`, where a test holds our modules against them. Run it again when a module uses a new type:
//!
//! ```console
//! $ npm pack @cdktf/provider-aws@21.22.1 && tar xf cdktf-provider-aws-21.22.1.tgz
//! $ tofu providers schema -json > schema.json     # in a folder that asks for hashicorp/aws 5.100.0
//! $ cargo xtask provider --package package --schema schema.json --read 2026-11-21
//! ```

mod package;
mod schema;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use regex::Regex;

use crate::{Failure, root};

#[derive(Args)]
pub(crate) struct Options {
    /// The unpacked package `@cdktf/provider-aws`
    #[arg(long)]
    package: PathBuf,
    /// What `tofu providers schema -json` printed for the oldest version
    #[arg(long)]
    schema: PathBuf,
    /// The day on which both were got
    #[arg(long)]
    read: String,
}

/// A type that a module uses: `data` or `resource`, and its name.
type TypeName = (String, String);

/// What a type accepts and answers.
#[derive(Debug, Default)]
struct Type {
    /// By path (`rule.filter.prefix`): what may be set, as `string`, `list(string)`, `set block`; with `!` when it must.
    set: BTreeMap<String, String>,
    /// What can be read at the top.
    read: BTreeSet<String>,
}

pub(crate) fn run_chore(options: &Options) -> Result<(), Failure> {
    let used = used_types()?;
    let mut oldest = schema::read(&options.schema, &used)?;
    let newest = package::read(&options.package, &used)?;
    for (name, about) in &mut oldest {
        // Conditions of a firewall hold conditions, without end: what one source does not tell, the other need not.
        let untold = newest.1[name].set.iter().filter(|(_, form)| *form == "any");
        let untold: Vec<String> = untold.map(|(path, _)| format!("{path}.")).collect();
        about
            .set
            .retain(|path, _| !untold.iter().any(|above| path.starts_with(above)));
    }
    let folder = root().join("crates/render/tests/data");
    fs::create_dir_all(&folder)?;
    for (name, source, (version, types)) in [
        (
            "oldest",
            "tofu providers schema -json",
            ("5.100.0".to_owned(), oldest),
        ),
        ("newest", "the package @cdktf/provider-aws 21.22.1", newest),
    ] {
        let path = folder.join(format!("provider-{name}.toml"));
        fs::write(&path, print(source, &options.read, &version, &types))?;
        println!("{}: {} types of {version}", path.display(), types.len());
    }
    Ok(())
}

/// Every type of the provider that a module has or a renderer writes.
fn used_types() -> Result<BTreeSet<TypeName>, Failure> {
    let in_hcl = Regex::new(r#"(?m)^(resource|data) "(aws_\w+)""#)?;
    let in_rust = Regex::new(r#"Block::new\(\s*"(resource|data)",\s*\[\s*"(aws_\w+)""#)?;
    let mut used = BTreeSet::new();
    for (folder, pattern) in [("modules/aws", &in_hcl), ("crates/render/src", &in_rust)] {
        let mut folders = vec![root().join(folder)];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else if let Ok(text) = fs::read_to_string(&path) {
                    used.extend(
                        pattern
                            .captures_iter(&text)
                            .map(|found| (found[1].to_owned(), found[2].to_owned())),
                    );
                }
            }
        }
    }
    Ok(used)
}

fn print(source: &str, read: &str, version: &str, types: &BTreeMap<TypeName, Type>) -> String {
    let mut text = format!(
        "# What version {version} of the provider hashicorp/aws accepts, of the types that our modules use.\n\
         # Written by `cargo xtask provider`. A `!` marks what must be set; `any` is what the source does not tell.\n\
         source = \"{source}\"\nread = \"{read}\"\nversion = \"{version}\"\n"
    );
    for ((kind, name), about) in types {
        let answers: Vec<String> = about
            .read
            .iter()
            .map(|name| format!("\"{name}\""))
            .collect();
        let _ = write!(
            text,
            "\n[{kind}.{name}]\nread = [{}]\n\n[{kind}.{name}.set]\n",
            answers.join(", ")
        );
        for (path, form) in &about.set {
            let _ = writeln!(text, "\"{path}\" = \"{form}\"");
        }
    }
    text
}

/// Reads a file, and says which when it cannot.
fn text_of(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| format!("`{}`: {error}", path.display()).into())
}
