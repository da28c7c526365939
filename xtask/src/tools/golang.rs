//! Programs of Go modules, built where Go is at hand.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use seaworthy_testkit::tools::{cache, find};
use serde_json::Value;

use crate::Failure;
use crate::command::{command, output, run};

/// A program of a module whose `go.mod` replaces other modules; `go install` refuses those.
pub(super) struct Build {
    /// The module's path.
    pub(super) module: &'static str,
    /// Its version, with the `v`.
    pub(super) version: &'static str,
    /// The package of the program, below the module's path; empty: the module's own.
    pub(super) package: &'static str,
    /// Values for the linker to set, as `package.variable=value`.
    pub(super) variables: &'static [&'static str],
}

impl Build {
    /// The path of the program's package.
    pub(super) fn path(&self) -> String {
        match self.package {
            "" => self.module.to_owned(),
            package => format!("{}/{package}", self.module),
        }
    }
}

/// Builds one program of a module at a pinned version into `folder`.
pub(super) fn install(module: &str, version: &str, folder: &Path) -> Result<(), Failure> {
    let Some(go) = find("go") else {
        return Err("this machine has no `go`".into());
    };
    std::fs::create_dir_all(folder)?;
    run(command(go, &["install", &format!("{module}@{version}")]).env("GOBIN", folder))
}

/// Builds a program as a dependency of a small module of our own, which repeats the replacements of its module.
pub(super) fn build(build: &Build, to: &Path) -> Result<(), Failure> {
    let Some(go) = find("go") else {
        return Err("this machine has no `go`".into());
    };
    let Build {
        module, version, ..
    } = build;
    let downloaded = download(module, version)?;
    let manifest = downloaded["GoMod"]
        .as_str()
        .ok_or("`go mod download` named no `go.mod`")?;
    let manifest = output(&mut command(&go, &["mod", "edit", "-json", manifest]))?;
    let manifest = own_manifest(build, &serde_json::from_str(&manifest)?)?;

    let folder = cache()
        .join("tools")
        .join("go")
        .join(format!("{}-{version}", module.replace('/', "-")));
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("go.mod"), manifest)?;
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut flags = "-s -w".to_owned();
    for variable in build.variables {
        flags.push_str(" -X ");
        flags.push_str(variable);
    }
    run(command(&go, &["build", "-mod=mod", "-trimpath"])
        .args(["-ldflags", &flags, "-o"])
        .arg(to)
        .arg(build.path())
        .current_dir(folder)
        .env("CGO_ENABLED", "0"))
}

/// The `go.mod` of a module that only requires the program's, with its replacements by published modules.
fn own_manifest(build: &Build, theirs: &Value) -> Result<String, Failure> {
    let go = theirs["Go"].as_str().ok_or("its `go.mod` names no Go")?;
    let mut text = format!(
        "module tool\n\ngo {go}\n\nrequire {} {}\n",
        build.module, build.version
    );
    for replacement in theirs["Replace"].as_array().into_iter().flatten() {
        let side = |side: &str| {
            let path = replacement[side]["Path"].as_str().unwrap_or_default();
            let version = replacement[side]["Version"].as_str().unwrap_or_default();
            format!("{path} {version}").trim_end().to_owned()
        };
        // A replacement without a version is a folder of their repository, which the module does not carry.
        if replacement["New"]["Version"].is_string() {
            let _ = writeln!(text, "replace {} => {}", side("Old"), side("New"));
        } else if let Some(staged) = staged(build, theirs, &replacement["Old"]["Path"]) {
            let _ = writeln!(text, "replace {} => {staged}", side("Old"));
        }
    }
    Ok(text)
}

/// Kubernetes requires the modules of its staging folder as `v0.0.0`; `v1.36.1` publishes them as `v0.36.1`.
fn staged(build: &Build, theirs: &Value, path: &Value) -> Option<String> {
    let mut required = theirs["Require"].as_array()?.iter();
    let required = required.find(|required| required["Path"] == *path)?;
    (required["Version"] == "v0.0.0").then(|| {
        let path = path.as_str().unwrap_or_default();
        format!("{path} {}", build.version.replacen("v1.", "v0.", 1))
    })
}

/// The version of the module that a Go program was built from; of Go where the program does not know it.
pub(super) fn version_of(program: &Path) -> Result<String, Failure> {
    let Some(go) = find("go") else {
        return Err("this machine has no `go`".into());
    };
    let said = output(command(go, &["version", "-m"]).arg(program))?;
    let package = said
        .lines()
        .find_map(|line| line.trim().strip_prefix("path\t"))
        .ok_or_else(|| format!("`{}` is no program of Go", program.display()))?;
    // What our own module requires is listed as `dep`, a program built in its module as `mod`.
    let mut modules = said.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let kind = words.next()?;
        (kind == "dep" || kind == "mod").then_some((words.next()?, words.next()?))
    });
    let module = modules.find(|(module, _)| package.starts_with(module));
    let go = || said.split_whitespace().nth(1).unwrap_or_default();
    Ok(module.map_or_else(go, |(_, version)| version).to_owned())
}

/// Gets a module into Go's own cache and gives what `go mod download` says about it.
pub(super) fn download(module: &str, version: &str) -> Result<Value, Failure> {
    let Some(go) = find("go") else {
        return Err("this machine has no `go`".into());
    };
    let said = output(&mut command(
        go,
        &["mod", "download", "-json", &format!("{module}@{version}")],
    ))?;
    Ok(serde_json::from_str(&said)?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn replacements_by_published_modules_are_repeated_and_folders_are_not() {
        let build = Build {
            module: "example.com/tool",
            version: "v1.2.3",
            package: "cmd/tool",
            variables: &[],
        };
        let required = json!([{ "Path": "example.com/f", "Version": "v0.0.0" }]);
        let theirs = json!({ "Go": "1.26.0", "Require": required, "Replace": [
            { "Old": { "Path": "example.com/a", "Version": "v1.0.0" }, "New": { "Path": "example.com/b", "Version": "v1.0.1" } },
            { "Old": { "Path": "example.com/c" }, "New": { "Path": "example.com/d", "Version": "v2.0.0" } },
            { "Old": { "Path": "example.com/e" }, "New": { "Path": "./staging/e" } },
            { "Old": { "Path": "example.com/f" }, "New": { "Path": "./staging/f" } },
        ]});
        let manifest = own_manifest(&build, &theirs).expect("it is complete");
        assert_eq!(
            manifest,
            "module tool\n\ngo 1.26.0\n\nrequire example.com/tool v1.2.3\n\
             replace example.com/a v1.0.0 => example.com/b v1.0.1\nreplace example.com/c => example.com/d v2.0.0\n\
             replace example.com/f => example.com/f v0.2.3\n"
        );
    }
}
