//! Which program of these files runs in an image.

use std::collections::HashMap;

use seaworthy_facts::code::Program;
use seaworthy_facts::delivery::{Dockerfile, What};
use seaworthy_facts::{Facts, ImageReference, Same, Sources, Value, file_name, join};

use crate::{World, collections, environment};

/// Every image that is built, by the name of its repository.
#[derive(Debug, Default)]
pub(crate) struct Builds {
    all: Vec<Build>,
    by_repository: HashMap<String, Vec<usize>>,
    /// Those whose repository is not wholly known.
    others: Vec<usize>,
}

/// A name that an image is built under.
#[derive(Debug)]
struct Build {
    name: ImageReference,
    folders: Vec<String>,
}

impl Builds {
    /// Looks for them once, so that every question about an image is a look-up.
    pub(crate) fn read(sources: &Sources, facts: &Facts) -> Self {
        let mut builds = Self::default();
        for (_, deed) in facts.delivery.deeds() {
            if let What::BuildImage {
                tags,
                context: Some(context),
                ..
            } = &deed.what
            {
                let Some(folder) = deed.folder.literal() else {
                    continue;
                };
                for tag in tags {
                    builds.add(tag, folder, context);
                }
            }
        }
        for build in &facts.delivery.builds {
            let folder = sources.folder(build.span.file);
            builds.add(&build.image, folder, &build.context);
        }
        for compose in &facts.delivery.compose {
            for service in &compose.services {
                let context = service.body.get("build");
                let context = context.and_then(|build| build.get("context").or(Some(build)));
                if let (Some(image), Some(context)) = (service.body.get("image"), context) {
                    builds.add(image, sources.folder(compose.file), context);
                }
            }
        }
        builds
    }

    fn add(&mut self, name: &Value, folder: &str, context: &Value) {
        let Some(name) = name.text().map(|name| ImageReference::parse(&name)) else {
            return;
        };
        let folders: Vec<String> = context
            .text()
            .map(|text| text.expanded())
            .iter()
            .flatten()
            .filter_map(|text| text.literal())
            .map(|context| join(folder, context))
            .collect();
        let at = self.all.len();
        match name.repository.literal() {
            Some(repository) => self
                .by_repository
                .entry(repository.to_owned())
                .or_default()
                .push(at),
            None => self.others.push(at),
        }
        self.all.push(Build { name, folders });
    }

    /// Those that can be of this name.
    fn of<'a>(&'a self, wanted: &ImageReference) -> Box<dyn Iterator<Item = &'a Build> + 'a> {
        match wanted.repository.literal() {
            Some(repository) => Box::new(
                self.by_repository
                    .get(repository)
                    .into_iter()
                    .flatten()
                    .chain(&self.others)
                    .map(|at| &self.all[*at]),
            ),
            None => Box::new(self.all.iter()),
        }
    }
}

/// The folders from which an image of this name is built here. Empty where none is, or where that is not sure.
pub fn contexts(world: &World, image: &Value) -> Vec<String> {
    let Some(text) = image.text() else {
        return Vec::new();
    };
    let wanted = ImageReference::parse(&text);
    let mut sure = Vec::new();
    let mut possible = Vec::new();
    for build in world.builds().of(&wanted) {
        match build.name.same_repository(&wanted) {
            Same::Always => sure.extend(build.folders.iter().cloned()),
            Same::Maybe if says_name(&build.name, &wanted) => {
                possible.extend(build.folders.iter().cloned());
            }
            Same::Never | Same::Maybe => {}
        }
    }
    let mut found = if sure.is_empty() { possible } else { sure };
    let own = world.sources.path(image.span.file);
    found.retain(|folder| !collections::apart(world, folder, own));
    found.sort();
    found.dedup();
    if found.len() > 1
        && let Some(name) = wanted.repository.literal()
    {
        // One step builds several: the folder that is called like the image.
        let last = file_name(name).to_owned();
        let called: Vec<String> = found
            .iter()
            .filter(|folder| file_name(folder) == last)
            .cloned()
            .collect();
        return if called.len() == 1 {
            called
        } else {
            Vec::new()
        };
    }
    found
}

