//! The bucket that holds the states is made by OpenTofu, too, and has a state: kept on disk until the bucket is there,
//! and then put into it.
//!
//! A bucket that exists already is adopted: it is imported into that first state, and the plan shows what would be put
//! right about it.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::lock::states;
use crate::review::work;
use crate::tofu::Place;
use crate::{Error, Root, Session};

impl Session<'_> {
    pub(crate) fn bucket_exists(&self, root: &Root) -> Result<bool, Error> {
        let bucket = self.client().bucket(&root.bucket, &self.target.account);
        bucket
            .exists()
            .map_err(|source| states(&root.bucket, source))
    }

    /// Whether the root of the states' bucket has no state in the bucket yet.
    pub(crate) fn is_unborn(&self, root: &Root) -> Result<bool, Error> {
        if !self.bucket_exists(root)? {
            return Ok(true);
        }
        let bucket = self.client().bucket(&root.bucket, &self.target.account);
        let state = bucket.get(&root.key);
        Ok(state
            .map_err(|source| states(&root.bucket, source))?
            .is_none())
    }

    /// A copy of the root whose state is on disk, ready to be planned.
    pub(crate) fn bootstrap<'r>(&self, root: &'r Root) -> Result<Place<'r>, Error> {
        let copy = self.target.root_work(root).join("bootstrap");
        if copy.exists() {
            fs::remove_dir_all(&copy).map_err(|source| work(&copy, source))?;
        }
        // In the same places to each other, since modules are called by relative paths.
        let modules = Path::new("infra/modules");
        copy_folder(&self.target.folder.join(modules), &copy.join(modules))?;
        let place = self.bootstrapped(root);
        let folder = &place.folder;
        copy_folder(&self.target.root_folder(root), folder)?;
        let state = self.first_state(root);
        let text = format!(
            "terraform {{\n  backend \"local\" {{\n    path = {}\n  }}\n}}\n",
            Value::from(state.display().to_string())
        );
        // An override replaces the whole block of the backend.
        let file = folder.join("bootstrap_override.tf");
        fs::write(&file, text).map_err(|source| work(&file, source))?;
        self.step(root, "planning the bucket of the states");
        self.init(&place)?;
        if self.bucket_exists(root)? && !state.exists() {
            self.adopt(&place)?;
        }
        Ok(place)
    }

    /// The copy that was planned.
    pub(crate) fn bootstrapped<'r>(&self, root: &'r Root) -> Place<'r> {
        let work = self.target.root_work(root);
        Place {
            root,
            folder: work.join("bootstrap").join(&root.folder),
            data: work.join("bootstrap-data"),
        }
    }

    /// Imports a bucket that exists.
    fn adopt(&self, place: &Place<'_>) -> Result<(), Error> {
        let plan = self.target.root_work(place.root).join("adopt.tfplan");
        let out = format!("-out={}", plan.display());
        self.ask(place, &["plan", "-input=false", "-no-color", &out])?;
        let shown = self.ask(place, &["show", "-json", &plan.display().to_string()])?;
        let _ = fs::remove_file(&plan);
        let shown: Value = serde_json::from_str(&shown).unwrap_or_default();
        let bucket = shown["resource_changes"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|resource| {
                resource["type"] == "aws_s3_bucket"
                    && resource["change"]["after"]["bucket"] == place.root.bucket.as_str()
            });
        let Some(address) = bucket.and_then(|bucket| bucket["address"].as_str()) else {
            return Ok(());
        };
        self.tell(crate::Event::Note(format!(
            "the bucket `{}` exists, and is adopted",
            place.root.bucket
        )));
        let import = [
            "import",
            "-input=false",
            "-no-color",
            address,
            &place.root.bucket,
        ];
        self.ask(place, &import).map(drop)
    }

    /// Puts the first state into the bucket, once the bucket is there; whether there was one.
    pub(crate) fn finish_bootstrap(&self, root: &Root) -> Result<bool, Error> {
        let state = self.first_state(root);
        if !state.exists() {
            return Ok(false);
        }
        self.step(root, "putting its state into the bucket");
        let place = self.place(root);
        self.init(&place)?;
        if self.is_unborn(root)? {
            let file = state.display().to_string();
            self.ask(&place, &["state", "push", &file])?;
        }
        let done = state.with_extension("tfstate.pushed");
        fs::rename(&state, &done).map_err(|source| work(&state, source))?;
        Ok(true)
    }

    /// Where the state is before the bucket is.
    pub(crate) fn first_state(&self, root: &Root) -> PathBuf {
        self.target.root_work(root).join("bootstrap.tfstate")
    }
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), Error> {
    fs::create_dir_all(to).map_err(|source| work(to, source))?;
    if !from.is_dir() {
        return Ok(());
    }
    let entries = fs::read_dir(from).map_err(|source| work(from, source))?;
    for entry in entries {
        let path = entry.map_err(|source| work(from, source))?.path();
        let Some(name) = path.file_name() else {
            continue;
        };
        // OpenTofu's own folder of an earlier run by hand; the lock file of providers is wanted.
        if name == ".terraform" {
            continue;
        }
        let target = to.join(name);
        if path.is_dir() {
            copy_folder(&path, &target)?;
        } else {
            fs::copy(&path, &target).map_err(|source| work(&path, source))?;
        }
    }
    Ok(())
}
