//! Places that say which version of OpenTofu or of a provider is used, and do not say the same: constraint and lock
//! file, constraint and pipeline, and providers without any constraint that a script upgrades past the lock file.

use seaworthy_facts::delivery::{Job, Step, What};
use seaworthy_facts::terraform::ModuleSource;
use seaworthy_facts::{Span, Text, Value, is_under, parent};
use seaworthy_link::World;

use crate::rules::hygiene::modules::Modules;
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "version-sources-disagree",
    severity: Severity::Unreliable,
    page: include_str!("version-sources-disagree.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for module in &world.facts.terraform.modules {
        if module.vendored {
            continue;
        }
        lock(module, findings);
        pipelines(world, module, findings);
    }
    unconstrained(world, findings);
}

/// A lock file that its constraint does not allow.
fn lock(module: &ModuleSource, findings: &mut Vec<Finding>) {
    for entry in &module.required_providers.entries {
        let constraint = entry.value.get("version").unwrap_or(&entry.value);
        let Some(text) = constraint.str() else {
            continue;
        };
        let source = entry.value.get("source").and_then(Value::str);
        let source = source.map_or_else(|| format!("hashicorp/{}", entry.key), str::to_owned);
        // The host may be written or not.
        let Some(locked) = module
            .locked
            .iter()
            .find(|locked| source.ends_with(&*locked.source))
        else {
            continue;
        };
        if allows(text, &locked.version) != Some(false) {
            continue;
        }
        findings.push(
            Finding::new(format!(
                "provider `{}` is constrained to `{text}` and locked at {}: `init` stops until one of them is changed",
                entry.key, locked.version
            ))
            .at(locked.span, format!("locked at {}", locked.version))
            .and(constraint.span, "not allowed by this")
            .about([module.folder.clone(), entry.key.to_string()]),
        );
    }
}

/// Versions that a pipeline installs and the configuration refuses.
fn pipelines(world: &World, module: &ModuleSource, findings: &mut Vec<Finding>) {
    let Some((required, text)) = module
        .required_version
        .as_ref()
        .and_then(|value| Some((value, value.str()?)))
    else {
        return;
    };
    for (job, step) in steps(world) {
        let Some(uses) = step.uses.as_ref().and_then(Value::str) else {
            continue;
        };
        let key = if uses.starts_with("hashicorp/setup-terraform@") {
            "terraform_version"
        } else if uses.starts_with("opentofu/setup-opentofu@") {
            "tofu_version"
        } else {
            continue;
        };
        let Some(installed) = step.with.get(key) else {
            continue;
        };
        let Some(version) = installed.scalar() else {
            continue;
        };
        if allows(text, &version) == Some(false) && may_run_in(job, &module.folder) {
            findings.push(
                Finding::new(format!(
                    "the pipeline installs {version} and `{}` asks for `{text}`: every run stops before it plans",
                    if module.folder.is_empty() { "." } else { &module.folder }
                ))
                .at(installed.span, "installed here")
                .and(required.span, "refused by this")
                .about([module.folder.clone(), version]),
            );
        }
    }
}

/// Providers that nothing constrains, where a script takes the newest past the lock file.
fn unconstrained(world: &World, findings: &mut Vec<Finding>) {
    let upgrades: Vec<(&Text, Span)> = world
        .facts
        .delivery
        .deeds()
        .filter_map(|(doer, deed)| match &deed.what {
            What::Terraform {
                verb,
                arguments,
                folder,
            } => (!doer.is_document()
                && &**verb == "init"
                && arguments.iter().any(|word| {
                    matches!(word.str(), Some("-upgrade" | "--upgrade" | "-upgrade=true"))
                }))
            .then_some((folder, deed.span)),
            _ => None,
        })
        .collect();
    let mut upgrade = None;
    let seen = Modules::of(world);
    let mut free: Vec<(&str, Span)> = Vec::new();
    let mut constrained = None;
    for root in &world.facts.terraform.roots {
        let Some(module) = world
            .facts
            .terraform
            .modules
            .iter()
            .find(|module| module.folder == root.folder)
        else {
            continue;
        };
        let fitting = upgrades
            .iter()
            .find(|(folder, span)| may_be_in(world, folder, *span, &module.folder));
        let Some((_, script)) = fitting.filter(|_| seen.whole(module)) else {
            continue;
        };
        for (provider, span) in unconstrained_in(module) {
            upgrade = upgrade.or(Some(*script));
            if !free.iter().any(|(_, other)| *other == span) {
                free.push((provider, span));
                let first = module.required_providers.entries.first();
                constrained = constrained.or(first.map(|entry| entry.key_span));
            }
        }
    }
    let Some(((first, place), others)) = free.split_first() else {
        return;
    };
    let mut names: Vec<String> = free.iter().map(|(name, _)| format!("`{name}`")).collect();
    names.sort();
    names.dedup();
    let mut finding = Finding::new(format!(
        "nothing constrains the version of {}, and a script upgrades past the lock file: each run takes what is newest that day",
        names.join(" and ")
    ))
    .at(*place, format!("needs `{first}`, of any version"))
    .and_maybe(upgrade.map(|script| (script, "takes the newest".to_owned())));
    for (name, span) in others.iter().take(6) {
        finding = finding.and(*span, format!("needs `{name}`, of any version"));
    }
    if let Some(constrained) = constrained {
        finding = finding.and(constrained, "only these are constrained");
    }
    findings.push(finding.about(names));
}

