//! Everything that our modules and roots say to the AWS provider is known to the oldest and to the newest version that
//! they allow, in the same form.
//!
//! The oldest runs in other tests. Of the newest, the tables under `tests/data` tell what it accepts; `cargo xtask
//! provider` writes both.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use hcl_edit::expr::{Expression, Traversal, TraversalOperator};
use hcl_edit::structure::{Block, Body, Structure};
use hcl_edit::visit::{Visit, visit_body, visit_traversal};
use serde::Deserialize;

use crate::platforms::{Platform, all};

/// What one version knows.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Version {
    #[serde(rename = "source")]
    _source: String,
    #[serde(rename = "read")]
    _read: String,
    #[serde(rename = "version")]
    number: String,
    resource: BTreeMap<String, Type>,
    data: BTreeMap<String, Type>,
}

#[derive(Deserialize)]
struct Type {
    read: BTreeSet<String>,
    set: BTreeMap<String, String>,
}

static VERSIONS: LazyLock<[Version; 2]> = LazyLock::new(|| {
    [
        include_str!("../data/provider-oldest.toml"),
        include_str!("../data/provider-newest.toml"),
    ]
    .map(|text| toml::from_str(text).expect("`cargo xtask provider` wrote it"))
});

/// A platform that adopts what there is.
const ADOPTING: &str = r#"platform: hello
services:
  hello:
    build: { context: ., cargo: hello }
    ports: { http: 8080 }
    route: { host: hello.example.com }
environments:
  production:
    account: "222222222222"
    region: eu-west-3
    existing: { zone: example.com }
"#;

/// What any block may have, whatever its type.
const META: [&str; 5] = ["count", "depends_on", "for_each", "lifecycle", "provider"];

impl Version {
    fn type_of(&self, kind: &str, name: &str) -> Option<&Type> {
        match kind {
            "data" => self.data.get(name),
            _ => self.resource.get(name),
        }
    }
}

impl Type {
    /// The form of what stands at a path, without its mark.
    fn form(&self, path: &str) -> Option<&str> {
        self.set.get(path).map(|form| form.trim_end_matches('!'))
    }

    /// What must be set directly below a path.
    fn required<'a>(&'a self, above: &'a str) -> impl Iterator<Item = &'a str> {
        self.set.iter().filter_map(move |(path, form)| {
            let name = path.strip_prefix(above)?;
            (form.ends_with('!') && !name.contains('.')).then_some(name)
        })
    }
}

#[derive(Default)]
struct Findings {
    /// The file that is looked at.
    file: String,
    wrong: BTreeSet<String>,
    used: BTreeSet<(String, String)>,
    settings: usize,
    references: usize,
}

#[test]
fn both_versions_know_what_we_write() {
    let mut findings = Findings::default();
    for (file, text) in sources() {
        let body: Body = text
            .parse()
            .unwrap_or_else(|error| panic!("{file}: {error}"));
        findings.look_at(&file, &body);
    }
    assert!(findings.settings > 500 && findings.references > 100);
    let wrong: Vec<_> = findings.wrong.into_iter().collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    for version in &*VERSIONS {
        let known = |kind: &str, types: &BTreeMap<String, Type>| -> BTreeSet<(String, String)> {
            types
                .keys()
                .map(|name| (kind.to_owned(), name.clone()))
                .collect()
        };
        let mut all = known("resource", &version.resource);
        all.extend(known("data", &version.data));
        let unused: Vec<_> = all.difference(&findings.used).collect();
        assert!(
            unused.is_empty(),
            "no module uses these any more, run `cargo xtask provider`: {unused:?}"
        );
    }
}

