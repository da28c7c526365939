//! Text and JSON.

use std::time::{Duration, Instant};

use seaworthy_diagnostics::text::{self, Colour};
use seaworthy_diagnostics::{Diagnostic, FileId, SourceFile, json, sort};

fn orders() -> (SourceFile, SourceFile) {
    let deployment = "kind: Deployment\nspec:\n  env:\n    - key: DATABASE_URL\n";
    let module = "resource \"secret\" \"orders\" {\n  value = {\n    DB_URL = local.url\n  }\n}\n";
    (
        SourceFile::new(FileId(1), "deploy/orders.yaml", deployment),
        SourceFile::new(FileId(2), "infra/orders.tf", module),
    )
}

fn mismatch(deployment: &SourceFile, module: &SourceFile) -> Diagnostic {
    let find = |file: &SourceFile, text: &str| {
        let at = file.text().find(text).expect("the text is there");
        file.span(at..at + text.len())
    };
    Diagnostic::error(
        "wiring/unknown-secret-key",
        "workload `orders` reads `DATABASE_URL`, which its secret does not provide",
    )
    .primary(find(deployment, "DATABASE_URL"), "read here")
    .secondary(
        find(module, "DB_URL"),
        "closest key that the secret does provide",
    )
    .note("the secret is used by 2 workloads")
    .hint("rename the key in one of the two files")
    .fix("rename it", find(deployment, "DATABASE_URL"), "DB_URL")
}

#[test]
fn labels_cross_files() {
    let (deployment, module) = orders();
    let said = text::render(
        &[mismatch(&deployment, &module)],
        &[&deployment, &module],
        Colour::Never,
    );
    assert_eq!(
        said,
        "\
error[wiring/unknown-secret-key]: workload `orders` reads `DATABASE_URL`, which its secret does not provide
 --> deploy/orders.yaml:4:12
  |
4 |     - key: DATABASE_URL
  |            ^^^^^^^^^^^^ read here
  |
 ::: infra/orders.tf:3:5
  |
3 |     DB_URL = local.url
  |     ------ closest key that the secret does provide
  |
  = note: the secret is used by 2 workloads
hint: rename the key in one of the two files
"
    );
}

#[test]
fn colour_is_asked_for() {
    let (deployment, module) = orders();
    let diagnostics = [mismatch(&deployment, &module)];
    let plain = text::render(&diagnostics, &[&deployment, &module], Colour::Never);
    let coloured = text::render(&diagnostics, &[&deployment, &module], Colour::Always);
    assert!(!plain.contains('\u{1b}'));
    assert!(coloured.contains("\u{1b}["));
}

#[test]
fn json_has_the_same_parts() {
    let (deployment, module) = orders();
    let text = json::render(&[mismatch(&deployment, &module)], &[&deployment, &module]);
    let value: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    assert_eq!(
        value,
        serde_json::json!({ "diagnostics": [{
            "severity": "error",
            "code": "wiring/unknown-secret-key",
            "message": "workload `orders` reads `DATABASE_URL`, which its secret does not provide",
            "file": "deploy/orders.yaml",
            "line": 4,
            "column": 12,
            "labels": [
                {
                    "kind": "primary",
                    "message": "read here",
                    "file": "deploy/orders.yaml",
                    "start": { "line": 4, "column": 12, "byte": 41 },
                    "end": { "line": 4, "column": 24, "byte": 53 },
                },
                {
                    "kind": "secondary",
                    "message": "closest key that the secret does provide",
                    "file": "infra/orders.tf",
                    "start": { "line": 3, "column": 5, "byte": 45 },
                    "end": { "line": 3, "column": 11, "byte": 51 },
                },
            ],
            "notes": ["the secret is used by 2 workloads"],
            "hints": ["rename the key in one of the two files"],
            "fix": {
                "title": "rename it",
                "edits": [{
                    "replacement": "DB_URL",
                    "file": "deploy/orders.yaml",
                    "start": { "line": 4, "column": 12, "byte": 41 },
                    "end": { "line": 4, "column": 24, "byte": 53 },
                }],
            },
        }] })
    );
}

#[test]
fn a_large_source_is_cut_and_stays_fast() {
    let line = "    - name: a line of a large file, one of very many\n";
    let text = line.repeat(40_000);
    let file = SourceFile::new(FileId(0), "large.yaml", text.as_str());
    let diagnostics: Vec<Diagnostic> = (0..100)
        .map(|n| {
            let near = file.line(n * 300 + 1);
            let far = file.line(39_000);
            Diagnostic::warning("test/large", "something")
                .primary(file.span(near), "here")
                .secondary(file.span(far), "and there")
        })
        .collect();
    let started = Instant::now();
    let said = text::render(&diagnostics, &[&file], Colour::Never);
    let elapsed = started.elapsed();
    assert!(elapsed < Duration::from_secs(2), "{elapsed:?}");
    assert!(
        said.contains(" --> large.yaml:301:1") || said.contains("--> large.yaml:301:1"),
        "{}",
        &said[..2000]
    );
    assert!(said.lines().count() < 2000);
}

#[test]
fn odd_places_do_no_harm() {
    let file = SourceFile::new(FileId(0), "odd.yaml", "é\tx\n\u{1b}[31m\n\n");
    for start in 0..20 {
        for end in 0..20 {
            let diagnostic =
                Diagnostic::error("test/odd", "odd").primary(file.span(start..end), "here");
            let said = text::render(std::slice::from_ref(&diagnostic), &[&file], Colour::Never);
            assert!(said.starts_with("error[test/odd]: odd\n"), "{said}");
            assert!(
                !said.contains('\u{1b}'),
                "escapes of the source reach no terminal"
            );
            json::render(&[diagnostic], &[&file]);
        }
    }
    let empty = SourceFile::new(FileId(3), "empty.yaml", "");
    let diagnostic = Diagnostic::error("test/empty", "empty").primary(empty.span(0..0), "");
    assert!(
        text::render(std::slice::from_ref(&diagnostic), &[&empty], Colour::Never)
            .contains("empty.yaml:1:1")
    );
    // A file that nobody handed over is left out.
    assert_eq!(
        text::render(&[diagnostic], &[], Colour::Never),
        "error[test/empty]: empty\n"
    );
    let long = SourceFile::new(FileId(4), "long.json", "x".repeat(1 << 20));
    let diagnostic =
        Diagnostic::error("test/long", "long").primary(long.span(500_000..500_001), "");
    let said = text::render(&[diagnostic], &[&long], Colour::Never);
    assert!(
        said.contains("long.json:1:500001") && said.len() < 500,
        "{said}"
    );
}

#[test]
fn sorted_by_place_and_said_once() {
    let file = SourceFile::new(FileId(0), "a.yaml", "abc\n");
    let at = |byte: usize, words: &str| {
        Diagnostic::error("test/sort", words).primary(file.span(byte..byte + 1), "")
    };
    let mut diagnostics = vec![at(2, "c"), at(0, "b"), at(0, "a"), at(2, "c")];
    sort(&mut diagnostics);
    let order: Vec<&str> = diagnostics.iter().map(|d| d.message.as_str()).collect();
    assert_eq!(order, ["a", "b", "c"]);
}
