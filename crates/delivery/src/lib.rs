//! What workflows, scripts, Dockerfiles and Compose files do.
//!
//! [`read()`] fills [`seaworthy_facts::delivery`]. Nothing is run: scripts are parsed and followed as far as their text
//! says, and what is not known is a hole.

mod builds;
mod ci;
mod compose;
mod deeds;
mod dockerfile;
mod documents;
mod files;
mod fragment;
mod github;
mod jenkins;
mod make;
mod scripts;
mod shell;
mod template;

use seaworthy_facts::{Facts, Sources};

/// Reads everything that delivers, and notes what could not be read or seen.
pub fn read(sources: &Sources, facts: &mut Facts) {
    let files = files::Files::new(sources);
    let shells = shell::Shells::new(&files);
    let delivery = &mut facts.delivery;
    delivery.scripts.extend(scripts::scripts(sources, &shells));
    delivery.scripts.extend(shells.makefiles().scripts(&shells));
    delivery
        .scripts
        .extend(documents::scripts(sources, &shells));
    github::read(&files, &shells, delivery, &mut facts.unseen);
    delivery.pipelines.extend(ci::pipelines(sources, &shells));
    delivery
        .pipelines
        .extend(jenkins::pipelines(sources, &shells));
    delivery
        .dockerfiles
        .extend(dockerfile::dockerfiles(sources));
    delivery.compose.extend(compose::projects(sources));
    delivery.builds.extend(builds::builds(sources));
}
