//! What package files ask for.

use std::collections::HashMap;
use std::sync::Arc;

use seaworthy_facts::code::Program;
use seaworthy_facts::{Source, Sources, Span, file_name, parent};

/// Package files by their folders, so that every program finds its own at once.
pub(crate) fn by_folder(sources: &Sources) -> HashMap<&str, Vec<&Source>> {
    let mut folders: HashMap<&str, Vec<&Source>> = HashMap::new();
    for source in sources.iter().filter(|source| !source.vendored) {
        let path = source.file.path();
        let name = file_name(path);
        let is_package = matches!(
            name,
            "go.mod"
                | "package.json"
                | "Cargo.toml"
                | "pyproject.toml"
                | "Pipfile"
                | "pom.xml"
                | "build.gradle"
                | "build.gradle.kts"
        ) || name.ends_with(".csproj")
            || name.starts_with("requirements");
        if is_package {
            folders.entry(parent(path)).or_default().push(source);
        }
    }
    folders
}

/// Notes the dependencies in a program's folder.
pub(crate) fn read(packages: &HashMap<&str, Vec<&Source>>, program: &mut Program) {
    for source in packages.get(&*program.folder).into_iter().flatten() {
        let name = file_name(source.file.path());
        let found = match name {
            "go.mod" => go_mod(source),
            "package.json" => package_json(source),
            "Cargo.toml" => toml(source, &["dependencies"]),
            "pyproject.toml" | "Pipfile" => pyproject(source),
            "pom.xml" => pom(source),
            "build.gradle" | "build.gradle.kts" => gradle(source),
            _ if name.ends_with(".csproj") => csproj(source),
            _ if name.starts_with("requirements") && name.rsplit('.').next() == Some("txt") => {
                requirements(source)
            }
            _ => Vec::new(),
        };
        program.dependencies.extend(found);
    }
    by_convention(program);
}

type Dependency = (Arc<str>, Option<Arc<str>>, Span);

/// Frameworks that serve or listen by convention, which no text shows.
fn by_convention(program: &mut Program) {
    let has = |name: &str| {
        program
            .dependencies
            .iter()
            .any(|(own, _, _)| &**own == name)
    };
    if [
        "next",
        "nuxt",
        "@sveltejs/kit",
        "@remix-run/node",
        "gatsby",
        "astro",
        "react-scripts",
        "vite",
        "@angular/core",
    ]
    .iter()
    .any(|name| has(name))
    {
        program.routes_others = true;
        program.listens_others = true;
    }
    if [
        "rocket",
        "django",
        "Django",
        "quarkus-rest",
        "micronaut-http-server-netty",
        "gunicorn",
    ]
    .iter()
    .any(|name| has(name))
    {
        program.listens_others = true;
    }
}

/// Lines with their place in the file.
fn lines(source: &Source) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    source.file.text().split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        (start, line)
    })
}

fn span(source: &Source, start: usize, line: &str, part: &str) -> Span {
    let at = start + line.find(part).unwrap_or(0);
    source.file.span(at..at + part.len())
}

fn go_mod(source: &Source) -> Vec<Dependency> {
    let mut inside = false;
    let mut found = Vec::new();
    for (start, line) in lines(source) {
        let text = line.trim();
        if text.starts_with("require (") {
            inside = true;
            continue;
        }
        if text.starts_with(')') {
            inside = false;
        }
        let Some(words) = (if inside {
            Some(text)
        } else {
            text.strip_prefix("require ")
        }) else {
            continue;
        };
        let mut words = words.split_whitespace();
        if let (Some(name), Some(version)) = (words.next(), words.next())
            && version.starts_with('v')
        {
            found.push((
                name.into(),
                Some(version.into()),
                span(source, start, line, name),
            ));
        }
    }
    found
}

fn package_json(source: &Source) -> Vec<Dependency> {
    let mut inside = false;
    let mut found = Vec::new();
    for (start, line) in lines(source) {
        let text = line.trim();
        if text.contains("ependencies\"") && text.contains('{') {
            inside = !text.contains('}') && text.starts_with("\"dependencies\"");
            continue;
        }
        if text.starts_with('}') {
            inside = false;
        }
        if !inside {
            continue;
        }
        let mut parts = text.split('"').skip(1).step_by(2);
        if let (Some(name), Some(version)) = (parts.next(), parts.next()) {
            found.push((
                name.into(),
                Some(version.into()),
                span(source, start, line, name),
            ));
        }
    }
    found
}

