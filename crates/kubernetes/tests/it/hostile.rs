//! Inputs that mean harm: nothing panics, hangs or grows without bound.

use std::fmt::Write;

use crate::read;

#[test]
fn cycles_end() {
    let read = read(&[
        ("a/kustomization.yaml", "resources: [../b]\n"),
        (
            "b/kustomization.yaml",
            "resources: [../a]\ncomponents: [../b]\n",
        ),
        (
            "flux/a.yaml",
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: a}\nspec: {path: ./flux, sourceRef: {kind: GitRepository, name: x}}\n",
        ),
        (
            "argo/a.yaml",
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec: {source: {repoURL: 'https://h/o/r', path: argo}, destination: {namespace: a}}\n",
        ),
    ]);
    assert!(!read.facts.kubernetes.kustomizations.is_empty());
}

#[test]
fn kustomizations_that_double_are_not_all_held() {
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";
    let mut files = vec![
        (
            "k0/kustomization.yaml".to_owned(),
            "resources: [a.yaml]\n".to_owned(),
        ),
        ("k0/a.yaml".to_owned(), map.to_owned()),
        (
            "l0/kustomization.yaml".to_owned(),
            "resources: [../k0]\n".to_owned(),
        ),
    ];
    for n in 1..36 {
        let before = n - 1;
        let both = format!("resources: [../k{before}, ../l{before}]\n");
        files.push((
            format!("k{n}/kustomization.yaml"),
            format!("{both}namePrefix: p\n"),
        ));
        files.push((
            format!("l{n}/kustomization.yaml"),
            format!("{both}nameSuffix: s\n"),
        ));
    }
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let read = read(&files);
    let held: usize = read
        .facts
        .kubernetes
        .clusters
        .iter()
        .map(|cluster| cluster.objects.len())
        .sum();
    // The last ones have nothing left to take in.
    assert_eq!(held, 0);
    assert!(
        read.facts
            .kubernetes
            .clusters
            .iter()
            .any(|cluster| cluster.incomplete)
    );
}

#[test]
fn templates_that_never_end_are_stopped() {
    let read = read(&[
        ("c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n"),
        (
            "c/templates/_h.tpl",
            "{{ define \"a\" }}{{ include \"a\" . }}{{ end }}",
        ),
        ("c/templates/a.yaml", "x: {{ include \"a\" . }}\n"),
        (
            "c/templates/b.yaml",
            "{{ range until 9999 }}{{ range until 9999 }}{{ range until 9999 }}x{{ end }}{{ end }}{{ end }}\n",
        ),
        (
            "c/templates/c.yaml",
            "{{ tpl (repeat 900 \"{{ tpl . . }}\") . }}\n",
        ),
        (
            "c/templates/d.yaml",
            "{{ if }}{{ end }}{{ end }}{{ .a | }}\n",
        ),
        ("c/templates/e.yaml", "{{/* open"),
    ]);
    assert!(read.cluster("default").incomplete);
}

#[test]
fn deep_nesting_and_odd_documents_are_survived() {
    let deep = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
    let mut nested = String::new();
    for level in 0..200 {
        let _ = writeln!(nested, "{}a:", " ".repeat(level));
    }
    let parens = format!("x: {{{{ {}1{} }}}}\n", "(".repeat(4_000), ")".repeat(4_000));
    let read = read(&[
        ("a.yaml", &deep),
        ("b.yaml", &nested),
        (
            "c.yaml",
            "apiVersion: v1\nkind: Service\nmetadata: nothing\nspec: [1, 2]\n",
        ),
        ("d.yaml", "apiVersion: v1\nkind: List\nitems: {a: 1}\n"),
        (
            "e.yaml",
            "<<<<<<< HEAD\napiVersion: v1\n=======\nkind: Pod\n>>>>>>> b\n",
        ),
        (
            "kustomization.yaml",
            "resources: [., .., c.yaml, {}]\npatches: [{patch: 'ä: [', target: {name: '('}}]\nimages: 3\nnamespace: [x]\n",
        ),
        ("k/Chart.yaml", "name: [x]\n"),
        ("k/templates/a.yaml", &parens),
    ]);
    assert!(!read.facts.broken.is_empty());
}
