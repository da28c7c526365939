//! Settings from the environment of the user: the only place that reads it.

use std::path::PathBuf;

use seaworthy_local::Settings;

/// Reads the settings.
pub(crate) fn read() -> Settings {
    let root = rustix::process::geteuid().is_root();
    Settings {
        data: folder("SEAWORTHY_DATA").unwrap_or_else(|| {
            default_folder(root, "/var/lib/seaworthy", "XDG_DATA_HOME", ".local/share")
        }),
        cache: folder("SEAWORTHY_CACHE").unwrap_or_else(|| {
            default_folder(root, "/var/cache/seaworthy", "XDG_CACHE_HOME", ".cache")
        }),
        runtime: std::env::temp_dir()
            .join(format!("seaworthy-{}", rustix::process::geteuid().as_raw())),
        postgres: folder("SEAWORTHY_POSTGRES"),
    }
}

/// A folder from a variable, made absolute; an empty variable counts as none.
fn folder(variable: &str) -> Option<PathBuf> {
    let value = std::env::var_os(variable).filter(|value| !value.is_empty())?;
    Some(std::path::absolute(&value).unwrap_or_else(|_| PathBuf::from(value)))
}

/// Root's home is closed to the unprivileged user that PostgreSQL runs as, so root's things go to the system's folders.
fn default_folder(root: bool, system: &str, variable: &str, below_home: &str) -> PathBuf {
    if root {
        return PathBuf::from(system);
    }
    let base = folder(variable).or_else(|| Some(folder("HOME")?.join(below_home)));
    base.unwrap_or_else(std::env::temp_dir).join("seaworthy")
}

/// What AWS's own tools would take from this user's environment.
pub(crate) fn aws() -> seaworthy_aws::Settings {
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    seaworthy_aws::Settings::new(variables, std::env::home_dir())
}