/// The providers that a module needs and does not constrain, where each is needed first.
fn unconstrained_in(module: &ModuleSource) -> Vec<(&str, Span)> {
    let mut free: Vec<(&str, Span)> = Vec::new();
    for declared in &module.declared {
        let provider = declared.address.strip_prefix("provider.").or_else(|| {
            let address = declared
                .address
                .strip_prefix("data.")
                .unwrap_or(&declared.address);
            let (kind, _) = address.split_once('.')?;
            kind.split_once('_').map(|(provider, _)| provider)
        });
        let Some(provider) = provider else { continue };
        let constrained = module
            .required_providers
            .get(provider)
            .is_some_and(|entry| entry.get("version").is_some() || entry.str().is_some());
        // `terraform_data` is a part of OpenTofu itself.
        if constrained || provider == "terraform" {
            continue;
        }
        if !free.iter().any(|(other, _)| *other == provider) {
            free.push((provider, declared.span));
        }
    }
    free
}

fn steps(world: &World) -> impl Iterator<Item = (&Job, &Step)> {
    world
        .facts
        .delivery
        .workflows
        .iter()
        .flat_map(|workflow| &workflow.jobs)
        .flat_map(|job| job.steps.iter().map(move |step| (job, step)))
}

/// Whether a job runs OpenTofu in a folder, or does not say where: folders that another job or a matrix gives are those
/// of some modules, and nobody knows which.
fn may_run_in(job: &Job, wanted: &str) -> bool {
    let mut folders = job
        .steps
        .iter()
        .flat_map(|step| &step.deeds)
        .filter_map(|deed| match &deed.what {
            What::Terraform { folder, .. } => Some(folder),
            _ => None,
        })
        .peekable();
    folders.peek().is_none()
        || folders.any(|folder| {
            folder
                .expanded()
                .iter()
                .any(|folder| folder.literal() == Some(wanted))
        })
}

/// Whether a deed's folder can be a module's: its own, or one beside the script where the script is told which.
fn may_be_in(world: &World, folder: &Text, deed: Span, module: &str) -> bool {
    if let Some(folder) = folder.literal() {
        return module == folder || is_under(module, folder);
    }
    let script = world.sources.folder(deed.file);
    let around = parent(script);
    module == around || is_under(module, around)
}

/// Whether a constraint such as `~> 5.0, != 5.3.1` allows a version; nothing where either is not understood.
fn allows(constraint: &str, version: &str) -> Option<bool> {
    let (version, _) = numbers(version)?;
    constraint.split(',').try_fold(true, |allowed, part| {
        let part = part.trim();
        let at = part.find(|letter: char| letter.is_ascii_digit())?;
        let (bound, given) = numbers(&part[at..])?;
        let holds = match part[..at].trim() {
            "" | "=" => version == bound,
            "!=" => version != bound,
            ">" => version > bound,
            ">=" => version >= bound,
            "<" => version < bound,
            "<=" => version <= bound,
            // All numbers given but the last must be the same.
            "~>" => {
                version >= bound
                    && version[..given.saturating_sub(1)] == bound[..given.saturating_sub(1)]
            }
            _ => return None,
        };
        Some(allowed && holds)
    })
}

/// A version's numbers, and how many of them are given.
fn numbers(text: &str) -> Option<([u64; 3], usize)> {
    let text = text.trim().trim_start_matches('v');
    let mut numbers = [0; 3];
    let mut given = 0;
    for (slot, part) in numbers.iter_mut().zip(text.split('.')) {
        *slot = part.trim().parse().ok()?;
        given += 1;
    }
    (text.split('.').count() <= 3).then_some((numbers, given))
}

#[cfg(test)]
mod tests {
    use super::allows;

    #[test]
    fn constraints_allow_what_the_language_allows() {
        assert_eq!(allows("~> 5.0", "5.9.1"), Some(true));
        assert_eq!(allows("~> 5.0", "6.0.0"), Some(false));
        assert_eq!(allows("~> 5.1.0", "5.2.0"), Some(false));
        assert_eq!(allows(">= 1.5, < 2.0", "1.9.0"), Some(true));
        assert_eq!(allows(">= 1.9", "1.5.7"), Some(false));
        assert_eq!(allows("1.x", "1.5.7"), None);
    }
}
