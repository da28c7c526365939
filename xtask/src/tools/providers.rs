//! OpenTofu's provider for AWS, in a mirror in the cache, so that tests need no network and download nothing twice.
//!
//! It is large (700 MB), so a copy that the machine has is linked to instead: out of the mirror that
//! `SEAWORTHY_PROVIDERS` names, the mirrors and caches that OpenTofu's and Terraform's own settings name, the folders
//! that both search by themselves, and mirrors in the folders where a machine keeps added software. Else it is
//! downloaded as OpenTofu does it.

use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use hcl_edit::expr::Expression;
use hcl_edit::structure::{Body, Structure};
use seaworthy_testkit::tofu::{AWS_PROVIDER, REGISTRIES, cli_config, mirror, platform};
use seaworthy_testkit::tools::{cache, find};

use super::Found;
use crate::Failure;
use crate::command::{command, run};

pub(super) fn get() -> Result<Found, Failure> {
    let present = REGISTRIES
        .iter()
        .all(|registry| program(&folder_in(&mirror(), registry)).is_some());
    let origin = if present {
        "cache".to_owned()
    } else if let Some(folder) = on_this_machine() {
        link(&folder)?;
        format!("linked to {}", folder.display())
    } else {
        download()?;
        "`tofu init`".to_owned()
    };
    write_cli_config()?;
    let path = program(&folder_in(&mirror(), REGISTRIES[0]))
        .ok_or("what was put into the mirror is no provider")?;
    Ok(Found {
        path,
        version: AWS_PROVIDER.to_owned(),
        origin,
    })
}

/// Where a mirror keeps the unpacked provider for this machine.
fn folder_in(mirror: &Path, registry: &str) -> PathBuf {
    mirror
        .join(registry)
        .join("hashicorp/aws")
        .join(AWS_PROVIDER)
        .join(platform())
}

/// The provider's program in its folder.
fn program(folder: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?;
    entries.flatten().map(|entry| entry.path()).find(|path| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with("terraform-provider-aws"))
    })
}

/// The unpacked provider in a mirror that this machine has.
fn on_this_machine() -> Option<PathBuf> {
    let mut mirrors: Vec<PathBuf> = env::var_os("SEAWORTHY_PROVIDERS")
        .map(PathBuf::from)
        .into_iter()
        .collect();
    mirrors.extend(configured());
    mirrors.extend(searched_by_themselves());
    mirrors.extend(added_software());
    mirrors
        .iter()
        .flat_map(|mirror| {
            REGISTRIES
                .iter()
                .map(|registry| folder_in(mirror, registry))
        })
        .find(|folder| program(folder).is_some())
}

/// What the settings of OpenTofu and Terraform name: mirrors, and caches of plug-ins.
fn configured() -> Vec<PathBuf> {
    let home = env::home_dir().unwrap_or_default();
    let files = [
        env::var_os("TF_CLI_CONFIG_FILE").map(PathBuf::from),
        Some(home.join(".tofurc")),
        Some(home.join(".terraformrc")),
    ];
    let mut folders: Vec<PathBuf> = env::var_os("TF_PLUGIN_CACHE_DIR")
        .map(PathBuf::from)
        .into_iter()
        .collect();
    for text in files
        .into_iter()
        .flatten()
        .filter_map(|file| fs::read_to_string(file).ok())
    {
        // A file that cannot be read is OpenTofu's to complain about.
        if let Ok(body) = hcl_edit::parser::parse_body(&text) {
            folders.extend(named_folders(&body));
        }
    }
    folders
}

/// The values of `path` and `plugin_cache_dir`, in whatever block they stand.
fn named_folders(body: &Body) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for structure in body {
        match structure {
            Structure::Block(block) => folders.extend(named_folders(&block.body)),
            Structure::Attribute(attribute) => {
                let named = ["path", "plugin_cache_dir"].contains(&attribute.key.as_str());
                if let (true, Expression::String(value)) = (named, &attribute.value) {
                    folders.push(PathBuf::from(value.as_str()));
                }
            }
        }
    }
    folders
}

