//! Where tests keep what is fetched or made once per machine.

use std::path::PathBuf;

/// The cache folder: `SEAWORTHY_CACHE`, else the user's, else the machine's for root.
///
/// Root's own cache folder would be out of reach for the unprivileged user that PostgreSQL runs as.
pub fn cache() -> PathBuf {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(folder) = variable("SEAWORTHY_CACHE") {
        return folder;
    }
    if rustix::process::geteuid().is_root() {
        return PathBuf::from("/var/cache/seaworthy");
    }
    variable("XDG_CACHE_HOME")
        .or_else(|| variable("HOME").map(|home| home.join(".cache")))
        .unwrap_or_else(std::env::temp_dir)
        .join("seaworthy")
}
