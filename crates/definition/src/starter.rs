//! Starters: small platforms that a user begins with, embedded as files.
//!
//! The files are in `starters/`, so that they can be read, run and checked as what they are. Writing them to a folder
//! is the command line's business.

/// A small platform to begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Starter {
    /// Its name, as `seaworthy new` takes it.
    pub name: &'static str,
    /// What it is, in a few words.
    pub about: &'static str,
    /// What the machine must have beside `seaworthy`, in words for a person.
    pub needs: &'static [&'static str],
    /// Its files: path relative to the folder, and bytes.
    pub files: &'static [(&'static str, &'static [u8])],
}

/// Every starter, the smallest first.
pub static STARTERS: &[Starter] = &[
    Starter {
        name: "hello",
        about: "one web service in one file of Python",
        needs: &["python3 (3.8 or newer)"],
        files: &[
            (
                "seaworthy.yaml",
                include_bytes!("../starters/hello/seaworthy.yaml"),
            ),
            ("app.py", include_bytes!("../starters/hello/app.py")),
            ("README.md", include_bytes!("../starters/hello/README.md")),
        ],
    },
    Starter {
        name: "counter",
        about: "a web service in Python and a counter in PostgreSQL",
        needs: &[
            "python3 (3.10 or newer) with its venv module",
            "a way to PyPI for the first build",
        ],
        files: &[
            (
                "seaworthy.yaml",
                include_bytes!("../starters/counter/seaworthy.yaml"),
            ),
            ("app.py", include_bytes!("../starters/counter/app.py")),
            (
                "migrate.py",
                include_bytes!("../starters/counter/migrate.py"),
            ),
            ("build.sh", include_bytes!("../starters/counter/build.sh")),
            (
                "requirements.txt",
                include_bytes!("../starters/counter/requirements.txt"),
            ),
            (
                ".gitignore",
                include_bytes!("../starters/counter/gitignore"),
            ),
            ("README.md", include_bytes!("../starters/counter/README.md")),
        ],
    },
];

/// The starter of that name.
pub fn starter(name: &str) -> Option<&'static Starter> {
    STARTERS.iter().find(|starter| starter.name == name)
}