fn toml(source: &Source, sections: &[&str]) -> Vec<Dependency> {
    let mut inside = false;
    let mut found = Vec::new();
    for (start, line) in lines(source) {
        let text = line.trim();
        if text.starts_with('[') {
            let section = text.trim_matches(['[', ']']);
            inside = sections
                .iter()
                .any(|own| section == *own || section.ends_with(&format!(".{own}")));
            continue;
        }
        if !inside {
            continue;
        }
        let Some((name, version)) = text.split_once('=') else {
            continue;
        };
        let name = name.trim().trim_matches('"');
        let version = version.split('"').nth(1);
        if !name.is_empty() && !name.starts_with('#') {
            found.push((
                name.into(),
                version.map(Into::into),
                span(source, start, line, name),
            ));
        }
    }
    found
}

fn pyproject(source: &Source) -> Vec<Dependency> {
    let mut found = toml(source, &["tool.poetry.dependencies", "packages"]);
    let mut inside = false;
    for (start, line) in lines(source) {
        let text = line.trim();
        if text.starts_with("dependencies") && text.contains('[') {
            inside = true;
        }
        if inside {
            for item in text.split('"').skip(1).step_by(2) {
                let (name, version) = requirement(item);
                if !name.is_empty() {
                    found.push((
                        name.into(),
                        version.map(Into::into),
                        span(source, start, line, name),
                    ));
                }
            }
            if text.ends_with(']') {
                inside = false;
            }
        }
    }
    found
}

fn requirements(source: &Source) -> Vec<Dependency> {
    lines(source)
        .filter_map(|(start, line)| {
            let text = line.split('#').next().unwrap_or_default().trim();
            if text.is_empty() || text.starts_with('-') {
                return None;
            }
            let (name, version) = requirement(text);
            (!name.is_empty()).then(|| {
                (
                    name.into(),
                    version.map(Into::into),
                    span(source, start, line, name),
                )
            })
        })
        .collect()
}

fn requirement(text: &str) -> (&str, Option<&str>) {
    let end = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
        .unwrap_or(text.len());
    let version = text[end..]
        .split_once("==")
        .map(|(_, version)| version.split(';').next().unwrap_or(version).trim());
    (&text[..end], version)
}

fn pom(source: &Source) -> Vec<Dependency> {
    let mut inside = false;
    let mut found: Vec<Dependency> = Vec::new();
    for (start, line) in lines(source) {
        if line.contains("<dependency>") {
            inside = true;
        }
        if inside && let Some(name) = element(line, "artifactId") {
            found.push((name.into(), None, span(source, start, line, name)));
        }
        if inside
            && let Some(version) = element(line, "version")
            && let Some(last) = found.last_mut()
        {
            last.1 = Some(version.into());
        }
        if line.contains("</dependency>") {
            inside = false;
        }
    }
    found
}

fn element<'l>(line: &'l str, name: &str) -> Option<&'l str> {
    let (_, rest) = line.split_once(&format!("<{name}>"))?;
    rest.split_once('<').map(|(value, _)| value.trim())
}

fn gradle(source: &Source) -> Vec<Dependency> {
    lines(source)
        .filter_map(|(start, line)| {
            let quoted = line.split(['\'', '"']).nth(1)?;
            let mut parts = quoted.split(':');
            let (_, name, version) = (parts.next()?, parts.next()?, parts.next());
            (line.contains("mplementation") || line.contains("untimeOnly") || line.contains("api"))
                .then(|| {
                    (
                        name.into(),
                        version.map(Into::into),
                        span(source, start, line, name),
                    )
                })
        })
        .collect()
}

fn csproj(source: &Source) -> Vec<Dependency> {
    lines(source)
        .filter_map(|(start, line)| {
            let (_, rest) = line.split_once("<PackageReference Include=\"")?;
            let name = rest.split('"').next()?;
            let version = rest
                .split_once("Version=\"")
                .and_then(|(_, rest)| rest.split('"').next());
            Some((
                name.into(),
                version.map(Into::into),
                span(source, start, line, name),
            ))
        })
        .collect()
}
