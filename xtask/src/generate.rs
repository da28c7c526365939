//! `cargo xtask generate`: reference pages that come from the program, so that they cannot differ from it.

use std::fmt::Write as _;
use std::fs;

use clap::Args;

use crate::command::{cargo, output, run};
use crate::{Failure, findings, root};

#[derive(Args)]
pub(crate) struct Options {
    /// Only say which pages are stale, and fail when one is
    #[arg(long)]
    check: bool,
}

/// A generated page: where it stands and what writes it.
struct Page {
    path: &'static str,
    text: fn() -> Result<String, Failure>,
}

const PAGES: &[Page] = &[
    Page {
        path: "docs/reference/definition.md",
        text: || Ok(seaworthy_definition::reference()),
    },
    Page {
        path: "docs/reference/seaworthy.schema.json",
        text: || Ok(format!("{:#}\n", seaworthy_definition::schema())),
    },
    Page {
        path: "docs/reference/check.schema.json",
        text: || Ok(format!("{:#}\n", seaworthy_check::settings::schema())),
    },
    Page {
        path: "docs/reference/commands.md",
        text: commands,
    },
    Page {
        path: "docs/reference/rules.md",
        text: || Ok(rules()),
    },
    Page {
        path: "docs/reference/accepted-findings.md",
        text: findings::page,
    },
];

pub(crate) fn run_chore(options: &Options) -> Result<(), Failure> {
    if options.check {
        return check();
    }
    build()?;
    for page in PAGES {
        let (path, text) = (root().join(page.path), (page.text)()?);
        if fs::read_to_string(&path).is_ok_and(|old| old == text) {
            continue;
        }
        fs::create_dir_all(path.parent().ok_or("a page stands in a folder")?)?;
        fs::write(&path, text)?;
        println!("wrote {}", page.path);
    }
    Ok(())
}

/// Fails when a page differs from what would be written.
pub(crate) fn check() -> Result<(), Failure> {
    build()?;
    let mut stale = Vec::new();
    for page in PAGES {
        let text = (page.text)()?;
        if fs::read_to_string(root().join(page.path)).ok().as_ref() != Some(&text) {
            stale.push(page.path);
        }
    }
    if stale.is_empty() {
        return Ok(());
    }
    Err(format!("{} stale: run `cargo xtask generate`", stale.join(", ")).into())
}

fn build() -> Result<(), Failure> {
    run(&mut cargo(&[
        "build",
        "--quiet",
        "--package",
        "seaworthy",
        "--locked",
    ]))
}

/// What the program prints, with a width and without the colours of anyone's terminal.
fn seaworthy(arguments: &[&str]) -> Result<String, Failure> {
    let mut command = cargo(&["run", "--quiet", "--package", "seaworthy", "--locked", "--"]);
    output(
        command
            .args(arguments)
            .env("COLUMNS", "100")
            .env("NO_COLOR", "1"),
    )
}

/// Every verb's `--help`, in the order of `seaworthy --help`.
fn commands() -> Result<String, Failure> {
    let help = seaworthy(&["--help"])?;
    let mut page =
        String::from("# Commands\n\n<!-- Written by `cargo xtask generate` from `--help`. -->\n");
    push(&mut page, "seaworthy", &help);
    for verb in verbs(&help) {
        push(
            &mut page,
            &format!("seaworthy {verb}"),
            &seaworthy(&[&verb, "--help"])?,
        );
    }
    Ok(page)
}

fn push(page: &mut String, title: &str, help: &str) {
    let help: Vec<&str> = help.lines().map(str::trim_end).collect();
    let _ = writeln!(
        page,
        "\n## `{title}`\n\n```text\n{}\n```",
        help.join("\n").trim_end()
    );
}

/// The verbs under `Commands:`.
fn verbs(help: &str) -> Vec<String> {
    help.lines()
        .skip_while(|line| !line.starts_with("Commands:"))
        .skip(1)
        .take_while(|line| !line.trim().is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|verb| *verb != "help")
        .map(str::to_owned)
        .collect()
}

/// Every rule by theme, with links to the pages.
fn rules() -> String {
    let mut page = String::from(
        "# Rules\n\n<!-- Written by `cargo xtask generate` from the rules' pages. -->\n\n\
         Each rule is one relation between files.\n\
         Its page says why it matters, and shows files that fail and the same files put right; both are its tests.\n\
         `seaworthy rule NAME` prints it.\n",
    );
    for theme in seaworthy_check::themes() {
        if theme.rules.is_empty() {
            continue;
        }
        let _ = writeln!(
            page,
            "\n## {}\n\n{}.\n\n| Rule | Severity | |\n| --- | --- | --- |",
            theme.name, theme.about
        );
        for rule in theme.rules {
            let _ = writeln!(
                page,
                "| [`{name}`](../../crates/check/src/rules/{theme}/{name}.md) | {severity} | {headline} |",
                name = rule.name,
                theme = theme.name,
                severity = rule.severity.as_str(),
                headline = rule.headline().replace('|', "\\|"),
            );
        }
    }
    page
}
