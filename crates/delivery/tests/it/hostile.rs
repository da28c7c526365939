//! Inputs that nobody writes: nothing panics, nothing takes long.

use crate::read;

#[test]
fn deep_nesting_ends() {
    let deep = format!(
        "#!/bin/bash\n{}kubectl apply -f x{}\n",
        "(".repeat(5000),
        ")".repeat(5000)
    );
    read(&[("a.sh", &deep)]);
    let deep = format!("#!/bin/bash\n{}", "if true; then ".repeat(3000));
    read(&[("a.sh", &deep)]);
    let deep = format!(
        "on: push\njobs: {{a: {{if: \"${{{{ {}1{} }}}}\", steps: [{{run: 'echo ${{{{ {} }}}}'}}]}}}}\n",
        "(".repeat(900),
        ")".repeat(900),
        "!".repeat(3000)
    );
    read(&[(".github/workflows/a.yml", &deep)]);
}

#[test]
fn texts_do_not_grow_without_end() {
    let mut script = String::from("#!/bin/bash\na=x$y\n");
    for _ in 0..200 {
        script.push_str("a=$a$a\nif x; then a=$a-1; else a=$a-2; fi\n");
    }
    script.push_str("docker push $a\n");
    read(&[("a.sh", &script)]);
    let mut make = String::from("a0 = x$(y)\n");
    for at in 0..60 {
        let line = format!("a{} = $(a{at})$(a{at})\n", at + 1);
        make.push_str(&line);
    }
    make.push_str("all: all\n\tdocker push $(a60)\n");
    read(&[("Makefile", &make)]);
    let all = "(a || b || c || d || e || f || g || h || i || j || k || l || m || n || o || p)";
    let expression = format!("{}x{}", format!("{all} || (").repeat(30), ")".repeat(30));
    let workflow = format!(
        "on: push\njobs:\n  a:\n    steps:\n      - run: docker push ${{{{ {expression} }}}}\n"
    );
    read(&[(".github/workflows/a.yml", &workflow)]);
}

#[test]
fn outputs_do_not_double_with_every_job() {
    let mut workflow = String::from("on: push\njobs:\n  j0:\n    steps: []\n    outputs: {a: x}\n");
    for n in 1..60 {
        let output = format!("${{{{ needs.j{}.outputs.a }}}}", n - 1);
        let job = format!(
            "  j{n}:\n    needs: [j{}]\n    outputs: {{a: 'a{output}{output}'}}\n    steps: [{{run: 'docker push r/i:{output}'}}]\n",
            n - 1
        );
        workflow.push_str(&job);
    }
    let (_, facts) = read(&[(".github/workflows/a.yml", &workflow)]);
    let jobs = &facts.delivery.workflows[0].jobs;
    assert_eq!(jobs.len(), 60);
}

#[test]
fn circles_end() {
    read(&[
        (
            "a.sh",
            "#!/bin/bash\n./b.sh\n./b.sh\nf() { f; f; f; }\nf\n. ./a.sh\n. ./a.sh\n",
        ),
        ("b.sh", "#!/bin/bash\n./a.sh\n./a.sh\nsource b.sh\n"),
        ("Makefile", "a: b\n\tmake b\nb: a\n\tmake a\n"),
        (
            ".github/workflows/a.yml",
            "on: push\njobs: {a: {needs: b, uses: ./.github/workflows/a.yml}, b: {needs: a, steps: [{uses: ./x}]}}\n",
        ),
        (
            "x/action.yml",
            "runs: {using: composite, steps: [{uses: ./x}, {uses: ./x}]}\n",
        ),
        (
            "docker-compose.yml",
            "services: {a: {image: x, extends: {service: a}}}\n",
        ),
    ]);
}

#[test]
fn odd_bytes_and_cut_ends_are_nothing_special() {
    for text in [
        "#!/bin/bash\ndocker push \"ünï${x",
        "#!/bin/bash\ncat <<EOF\nü",
        "#!/bin/bash\nkubectl apply -f - <<EOF\n$(",
        "#!/bin/bash\n${a:0:999999999999999999999}${b//ü/x}ü\\",
        "#!/bin/bash\nx='ü'; y=${x:1}; z=${x:0:1}; docker push $y$z",
        "#!/bin/bash\nhelm install ü --set 'a=ü,b={x,y' -f\nsed -i 'sü' x\nsed -i s x\naws --ü",
    ] {
        read(&[("a.sh", text)]);
        read(&[(
            "Jenkinsfile",
            &format!("pipeline {{ stage('ü') {{ sh \"{text}\\"),
        )]);
        read(&[("Dockerfile", &format!("FROM ü\nRUN <<EOF\n{text}\\"))]);
        read(&[("Makefile", &format!("ü := $(ü\nü: ü\n\t{text}\\\n"))]);
        read(&[("README.md", &format!("```sh\n$ {text}\n"))]);
        let indented = text.replace('\n', "\n          ");
        read(&[(
            ".github/workflows/a.yml",
            &format!(
                "on: push\njobs:\n  a:\n    steps:\n      - run: |\n          ${{{{ ü }}}} {indented}${{{{ 'ü\n"
            ),
        )]);
    }
}
