//! Who is at it: the environment's own lock, and those of OpenTofu on each state.
//!
//! OpenTofu locks one state at a time, and an environment has several. So a run holds an object beside the states for
//! as long as it changes anything, in the form of OpenTofu's own locks, and a file in the platform's folder.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};

use rustix::fs::FlockOperation;
use seaworthy_aws::{Bucket, Client};
use serde::{Deserialize, Serialize};

use crate::{Error, Target};

/// Who holds a lock, in the form in which OpenTofu writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The lock's id, by which it can be cleared.
    #[serde(rename = "ID")]
    pub id: String,
    /// What they do.
    #[serde(rename = "Operation", default)]
    pub operation: String,
    /// Who they are: `user@machine`.
    #[serde(rename = "Who", default)]
    pub who: String,
    /// Since when, as RFC 3339.
    #[serde(rename = "Created", default)]
    pub since: String,
    /// For our own locks the folder that they work in.
    #[serde(rename = "Info", default)]
    pub info: String,
    /// What is locked.
    #[serde(rename = "Path", default)]
    pub path: String,
    /// The version of the program.
    #[serde(rename = "Version", default)]
    pub version: String,
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Fractions of seconds tell a person nothing.
        let since = self.since.split('.').next().unwrap_or_default();
        let operation = self
            .operation
            .trim_start_matches("OperationType")
            .to_lowercase();
        write!(
            f,
            "{} since {} ({operation}, lock {})",
            self.who,
            since.trim_end_matches('Z').replace('T', " ") + " UTC",
            self.id
        )
    }
}

/// The lock of an environment in this folder; given back with the value, also when the process dies.
#[derive(Debug)]
pub(crate) struct LocalLock {
    _file: File,
}

impl LocalLock {
    /// Takes it, or says who has it.
    pub(crate) fn take(target: &Target) -> Result<Self, Error> {
        let folder = target.environment_work();
        let path = folder.join("lock");
        let failed = |source| Error::Work {
            path: path.clone(),
            source,
        };
        fs::create_dir_all(&folder).map_err(failed)?;
        let mut file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(failed)?;
        if rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            let mut process = String::new();
            let _ = file.read_to_string(&mut process);
            return Err(Error::Busy {
                environment: target.environment.clone(),
                process: process.trim().parse().ok(),
            });
        }
        file.set_len(0).map_err(failed)?;
        writeln!(file, "{}", std::process::id()).map_err(failed)?;
        Ok(Self { _file: file })
    }
}

/// The lock of an environment beside its states; given back by [`release`](Self::release), and by nothing else:
/// what a killed run leaves is taken over by the next run in the same folder.
#[derive(Debug)]
pub(crate) struct EnvironmentLock {
    bucket: String,
    account: String,
    key: String,
}

impl EnvironmentLock {
    /// Takes it. The caller holds the local lock, so that a lock that was taken in this folder is of a run that died.
    pub(crate) fn take(
        client: &Client,
        target: &Target,
        who: &str,
        operation: &str,
    ) -> Result<Option<Self>, Error> {
        let (Some(bucket_name), Some(key)) = (target.bucket(), target.lock_key()) else {
            return Ok(None);
        };
        let bucket = client.bucket(bucket_name, &target.account);
        let failed = |source| states(bucket_name, source);
        let mine = Holder {
            id: random_id(),
            operation: operation.to_owned(),
            who: who.to_owned(),
            since: humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string(),
            info: target.folder.display().to_string(),
            path: format!("{bucket_name}/{key}"),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let body = serde_json::to_vec(&mine).unwrap_or_default();
        let lock = Self {
            bucket: bucket_name.to_owned(),
            account: target.account.clone(),
            key: key.clone(),
        };
        // Twice, since a lock may go between the attempt and the look.
        for _ in 0..2 {
            if bucket.put_new(&key, &body).map_err(failed)? {
                return Ok(Some(lock));
            }
            let Some(object) = bucket.get(&key).map_err(failed)? else {
                continue;
            };
            let holder = holder_of(&object.body);
            let left_by_us = holder.who == mine.who && holder.info == mine.info;
            if left_by_us && bucket.put_over(&key, &body, &object).map_err(failed)? {
                return Ok(Some(lock));
            }
            return Err(locked(format!("`{}`", target.environment), holder));
        }
        Err(locked(format!("`{}`", target.environment), mine))
    }

    pub(crate) fn release(&self, client: &Client) -> Result<(), Error> {
        let bucket = client.bucket(&self.bucket, &self.account);
        bucket
            .delete(&self.key)
            .map_err(|source| states(&self.bucket, source))
    }
}

/// Who holds the environment; `None`: nobody.
pub(crate) fn environment_holder(
    client: &Client,
    target: &Target,
) -> Result<Option<Holder>, Error> {
    let (Some(bucket), Some(key)) = (target.bucket(), target.lock_key()) else {
        return Ok(None);
    };
    read(client.bucket(bucket, &target.account), bucket, &key)
}

/// Every lock of an environment: what is locked, the object's key, and who holds it.
pub(crate) fn locks(client: &Client, target: &Target) -> Result<Vec<Lock>, Error> {
    let mut keys = Vec::new();
    if let (Some(bucket), Some(key)) = (target.bucket(), target.lock_key()) {
        keys.push((format!("`{}`", target.environment), bucket.to_owned(), key));
    }
    for root in &target.roots {
        keys.push((
            format!("root `{}`", root.name),
            root.bucket.clone(),
            root.lock_key(),
        ));
    }
    let mut locks = Vec::new();
    for (what, bucket, key) in keys {
        if let Some(holder) = read(client.bucket(&bucket, &target.account), &bucket, &key)? {
            locks.push(Lock {
                what,
                bucket,
                key,
                holder,
            });
        }
    }
    Ok(locks)
}

/// A lock that somebody holds.
#[derive(Debug)]
pub(crate) struct Lock {
    pub(crate) what: String,
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) holder: Holder,
}

