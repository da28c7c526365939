//! Repositories that want to hurt: the program ends soon, without a panic, and says what it did not read.

use std::fs;
use std::os::unix::fs::symlink;

use crate::repository::Repository;

/// Seconds: far more than any of them takes, on a busy machine and without optimisation.
const SOON: u32 = 60;

#[track_caller]
fn ends(repository: &Repository) -> String {
    let arguments = ["check", "--format", "json", "--deny", "none"];
    repository.run_within(SOON, &arguments).code(0).stdout
}

#[test]
fn links_in_circles() {
    let repository = Repository::new(&[("a/main.tf", "locals {}\n"), ("b/x.yaml", "a: 1\n")]);
    let at = |path: &str| repository.path().join(path);
    for n in 0..20 {
        symlink("..", at(&format!("a/up{n}"))).expect("a link");
        symlink("../b", at(&format!("a/b{n}"))).expect("a link");
        symlink("../a", at(&format!("b/a{n}"))).expect("a link");
    }
    symlink("self", at("self")).expect("a link");
    symlink("/", at("top")).expect("a link");
    symlink("/dev/zero", at("zero.yaml")).expect("a link");
    ends(&repository);
}

#[test]
fn a_file_of_200_mb_and_binary_files() {
    let repository = Repository::new(&[]);
    let file = fs::File::create(repository.path().join("dump.yaml")).expect("a file");
    file.set_len(200 << 20).expect("a sparse file");
    fs::write(repository.path().join("a.tf"), [0, 159, 146, 150]).expect("a file");
    fs::write(repository.path().join("b.yaml"), b"a: \xff\xfe\n").expect("a file");
    let said = ends(&repository);
    assert!(said.contains("dump.yaml"), "{said}");
}

#[test]
fn a_pipe_is_not_waited_for() {
    let repository = Repository::new(&[("a.yaml", "a: 1\n")]);
    let pipe = repository.path().join("pipe.yaml");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo starts").success());
    ends(&repository);
}

#[test]
fn deep_nesting() {
    const N: usize = 50_000;
    let repository = Repository::new(&[
        ("a.yaml", &"[".repeat(N)),
        ("b.yaml", &"- ".repeat(N)),
        ("c.json", &format!("{}1{}", "[".repeat(N), "]".repeat(N))),
        (
            "d.tf",
            &format!("locals {{\n  a = {}1{}\n}}\n", "[".repeat(N), "]".repeat(N)),
        ),
        ("e.tf", &"a {\n".repeat(N)),
        (
            "f.tf",
            &format!("locals {{\n  a = {}1\n}}\n", "!".repeat(N)),
        ),
        (
            "g.tf",
            &format!("locals {{\n  a = \"{}\"\n}}\n", "${\"".repeat(N)),
        ),
        ("h.sh", &format!("#!/bin/sh\n{}", "$(".repeat(N))),
        ("i.sh", &format!("#!/bin/sh\n{}", "{ ".repeat(N))),
        ("j.go", &format!("package j\nvar x = {}", "(".repeat(N))),
        ("k.py", &"(".repeat(N)),
        ("l.ts", &"{".repeat(N)),
        ("Makefile", &format!("a:\n\techo {}\n", "$(".repeat(N))),
        (
            ".github/workflows/ci.yaml",
            &format!(
                "on: push\njobs:\n  a:\n    steps:\n      - run: echo ${{{{ {} }}}}\n",
                "(".repeat(N)
            ),
        ),
        (
            "chart/Chart.yaml",
            "apiVersion: v2\nname: chart\nversion: 1.0.0\n",
        ),
        (
            "chart/templates/a.yaml",
            &format!("a: {{{{ {} }}}}\n", "(".repeat(N)),
        ),
        ("chart/templates/b.yaml", &"{{ if true }}".repeat(N)),
    ]);
    ends(&repository);
}

