//! Lists of defects: their files, read.

use std::path::Path;

use serde_json::Value;

use crate::Failure;

/// What is wrong in one repository, as people found it.
pub(super) struct Truth {
    pub(super) repository: String,
    pub(super) commit: String,
    pub(super) defects: Vec<Defect>,
    pub(super) agreements: Vec<Agreement>,
}

/// A defect.
pub(super) struct Defect {
    pub(super) id: String,
    /// `1` one file, `L` one layer, `X` across layers.
    pub(super) class: String,
    /// `H`, `M`, `L`.
    pub(super) weight: String,
    /// The rules that may find it.
    pub(super) rules: Vec<String>,
    /// Its sides; of each, the places that will do.
    pub(super) sides: Vec<Vec<Place>>,
    pub(super) summary: String,
}

/// What looks wrong and is right.
pub(super) struct Agreement {
    pub(super) id: String,
    pub(super) files: Vec<String>,
    pub(super) rules: Vec<String>,
}

/// Lines of a file.
pub(super) struct Place {
    pub(super) file: String,
    pub(super) from: usize,
    pub(super) to: usize,
}

impl Truth {
    /// The folder that the repository is expected in.
    pub(super) fn folder(&self) -> &str {
        self.repository
            .rsplit('/')
            .next()
            .unwrap_or(&self.repository)
    }
}

/// Every list in a folder, by name.
pub(super) fn in_folder(folder: &Path) -> Result<Vec<Truth>, Failure> {
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .map_err(|error| format!("{}: {error}", folder.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    paths.sort();
    paths
        .iter()
        .map(|path| {
            let value: Value = serde_json::from_str(&std::fs::read_to_string(path)?)?;
            read(&value).ok_or_else(|| format!("{} is no list of defects", path.display()).into())
        })
        .collect()
}

fn read(value: &Value) -> Option<Truth> {
    let list = |value: &Value| value.as_array().cloned();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let texts = |value: &Value| list(value)?.iter().map(text).collect::<Option<Vec<_>>>();
    let number = |value: &Value| usize::try_from(value.as_u64()?).ok();
    let place = |value: &Value| {
        Some(Place {
            file: text(&value["file"])?,
            from: number(&value["from"])?,
            to: number(&value["to"])?,
        })
    };
    let side = |value: &Value| list(value)?.iter().map(place).collect::<Option<Vec<_>>>();
    let defect = |value: &Value| {
        Some(Defect {
            id: text(&value["id"])?,
            class: text(&value["class"])?,
            weight: text(&value["weight"])?,
            rules: texts(&value["rules"])?,
            sides: list(&value["sides"])?
                .iter()
                .map(side)
                .collect::<Option<_>>()?,
            summary: text(&value["summary"]).unwrap_or_default(),
        })
    };
    let agreement = |value: &Value| {
        Some(Agreement {
            id: text(&value["id"])?,
            files: texts(&value["files"])?,
            rules: texts(&value["rules"])?,
        })
    };
    Some(Truth {
        repository: text(&value["repository"])?,
        commit: text(&value["commit"])?,
        defects: list(&value["defects"])?
            .iter()
            .map(defect)
            .collect::<Option<_>>()?,
        agreements: list(&value["agreements"])?
            .iter()
            .map(agreement)
            .collect::<Option<_>>()?,
    })
}
