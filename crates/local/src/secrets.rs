//! Passwords made for this machine, and values of the secrets that the definition wants from outside.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Everything secret of one platform, in a file that only its user reads.
pub(crate) struct Secrets {
    file: PathBuf,
    values: BTreeMap<String, String>,
}

impl Secrets {
    pub(crate) fn open(file: PathBuf) -> io::Result<Self> {
        let values = match fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(io::Error::other)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(error),
        };
        Ok(Self { file, values })
    }

    /// The password kept for `what`; made and kept where there is none.
    pub(crate) fn password(&mut self, what: &str) -> io::Result<String> {
        if let Some(value) = self.values.get(what) {
            return Ok(value.clone());
        }
        let value = random_password()?;
        self.values.insert(what.to_owned(), value.clone());
        self.write()?;
        Ok(value)
    }

    /// Whether there is a value for `what` already.
    pub(crate) fn has(&self, what: &str) -> bool {
        self.values.contains_key(what)
    }

    /// Replaces the file in one move, so that a full disk or a kill never leaves half of it.
    fn write(&self) -> io::Result<()> {
        let text = serde_json::to_vec_pretty(&self.values).map_err(io::Error::other)?;
        let new = self.file.with_extension("json.new");
        let mut file = fs::File::options()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&new)?;
        file.write_all(&text)?;
        file.sync_all()?;
        fs::rename(&new, &self.file)
    }
}

/// 32 letters and digits, which need no escape anywhere: 190 bits.
fn random_password() -> io::Result<String> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789ab";
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(bytes
        .iter()
        .map(|byte| char::from(ALPHABET[usize::from(byte % 64)]))
        .collect())
}

/// The variable of `.env` that holds a secret: `stripe-key` is in `STRIPE_KEY`.
pub(crate) fn variable_of(secret: &str) -> String {
    secret.to_ascii_uppercase().replace(['-', '.'], "_")
}

/// Reads the `.env` file beside the definition, if there is one: `NAME=value` lines, quotes removed, `#` comments.
pub(crate) fn read_dotenv(platform_folder: &Path) -> BTreeMap<String, String> {
    let text = fs::read_to_string(platform_folder.join(".env")).unwrap_or_default();
    text.lines()
        .map(|line| line.trim().trim_start_matches("export "))
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.trim().to_owned(), unquote(value.trim()).to_owned()))
        .collect()
}

fn unquote(value: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(inner) = value
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote))
        {
            return inner;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_differ_and_need_no_escape() {
        let (a, b) = (
            random_password().expect("random"),
            random_password().expect("random"),
        );
        assert_ne!(a, b);
        assert!(a.len() == 32 && a.chars().all(|c| c.is_ascii_alphanumeric()));
    }

    #[test]
    fn reads_a_dotenv_as_people_write_it() {
        let folder = std::env::temp_dir().join(format!("seaworthy-dotenv-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(
            folder.join(".env"),
            "# keys\nSTRIPE_KEY=\"sk 1\"\nexport B='2=3'\n\nbroken\n",
        )
        .expect("a file");
        let read = read_dotenv(&folder);
        fs::remove_dir_all(&folder).expect("ours");
        assert_eq!(read.get("STRIPE_KEY").map(String::as_str), Some("sk 1"));
        assert_eq!(read.get("B").map(String::as_str), Some("2=3"));
        assert_eq!(read.len(), 2);
    }
}
