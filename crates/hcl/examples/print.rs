//! Prints what a folder's configurations evaluate to; for looking, not for use.
#![allow(clippy::print_stdout)]

use seaworthy_facts::{Facts, SourceKind, SourceRoot, Sources};

fn add(sources: &mut Sources, root: usize, base: &str, folder: &std::path::Path) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    let mut entries: Vec<_> = entries.flatten().map(|e| e.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            if path.file_name().is_some_and(|n| n != ".git") {
                add(sources, root, base, &path);
            }
            continue;
        }
        let name = path
            .strip_prefix(base)
            .unwrap()
            .to_string_lossy()
            .to_string();
        let kind = if name.ends_with(".tf") || name.ends_with(".tofu") {
            SourceKind::Terraform
        } else if name.ends_with(".tfvars") {
            SourceKind::TerraformVariables
        } else if name.ends_with(".terraform.lock.hcl") {
            SourceKind::TerraformLock
        } else {
            SourceKind::Text
        };
        if let Ok(text) = std::fs::read_to_string(&path) {
            sources.add(root, name.clone(), text, kind, name.contains(".terraform/"));
        }
    }
}

fn main() {
    let base = std::env::args().nth(1).unwrap();
    let wanted = std::env::args().nth(2).unwrap_or_default();
    let mut sources = Sources::default();
    let root = sources.add_root(SourceRoot::default());
    add(&mut sources, root, &base, base.as_ref());
    let mut facts = Facts::default();
    let start = std::time::Instant::now();
    seaworthy_hcl::read(&sources, &seaworthy_knowledge::Knowledge, &mut facts);
    println!("took {:?}", start.elapsed());
    for root in &facts.terraform.roots {
        println!(
            "== root {} {:?} backend {:?}",
            root.folder,
            root.variables_file,
            root.backend.as_ref().map(|b| &b.kind)
        );
        for v in &root.variables {
            println!(
                "  var {} = {:?}",
                v.name,
                v.value.text().map(|t| t.to_string())
            );
        }
        for c in &root.calls {
            println!(
                "  call {} folder {:?} registry {:?} summarised {}",
                c.address, c.folder, c.registry, c.summarised
            );
        }
        for r in &root.resources {
            println!("  {} key {:?}", r.address, r.key);
            if !wanted.is_empty() && r.address.contains(&wanted) {
                show(&sources, &r.body, 4);
            }
        }
        for o in &root.outputs {
            println!(
                "  output {} = {:?}",
                o.name,
                o.value.text().map(|t| t.to_string())
            );
        }
    }
    for u in &facts.unseen {
        println!("unseen {:?} {} {}", u.subject, u.name, u.why);
    }
    for b in &facts.broken {
        println!("broken {}", b.message);
    }
    for m in &facts.terraform.modules {
        for d in &m.duplicate_keys {
            println!(
                "twice {} {}:{} {}",
                d.0,
                sources.path(d.1.file),
                sources.line(d.1),
                sources.line(d.2)
            );
        }
    }
}

fn show(sources: &Sources, value: &seaworthy_facts::Value, indent: usize) {
    let pad = " ".repeat(indent);
    let line = sources.line(value.span);
    match &value.data {
        seaworthy_facts::Data::Map(m) => {
            for e in &m.entries {
                println!("{pad}{} [{}]:", e.key, sources.line(e.key_span));
                show(sources, &e.value, indent + 2);
            }
        }
        seaworthy_facts::Data::List(l) => {
            for (i, e) in l.iter().enumerate() {
                println!("{pad}- {i}");
                show(sources, e, indent + 2);
            }
        }
        seaworthy_facts::Data::Null => println!("{pad}null @{line}"),
        _ => println!(
            "{pad}{} @{line} {}",
            value.text().unwrap(),
            value
                .trail
                .steps()
                .map(|s| format!(
                    "<- {}:{} {}",
                    sources.path(s.span.file),
                    sources.line(s.span),
                    s.says
                ))
                .collect::<Vec<_>>()
                .join(" ")
        ),
    }
}