#[test]
fn aliases_that_grow() {
    let mut lines = vec!["a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned()];
    for n in 1..12 {
        let before = format!("*a{}", n - 1);
        let nine = [before.as_str(); 9].join(", ");
        lines.push(format!("a{n}: &a{n} [{nine}]\n"));
    }
    let bomb = lines.concat();
    let workflow = format!("{bomb}on: push\njobs: *a11\n");
    let repository = Repository::new(&[
        ("values.yaml", &bomb),
        (".github/workflows/ci.yaml", &workflow),
        ("compose.yaml", &format!("{bomb}services: *a11\n")),
    ]);
    ends(&repository);
}

#[test]
fn merge_conflicts() {
    let conflict = "<<<<<<< HEAD\nname: a\n=======\nname: b\n>>>>>>> work\n";
    let repository = Repository::new(&[
        (
            "a.yaml",
            &format!("apiVersion: v1\nkind: Service\n{conflict}"),
        ),
        ("b.tf", &format!("locals {{\n{conflict}}}\n")),
        ("c.sh", &format!("#!/bin/sh\n{conflict}")),
        ("Dockerfile", &format!("FROM a\n{conflict}")),
        ("d.json", &format!("{{\n{conflict}}}\n")),
    ]);
    ends(&repository);
}

#[test]
fn things_that_contain_themselves() {
    let repository = Repository::new(&[
        (
            "main.tf",
            "module \"self\" {\n  source = \"./\"\n  x = var.x\n}\nvariable \"x\" {}\n",
        ),
        (
            "a/main.tf",
            "module \"b\" {\n  source = \"../b\"\n}\nlocals {\n  a = local.b\n  b = local.a\n}\n",
        ),
        ("b/main.tf", "module \"a\" {\n  source = \"../a\"\n}\n"),
        (
            "base/kustomization.yaml",
            "resources:\n  - ../overlay\n  - .\n",
        ),
        (
            "overlay/kustomization.yaml",
            "resources:\n  - ../base\ncomponents:\n  - ../overlay\n",
        ),
        (
            "run.sh",
            "#!/bin/sh\n. ./run.sh\nsh run.sh\nf() { f; f; }\nf\n",
        ),
        ("Makefile", "a: b\n\t$(MAKE) a\nb: a\nX = $(X)\n"),
        (
            ".github/workflows/ci.yaml",
            "on: [push, workflow_call]\njobs:\n  a:\n    uses: ./.github/workflows/ci.yaml\n  b:\n    needs: b\n    runs-on: x\n    steps:\n      - uses: ./.github/actions/x\n",
        ),
        (
            ".github/actions/x/action.yml",
            "runs:\n  using: composite\n  steps:\n    - uses: ./.github/actions/x\n    - uses: ./.github/actions/x\n",
        ),
        (
            "compose.yaml",
            "include:\n  - compose.yaml\nservices:\n  a:\n    extends: a\n",
        ),
        (
            "chart/Chart.yaml",
            "apiVersion: v2\nname: chart\nversion: 1.0.0\ndependencies:\n  - name: chart\n    repository: file://.\n    version: 1.0.0\n",
        ),
        (
            "chart/templates/_a.tpl",
            "{{ define \"a\" }}{{ include \"a\" . }}{{ include \"a\" . }}{{ end }}",
        ),
        (
            "chart/templates/a.yaml",
            "a: {{ include \"a\" . }}\nb: {{ tpl .Values.t . }}\n",
        ),
        ("chart/values.yaml", "t: '{{ tpl .Values.t . }}'\n"),
        (
            "flux.yaml",
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata:\n  name: a\nspec:\n  path: ./\n  dependsOn:\n    - name: a\n",
        ),
    ]);
    ends(&repository);
}

#[test]
fn more_than_a_million() {
    let many = "range(0, 5000000)";
    let repository = Repository::new(&[
        (
            "main.tf",
            &format!(
                "resource \"aws_s3_bucket\" \"a\" {{\n  for_each = toset([for n in {many} : tostring(n)])\n  bucket = each.key\n}}\n\
                 resource \"aws_s3_bucket\" \"b\" {{\n  count = 2000000000\n  bucket = \"b-${{count.index}}\"\n}}\n\
                 locals {{\n  a = [for x in {many} : [for y in {many} : x * y]]\n  b = join(\"\", [for x in {many} : \"aaaaaaaaaaaaaaaa\"])\n\
                 c = setproduct({many}, {many}, {many})\n  d = format(\"%999999999d\", 1)\n  e = substr(\"a\", 0, 999999999)\n}}\n"
            ),
        ),
        (
            "a.sh",
            "#!/bin/bash\nfor i in {1..1000000000}; do kubectl apply -f $i.yaml; done\n",
        ),
        (
            ".github/workflows/ci.yaml",
            &format!(
                "on: push\njobs:\n  a:\n    strategy:\n      matrix:\n{}    runs-on: x\n    steps:\n      - run: echo ${{{{ matrix.a }}}}\n",
                ["a", "b", "c", "d", "e", "f", "g"]
                    .map(|key| format!("        {key}: [{}]\n", vec!["1"; 200].join(", ")))
                    .concat()
            ),
        ),
        (
            "chart/Chart.yaml",
            "apiVersion: v2\nname: chart\nversion: 1.0.0\n",
        ),
        (
            "chart/templates/a.yaml",
            "{{ range until 1000000000 }}{{ range until 1000000000 }}a{{ end }}{{ end }}{{ repeat 1000000000 \"a\" }}\n",
        ),
    ]);
    ends(&repository);
}

#[test]
fn long_lines_and_many_comments() {
    let repository = Repository::new(&[
        ("a.yaml", &format!("a: {}\n", "x".repeat(1_900_000))),
        (
            "b.yaml",
            &"# seaworthy: allow log-group-without-producer because of it\n".repeat(30_000),
        ),
        (
            "c.tf",
            &format!("locals {{\n  a = \"{}\"\n}}\n", "${a}".repeat(100_000)),
        ),
        ("d.sh", &format!("#!/bin/sh\n{}", "a=$a$a;".repeat(50_000))),
        (
            "README.md",
            &"```sh\nkubectl apply -f a.yaml\n```\n".repeat(20_000),
        ),
        ("Dockerfile", &"ENV A=$A$A$A\n".repeat(50_000)),
    ]);
    ends(&repository);
}