/// The folders that both programs look into without being told.
fn searched_by_themselves() -> Vec<PathBuf> {
    let home = env::home_dir().unwrap_or_default();
    let data =
        env::var_os("XDG_DATA_HOME").map_or_else(|| home.join(".local/share"), PathBuf::from);
    let shared =
        env::var_os("XDG_DATA_DIRS").unwrap_or_else(|| "/usr/local/share:/usr/share".into());
    let mut folders = vec![home.join(".terraform.d/plugins")];
    for data in [data].into_iter().chain(env::split_paths(&shared)) {
        folders.extend(["opentofu", "terraform"].map(|program| data.join(program).join("plugins")));
    }
    folders
}

/// Whatever stands in the file system's folders for added software.
fn added_software() -> Vec<PathBuf> {
    let folders = ["/opt", "/srv", "/usr/local/lib", "/usr/local/share"];
    let entries = folders
        .iter()
        .filter_map(|folder| fs::read_dir(folder).ok());
    let mut found: Vec<PathBuf> = entries
        .flat_map(|entries| entries.flatten().map(|entry| entry.path()))
        .collect();
    found.sort();
    found
}

/// Puts `folder` into the mirror under both registries. Only the last folder may be a link: OpenTofu does not follow
/// others while it looks for versions.
fn link(folder: &Path) -> Result<(), Failure> {
    for registry in REGISTRIES {
        let link = folder_in(&mirror(), registry);
        if link == folder {
            continue;
        }
        let parent = link.parent().ok_or("the mirror has no folder")?;
        fs::create_dir_all(parent)?;
        if link.symlink_metadata().is_ok() {
            fs::remove_file(&link)?;
        }
        symlink(folder.canonicalize()?, link)?;
    }
    Ok(())
}

/// Lets OpenTofu fetch it, and keeps what it unpacked.
fn download() -> Result<(), Failure> {
    let tofu = find("tofu").ok_or("`tofu` is needed to download it, and is missing")?;
    // In the cache, so that moving it is a rename.
    fs::create_dir_all(cache().join("tools"))?;
    let root = tempfile::tempdir_in(cache().join("tools"))?;
    let requirement = format!(
        "terraform {{\n  required_providers {{\n    aws = {{\n      source  = \"hashicorp/aws\"\n      version = \"{AWS_PROVIDER}\"\n    }}\n  }}\n}}\n"
    );
    fs::write(root.path().join("versions.tf"), requirement)?;
    let nothing = root.path().join("none.tfrc");
    fs::write(&nothing, "")?;
    run(command(tofu, &["init", "-input=false", "-no-color"])
        .current_dir(root.path())
        .env("TF_CLI_CONFIG_FILE", nothing))?;
    let unpacked = folder_in(&root.path().join(".terraform/providers"), REGISTRIES[0]);
    let kept = folder_in(&mirror(), REGISTRIES[0]);
    fs::create_dir_all(kept.parent().ok_or("the mirror has no folder")?)?;
    fs::rename(unpacked.canonicalize()?, &kept)?;
    link(&kept)
}

/// The settings that make both programs take providers from the mirror only.
fn write_cli_config() -> Result<(), Failure> {
    let mirror = mirror();
    let text = format!(
        "disable_checkpoint = true\n\nprovider_installation {{\n  filesystem_mirror {{\n    path = \"{}\"\n  }}\n}}\n",
        mirror.display()
    );
    fs::write(cli_config(), text)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirrors_and_plug_in_caches_are_read_out_of_the_settings() {
        let text = "plugin_cache_dir = \"/cache\"\nprovider_installation {\n  filesystem_mirror {\n    path = \"/mirror\"\n    include = [\"a/b\"]\n  }\n  direct {\n  }\n}\n";
        let body = hcl_edit::parser::parse_body(text).expect("it is HCL");
        assert_eq!(
            named_folders(&body),
            [PathBuf::from("/cache"), PathBuf::from("/mirror")]
        );
    }
}