/// What the test finds, so that it is known to find anything.
#[test]
fn what_only_one_version_knows_is_found() {
    let cases = [
        // Only the newest has it.
        (
            "resource \"aws_ecr_repository\" \"a\" {\n  name = \"a\"\n  region = \"eu-west-3\"\n}\n",
            "5.100.0 has no `region`",
        ),
        (
            "resource \"aws_ecr_repository\" \"a\" {\n  name = \"a\"\n  image_scanning_configuration {\n  }\n}\n",
            "needs `image_scanning_configuration.scan_on_push`",
        ),
        (
            "resource \"aws_ecr_repository\" \"a\" {\n}\n",
            "needs `name`",
        ),
        (
            "resource \"aws_ecr_repository\" \"a\" {\n  name = \"a\"\n  encryption_configuration = []\n}\n",
            "`encryption_configuration` is a block",
        ),
        (
            "resource \"aws_ecr_repository\" \"a\" {\n  name = \"a\"\n  dynamic \"typo\" {\n    for_each = []\n    content {}\n  }\n}\n",
            "has no `typo`",
        ),
        (
            "output \"a\" {\n  value = \"${aws_ecr_repository.a[0].adress}\"\n}\n",
            "answers no `adress`",
        ),
        (
            "resource \"aws_made_up\" \"a\" {}\n",
            "`cargo xtask provider`",
        ),
    ];
    for (text, expected) in cases {
        let mut findings = Findings::default();
        findings.look_at("main.tf", &text.parse().expect("it is HCL"));
        assert!(
            findings.wrong.iter().any(|wrong| wrong.contains(expected)),
            "{text}: {:?}",
            findings.wrong
        );
    }
}

/// Every file of our modules, and every root of the platforms of the tests.
fn sources() -> Vec<(String, String)> {
    let mut sources = Vec::new();
    let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../modules/aws");
    for module in fs::read_dir(modules).expect("the folder exists") {
        let folder = module.expect("it can be read").path();
        for file in fs::read_dir(&folder).into_iter().flatten() {
            let path = file.expect("it can be read").path();
            if path.extension().is_some_and(|kind| kind == "tf") {
                let text = fs::read_to_string(&path).expect("a module's file");
                sources.push((path.display().to_string(), text));
            }
        }
    }
    let adopting = Platform {
        name: "adopting".to_owned(),
        text: ADOPTING.to_owned(),
    };
    for platform in all().into_iter().chain([adopting]) {
        for (path, file) in platform.render().tree.iter() {
            if path.starts_with("infra/")
                && !path.starts_with("infra/modules/")
                && Path::new(path).extension().is_some_and(|kind| kind == "tf")
            {
                sources.push((format!("{}: {path}", platform.name), file.text.clone()));
            }
        }
    }
    sources
}

impl Findings {
    fn look_at(&mut self, file: &str, body: &Body) {
        file.clone_into(&mut self.file);
        for block in body.iter().filter_map(Structure::as_block) {
            let kind = block.ident.as_str();
            let [name, _] = block.labels.as_slice() else {
                continue;
            };
            if ["resource", "data"].contains(&kind) && name.as_str().starts_with("aws_") {
                self.used
                    .insert((kind.to_owned(), name.as_str().to_owned()));
                for version in &*VERSIONS {
                    self.block(version, (kind, name.as_str()), block, "");
                }
                self.same_forms(kind, name.as_str(), block, "");
            }
        }
        visit_body(self, body);
    }

    fn say(&mut self, what: &str) {
        self.wrong.insert(format!("{}: {what}", self.file));
    }

    /// Holds what a block sets against what a version knows; `above` is the block's own path with a dot.
    fn block(&mut self, version: &Version, block_type: (&str, &str), block: &Block, above: &str) {
        let Some(about) = version.type_of(block_type.0, block_type.1) else {
            self.say(&format!(
                "`{}` is not in the tables, run `cargo xtask provider`",
                block_type.1
            ));
            return;
        };
        let of = format!("{} {}", kind_and_name(block), version.number);
        let mut set = BTreeSet::new();
        for (name, nested) in members(&block.body) {
            if above.is_empty() && META.contains(&name) {
                continue;
            }
            self.settings += 1;
            set.insert(name.to_owned());
            let path = format!("{above}{name}");
            match (about.form(&path), nested) {
                (None, _) => self.say(&format!("{of} has no `{path}`")),
                (Some(form), None) if form.ends_with("block") => {
                    self.say(&format!("{of}: `{path}` is a block"));
                }
                (Some(form), Some(_)) if !form.ends_with("block") && form != "any" => {
                    self.say(&format!("{of}: `{path}` is no block"));
                }
                (Some(_), Some(nested)) if is_told(block_type, &path) => {
                    self.block(version, block_type, nested, &format!("{path}."));
                }
                (Some(_), _) => {}
            }
        }
        for name in about.required(above) {
            if !set.contains(name) {
                self.say(&format!("{of} needs `{above}{name}`"));
            }
        }
    }