/// Whether a name with holes says enough to be this one: its last part is known and the same, or is one of few.
fn says_name(built: &ImageReference, wanted: &ImageReference) -> bool {
    let last = |reference: &ImageReference| match reference.repository.rsplit_once('/') {
        Some((_, last)) => last,
        None => reference.repository.clone(),
    };
    let (built, wanted) = (last(built), last(wanted));
    let few = built.holes().all(|hole| !hole.choices.is_empty());
    few && built.same(&wanted) != Same::Never && wanted.literal().is_some()
}

/// The program that runs in an image, where that is sure: the one in the folder that the image is built from, or, if
/// no build is in sight, the only one whose folder is called like the image.
pub fn program<'a>(world: &'a World, image: &Value) -> Option<&'a Program> {
    let programs = &world.facts.code.programs;
    let contexts = contexts(world, image);
    if let [context] = contexts.as_slice() {
        let own = programs.iter().find(|program| *program.folder == **context);
        return own.or_else(|| {
            let mut below = programs
                .iter()
                .filter(|program| seaworthy_facts::is_under(&program.folder, context));
            match (below.next(), below.next()) {
                (Some(first), None) => Some(first),
                (None, _) => None,
                // All is built from above: the folder that is called like the image, or speaks of its environment.
                (Some(_), Some(_)) => {
                    let name = called(image)?;
                    let mut like = programs.iter().filter(|program| {
                        seaworthy_facts::is_under(&program.folder, context)
                            && file_name(&program.folder) == name
                    });
                    match (like.next(), like.next()) {
                        (Some(first), None) => Some(first),
                        (Some(_), Some(_)) => None,
                        (None, _) => of_environment(world, &name),
                    }
                }
            }
        });
    }
    if !contexts.is_empty() {
        return None;
    }
    let name = called(image)?;
    let mut like = programs
        .iter()
        .filter(|program| file_name(&program.folder) == name);
    match (like.next(), like.next()) {
        (Some(first), None) => Some(first),
        (Some(_), Some(_)) => None,
        (None, _) => of_environment(world, &name),
    }
}

/// Of programs that are kept once for each environment: the one whose folder speaks of the image's environment and
/// shares its first word.
fn of_environment<'a>(world: &'a World, name: &str) -> Option<&'a Program> {
    let environment = environment::of_name(name)?;
    let first = name
        .split(['-', '_', '.'])
        .next()
        .filter(|word| word.len() > 3)?;
    let mut like = world.facts.code.programs.iter().filter(|program| {
        environment::of_name(&program.folder) == Some(environment)
            && program
                .folder
                .split(['/', '-', '_', '.'])
                .any(|word| word == first)
    });
    let one = like.next()?;
    like.next().is_none().then_some(one)
}

/// The Dockerfile that an image is built with, where that is sure.
pub fn dockerfile<'a>(world: &'a World, image: &Value) -> Option<&'a Dockerfile> {
    let files = &world.facts.delivery.dockerfiles;
    let contexts = contexts(world, image);
    let folder_of = |file: &Dockerfile| world.sources.folder(file.file).to_owned();
    let mut like: Vec<&Dockerfile> = match contexts.as_slice() {
        [context] => files
            .iter()
            .filter(|file| folder_of(file) == *context)
            .collect(),
        [] => {
            let name = called(image)?;
            files
                .iter()
                .filter(|file| file_name(&folder_of(file)) == name)
                .collect()
        }
        _ => return None,
    };
    let one = like.pop()?;
    like.is_empty().then_some(one)
}

/// Whether an image is the platform's own: built here, or from a registry that belongs to an account.
pub fn is_own(world: &World, image: &Value) -> bool {
    let Some(text) = image.text() else {
        return false;
    };
    let reference = ImageReference::parse(&text);
    let private = reference.registry.as_ref().is_some_and(|registry| {
        let end = registry.known_suffix();
        (end.ends_with(".amazonaws.com") && !registry.known_prefix().starts_with("602401143452"))
            || end.ends_with(".azurecr.io")
            || (end.ends_with("-docker.pkg.dev")
                && !reference.repository.known_prefix().starts_with("google-"))
    });
    private || !contexts(world, image).is_empty()
}

fn called(image: &Value) -> Option<String> {
    let reference = ImageReference::parse(&image.text()?);
    reference
        .repository
        .literal()
        .map(|name| file_name(name).to_owned())
}
