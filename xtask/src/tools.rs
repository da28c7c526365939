//! `cargo xtask tools`: what the tests need from outside, got once per machine.
//!
//! A tool is a row of [`TOOLS`]: its name, what it is for, how to ask its version, and the ways to get it,
//! in the order in which they are tried. What is on `PATH` is taken as it is. What is downloaded goes into the
//! cache (`SEAWORTHY_CACHE`, see `seaworthy_testkit::tools`), pinned. Where nothing may be installed, the chore
//! says what is missing and which command would get it, and fails; no test is left out instead.

mod debian;
mod emulator;
mod gitops;
mod golang;
mod kubernetes;
pub(crate) mod postgres;
mod providers;
mod python;

use std::path::{Path, PathBuf};

use seaworthy_testkit::tools::{cache, cached_programs, find};

use crate::Failure;
use crate::command::{command, output};

/// One program that tests start.
struct Tool {
    /// The name of the program.
    program: &'static str,
    /// Which tests need it.
    purpose: &'static str,
    /// The arguments that make it print its version. It counts as missing when they fail, so they may ask for more
    /// than the version. Empty: it does not say it; what its Go module was is read out of the program.
    version: &'static [&'static str],
    ways: &'static [Way],
}

/// One way to get a program.
enum Way {
    /// Debian packages, installed for the whole machine: as root, or with a `sudo` that asks for no password.
    Install { packages: &'static [&'static str] },
    /// A program out of a Debian package that is only unpacked into the cache; needs no rights.
    Unpack {
        package: &'static str,
        path: &'static str,
    },
    /// A Go module's program, built into the cache.
    Go {
        module: &'static str,
        version: &'static str,
    },
    /// A program of a Go module that replaces other modules, built into the cache.
    GoBuild(golang::Build),
    /// A program of a Python package, with an environment of its own in the cache.
    Python {
        package: &'static str,
        version: &'static str,
    },
}

/// Other checkers, to be compared with. They are large, so that only the chores that compare get them.
const CHECKERS: &[Tool] = &[
    Tool {
        program: "checkov",
        purpose: "comparing `check` with it",
        version: &["--version"],
        ways: &[Way::Python {
            package: "checkov",
            version: "3.3.30",
        }],
    },
    Tool {
        program: "zizmor",
        purpose: "comparing `check` with it",
        version: &["--version"],
        ways: &[Way::Python {
            package: "zizmor",
            version: "1.32.0",
        }],
    },
    Tool {
        program: "actionlint",
        purpose: "comparing `check` with it",
        version: &["-version"],
        ways: &[Way::Go {
            module: "github.com/rhysd/actionlint/cmd/actionlint",
            version: "v1.7.12",
        }],
    },
    Tool {
        program: "kube-linter",
        purpose: "comparing `check` with it",
        version: &["version"],
        // Its module has an address of its own, which mirrors of modules do not serve: taken where it is on PATH.
        ways: &[],
    },
];

const TOOLS: &[Tool] = &[
    Tool {
        program: "chromium",
        purpose: "the browser test",
        version: &["--version"],
        ways: &[Way::Install {
            packages: &["chromium", "chromium-driver"],
        }],
    },
    Tool {
        program: "chromedriver",
        purpose: "the browser test",
        version: &["--version"],
        ways: &[Way::Install {
            packages: &["chromium", "chromium-driver"],
        }],
    },
    Tool {
        program: "promtool",
        purpose: "judging the metrics of the services",
        version: &["--version"],
        ways: &[
            Way::Unpack {
                package: "prometheus",
                path: "usr/bin/promtool",
            },
            Way::Go {
                module: "github.com/prometheus/prometheus/cmd/promtool",
                version: "v0.307.3",
            },
        ],
    },
    Tool {
        program: "psql",
        purpose: "`seaworthy psql`",
        version: &["--version"],
        ways: &[Way::Install {
            packages: &["postgresql-client"],
        }],
    },
    Tool {
        program: "git",
        purpose: "the tidy tests",
        version: &["--version"],
        ways: &[Way::Install { packages: &["git"] }],
    },
    Tool {
        program: "curl",
        purpose: "asking a service as its author would",
        version: &["--version"],
        ways: &[Way::Install {
            packages: &["curl"],
        }],
    },
    Tool {
        program: "python3",
        purpose: "running folders that are not ours",
        // Debian ships the module that makes a virtual environment apart.
        version: &[
            "-c",
            "import ensurepip, sys, venv; print(sys.version.split()[0])",
        ],
        ways: &[Way::Install {
            packages: &["python3", "python3-venv"],
        }],
    },
    Tool {
        program: "node",
        purpose: "running folders that are not ours",
        version: &["--version"],
        ways: &[Way::Install {
            packages: &["nodejs"],
        }],
    },
    Tool {
        program: "npm",
        purpose: "running folders that are not ours",
        version: &["--version"],
        ways: &[Way::Install { packages: &["npm"] }],
    },
    Tool {
        program: "go",
        purpose: "running folders that are not ours",
        version: &["version"],
        ways: &[Way::Install {
            packages: &["golang-go"],
        }],
    },
    Tool {
        program: "tofu",
        purpose: "applying what we render",
        version: &["version"],
        ways: &[Way::GoBuild(golang::Build {
            module: "github.com/opentofu/opentofu",
            version: "v1.12.6",
            package: "cmd/tofu",
            // Else it calls itself a development version, which `required_version` refuses.
            variables: &["github.com/opentofu/opentofu/version.dev=no"],
        })],
    },
];