    /// What is set has one form in both versions.
    fn same_forms(&mut self, kind: &str, name: &str, block: &Block, above: &str) {
        let [oldest, newest] = &*VERSIONS;
        let (Some(old), Some(new)) = (oldest.type_of(kind, name), newest.type_of(kind, name))
        else {
            return;
        };
        for (member, nested) in members(&block.body) {
            let path = format!("{above}{member}");
            if let (Some(old), Some(new)) = (old.form(&path), new.form(&path))
                && old != new
                && ![old, new].contains(&"any")
            {
                self.say(&format!("{name}: `{path}` is {old}, then {new}"));
            }
            if let Some(nested) = nested.filter(|_| is_told((kind, name), &path)) {
                self.same_forms(kind, name, nested, &format!("{path}."));
            }
        }
    }

    /// `aws_x.name.attribute`, `data.aws_x.name[0].attribute`.
    fn reference(&mut self, traversal: &Traversal) {
        let Expression::Variable(root) = &traversal.expr else {
            return;
        };
        let mut names = traversal
            .operators
            .iter()
            .filter_map(|operator| match operator.value() {
                TraversalOperator::GetAttr(name) => Some(name.as_str()),
                _ => None,
            });
        let (kind, name) = match root.as_str() {
            "data" => ("data", names.next()),
            other => ("resource", Some(other)),
        };
        let (Some(name), Some(_), Some(attribute)) = (name, names.next(), names.next()) else {
            return;
        };
        if !name.starts_with("aws_") {
            return;
        }
        self.references += 1;
        for version in &*VERSIONS {
            let known = version.type_of(kind, name);
            if known.is_some_and(|about| !about.read.contains(attribute)) {
                self.say(&format!(
                    "{name} {} answers no `{attribute}`",
                    version.number
                ));
            }
        }
    }
}

impl Visit for Findings {
    fn visit_traversal(&mut self, node: &Traversal) {
        self.reference(node);
        visit_traversal(self, node);
    }
}

/// Whether both tables tell what stands below a path. Conditions of a firewall hold conditions without end, which the
/// source of the newest calls `any`; the oldest judges them itself, in other tests.
fn is_told((kind, name): (&str, &str), path: &str) -> bool {
    VERSIONS.iter().all(|version| {
        let about = version.type_of(kind, name);
        about.is_some_and(|about| about.form(path) != Some("any"))
    })
}

/// What a block sets: attributes, blocks, and what `dynamic` makes blocks of.
fn members(body: &Body) -> Vec<(&str, Option<&Block>)> {
    body.iter()
        .filter_map(|structure| match structure {
            Structure::Attribute(attribute) => Some((attribute.key.as_str(), None)),
            Structure::Block(block) if block.ident.as_str() == "dynamic" => {
                let name = block.labels.first()?.as_str();
                let content = block
                    .body
                    .iter()
                    .filter_map(Structure::as_block)
                    .find(|block| block.ident.as_str() == "content")?;
                Some((name, Some(content)))
            }
            Structure::Block(block) => Some((block.ident.as_str(), Some(block))),
        })
        .collect()
}

fn kind_and_name(block: &Block) -> String {
    let labels: Vec<&str> = block
        .labels
        .iter()
        .map(hcl_edit::structure::BlockLabel::as_str)
        .collect();
    match labels.as_slice() {
        [] => block.ident.to_string(),
        labels => labels.join("."),
    }
}