/// Clears the lock of an id, whoever holds it, and gives who it was.
pub(crate) fn clear(client: &Client, target: &Target, id: &str) -> Result<Holder, Error> {
    let locks = locks(client, target)?;
    let Some(lock) = locks.iter().find(|lock| lock.holder.id == id) else {
        return Err(Error::FindLock {
            id: id.to_owned(),
            locks: locks
                .iter()
                .map(|lock| format!("{} by {}", lock.what, lock.holder))
                .collect(),
        });
    };
    remove(client, target, lock)?;
    Ok(lock.holder.clone())
}

pub(crate) fn remove(client: &Client, target: &Target, lock: &Lock) -> Result<(), Error> {
    let bucket = client.bucket(&lock.bucket, &target.account);
    bucket
        .delete(&lock.key)
        .map_err(|source| states(&lock.bucket, source))
}

fn read(bucket: Bucket<'_>, name: &str, key: &str) -> Result<Option<Holder>, Error> {
    let object = match bucket.get(key) {
        // The whole bucket may not be there yet.
        Err(error) if error.is_not_found() => return Ok(None),
        object => object.map_err(|source| states(name, source))?,
    };
    Ok(object.map(|object| holder_of(&object.body)))
}

/// A lock that cannot be read is a lock all the same.
fn holder_of(body: &[u8]) -> Holder {
    serde_json::from_slice(body).unwrap_or_else(|_| Holder {
        id: "unknown".to_owned(),
        operation: "unknown".to_owned(),
        who: "somebody".to_owned(),
        since: String::new(),
        info: String::new(),
        path: String::new(),
        version: String::new(),
    })
}

pub(crate) fn locked(what: String, holder: Holder) -> Error {
    Error::Locked {
        what,
        holder: Box::new(holder),
    }
}

pub(crate) fn states(bucket: &str, source: seaworthy_aws::Error) -> Error {
    Error::States {
        bucket: bucket.to_owned(),
        source,
    }
}

/// An id such as OpenTofu gives its locks.
fn random_id() -> String {
    let mut bytes = [0; 16];
    // Without randomness the process id still tells two runs apart.
    if getrandom::fill(&mut bytes).is_err() {
        bytes[..4].copy_from_slice(&std::process::id().to_le_bytes());
    }
    let text = data_encoding::HEXLOWER.encode(&bytes);
    [
        &text[..8],
        &text[8..12],
        &text[12..16],
        &text[16..20],
        &text[20..],
    ]
    .join("-")
}

/// Where the local lock is, for whoever asks.
#[cfg(test)]
fn lock_file(target: &Target) -> std::path::PathBuf {
    target.environment_work().join("lock")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_holder_is_shown_with_name_time_and_what_they_do() {
        let text = br#"{"ID":"4b3c","Operation":"OperationTypeApply","Info":"","Who":"ada@bench","Version":"1.12.6",
            "Created":"2026-11-21T19:20:57.123456Z","Path":"bucket/production/network.tfstate"}"#;
        assert_eq!(
            holder_of(text).to_string(),
            "ada@bench since 2026-11-21 19:20:57 UTC (apply, lock 4b3c)"
        );
    }

    #[test]
    fn a_second_run_in_the_same_folder_is_refused_until_the_first_ends() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = Target {
            folder: folder.path().to_owned(),
            platform: "counter".to_owned(),
            environment: "production".to_owned(),
            account: "222222222222".to_owned(),
            region: "eu-west-3".to_owned(),
            protected: true,
            name_prefix: "counter-production".to_owned(),
            cluster: "counter-production".to_owned(),
            tags: std::collections::BTreeMap::new(),
            roots: Vec::new(),
        };
        let first = LocalLock::take(&target).expect("nobody has it");
        assert!(lock_file(&target).exists());
        let refused = LocalLock::take(&target).expect_err("the first has it");
        let process = std::process::id();
        assert!(matches!(refused, Error::Busy { process: Some(p), .. } if p == process));
        drop(first);
        // A child that another test is just starting holds every file of this process until it is another program.
        let given_back = (0..100).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(20));
            LocalLock::take(&target).is_ok()
        });
        assert!(given_back, "it was given back");
    }
}