/// What is judged with as well where a machine has it, and is asked of nobody.
const WELCOME: &[Tool] = &[Tool {
    program: "terraform",
    purpose: "validating with it what OpenTofu applies",
    version: &["version"],
    ways: &[],
}];

/// Where a tool is and where it came from.
struct Found {
    path: PathBuf,
    version: String,
    origin: String,
}

/// Gets every tool, prints a table, and fails when one is missing.
pub(crate) fn run() -> Result<(), Failure> {
    println!("cache: {}", cache().display());
    let mut missing = Vec::new();
    let tools = [TOOLS, kubernetes::TOOLS, gitops::TOOLS];
    for tool in tools.into_iter().flatten() {
        report(tool.program, tool.get(), &mut missing);
    }
    kubernetes::crds(&mut missing);
    report("postgres", postgres::get(), &mut missing);
    report("provider aws", providers::get(), &mut missing);
    report("moto", emulator::get(), &mut missing);
    for tool in WELCOME {
        match tool.look(None) {
            Ok(found) => report(tool.program, Ok(found), &mut missing),
            Err(_) => println!(
                "{:<31}not here; it is only for {}",
                tool.program, tool.purpose
            ),
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{} missing:\n{}",
        count(missing.len(), "tool is", "tools are"),
        missing.join("\n")
    )
    .into())
}

/// Gets a checker to compare with and gives its path and version.
pub(crate) fn checker(program: &str) -> Result<(PathBuf, String), Failure> {
    let tool = CHECKERS
        .iter()
        .find(|tool| tool.program == program)
        .ok_or_else(|| format!("`{program}` is none of the checkers"))?;
    tool.get().map(|found| (found.path, found.version))
}

fn report(program: &str, found: Result<Found, Failure>, missing: &mut Vec<String>) {
    match found {
        Ok(found) => println!(
            "{program:<31}{:<20}{}  ({})",
            found.version,
            found.path.display(),
            found.origin
        ),
        Err(failure) => {
            println!("{program:<31}missing");
            missing.push(format!("- `{program}`: {failure}"));
        }
    }
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

impl Tool {
    fn get(&self) -> Result<Found, Failure> {
        let mut tried = match self.look(None) {
            Ok(found) => return Ok(found),
            Err(failure) => vec![failure.to_string()],
        };
        for way in self.ways {
            match way.get(self.program).and_then(|()| self.look(Some(way))) {
                Ok(found) => return Ok(found),
                Err(failure) => tried.push(format!("{way}: {failure}")),
            }
        }
        Err(format!(
            "needed for {}; tried:\n  {}",
            self.purpose,
            tried.join("\n  ")
        )
        .into())
    }

    /// Looks where it is, and asks it for its version.
    fn look(&self, got_by: Option<&Way>) -> Result<Found, Failure> {
        let path = find(self.program)
            .ok_or_else(|| format!("neither on PATH nor in {}", cached_programs().display()))?;
        let version = if self.version.is_empty() {
            golang::version_of(&path)?
        } else {
            version_of(&path, self.version)?
        };
        let origin = match got_by {
            Some(way) => way.to_string(),
            None if path.starts_with(cached_programs()) => "cache".to_owned(),
            None => "found on PATH".to_owned(),
        };
        Ok(Found {
            path,
            version,
            origin,
        })
    }
}

impl Way {
    fn get(&self, program: &str) -> Result<(), Failure> {
        match self {
            Self::Install { packages } => debian::install(packages),
            Self::Unpack { package, path } => {
                debian::unpack(package, path, &cached_programs().join(program))
            }
            Self::Go { module, version } => golang::install(module, version, &cached_programs()),
            Self::GoBuild(build) => golang::build(build, &cached_programs().join(program)),
            Self::Python { package, version } => python::install(package, version, program),
        }
    }
}

impl std::fmt::Display for Way {
    /// The command a person would type.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Install { packages } => write!(f, "`apt-get install {}`", packages.join(" ")),
            Self::Unpack { package, .. } => write!(f, "`apt-get download {package}`, unpacked"),
            Self::Go { module, version } => write!(f, "`go install {module}@{version}`"),
            Self::GoBuild(build) => {
                write!(f, "`go build {}@{}`", build.path(), build.version)
            }
            Self::Python { package, version } => write!(f, "`pip install {package}=={version}`"),
        }
    }
}

/// The first word with a number in it of what a program says about its version.
fn version_of(program: &Path, arguments: &[&str]) -> Result<String, Failure> {
    let said = output(&mut command(program, arguments))?;
    let number = |word: &&str| {
        word.trim_start_matches(|c: char| c.is_alphabetic() || c == '=')
            .starts_with(|c: char| c.is_ascii_digit())
    };
    let version = said.split_whitespace().find(number);
    version
        .map(str::to_owned)
        .ok_or_else(|| format!("`{}` says no version: {said}", program.display()).into())
}
