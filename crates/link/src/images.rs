//! Who pushes an image, and who pulls it.

use seaworthy_facts::delivery::{Deed, Doer, Trigger, What};
use seaworthy_facts::kubernetes::{Cluster, Object, Origin};
use seaworthy_facts::terraform::{Resource, Root};
use seaworthy_facts::{ImageReference, Same, Text, Unknown, Value};

use crate::World;

/// A push of one name.
#[derive(Debug, Clone)]
pub struct Push<'a> {
    /// Who pushes.
    pub doer: Doer<'a>,
    /// The push, or the build that pushes.
    pub deed: &'a Deed,
    /// The name, with its tag.
    pub image: &'a Value,
    /// The name, taken apart.
    pub reference: ImageReference,
}

/// An image that a workload pulls.
#[derive(Debug, Clone)]
pub struct Pulled<'a> {
    /// Where it goes.
    pub cluster: &'a Cluster,
    /// The workload.
    pub object: &'a Object,
    /// The container.
    pub container: &'a Value,
    /// The name, as it arrives.
    pub image: &'a Value,
    /// The name, taken apart.
    pub reference: ImageReference,
}

/// A repository of ECR that a configuration declares.
#[derive(Debug, Clone)]
pub struct Repository<'a> {
    /// The configuration.
    pub root: &'a Root,
    /// The resource.
    pub resource: &'a Resource,
    /// Its name.
    pub name: Text,
}

/// Where a part of a tag comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Branch {
    /// The name of a branch, as it is.
    Raw,
    /// The name of a branch after something that makes it fit for a tag.
    Slug,
}

/// Every push, in documents too.
pub fn pushes(world: &World) -> Vec<Push<'_>> {
    let mut pushes = Vec::new();
    for (doer, deed) in world.facts.delivery.deeds() {
        let images: Vec<&Value> = match &deed.what {
            What::PushImage { image } => vec![image],
            What::BuildImage {
                tags, push: true, ..
            } => tags.iter().collect(),
            _ => continue,
        };
        pushes.extend(images.into_iter().filter_map(|image| {
            Some(Push {
                doer,
                deed,
                image,
                reference: ImageReference::parse(&image.text()?),
            })
        }));
    }
    pushes
}

/// The images of every workload that has text of its own.
pub fn pulled(world: &World) -> Vec<Pulled<'_>> {
    let mut pulled = Vec::new();
    for cluster in &world.facts.kubernetes.clusters {
        for object in cluster.workloads() {
            if matches!(object.origin, Origin::Summary { .. }) {
                continue;
            }
            let Some(pods) = object.pods() else { continue };
            pulled.extend(pods.containers().filter_map(|container| {
                let image = container.get("image")?;
                Some(Pulled {
                    cluster,
                    object,
                    container,
                    image,
                    reference: ImageReference::parse(&image.text()?),
                })
            }));
        }
    }
    pulled
}

/// Whether a workload is only an example or a test: nothing applies it, and its folder says so.
pub fn is_sample(world: &World, object: &Object) -> bool {
    let path = world.sources.path(object.file);
    let folders = [
        "docs",
        "doc",
        "example",
        "examples",
        "sample",
        "samples",
        "test",
        "tests",
        "testdata",
        "e2e",
        "hack",
        "testing",
        "demo",
        "fixtures",
        "archive",
        ".archive",
        "_archived",
        "archived",
        "deprecated",
    ];
    let says = path.split('/').any(|part| folders.contains(&part));
    let deploys = object.applied_by.iter().any(|applied| {
        matches!(
            applied.means,
            seaworthy_facts::kubernetes::Means::Flux
                | seaworthy_facts::kubernetes::Means::Argo
                | seaworthy_facts::kubernetes::Means::Terraform
        )
    });
    let chart = matches!(object.origin, Origin::Chart { .. } | Origin::Embedded);
    (says || chart) && !deploys
}

/// Whether a build tool of this repository makes an image of this name and puts the tag in itself.
pub fn is_filled(world: &World, reference: &ImageReference) -> bool {
    let builds = world
        .facts
        .delivery
        .builds
        .iter()
        .filter_map(|build| build.image.text());
    reference.tag.is_none()
        && builds
            .map(|image| ImageReference::parse(&image))
            .any(|built| built.same_repository(reference) != Same::Never)
}

/// Every repository of ECR.
pub fn repositories(world: &World) -> Vec<Repository<'_>> {
    world
        .facts
        .terraform
        .resources("aws_ecr_repository")
        .filter_map(|(root, resource)| {
            Some(Repository {
                root,
                resource,
                name: resource.at("name")?.text()?,
            })
        })
        .collect()
}

/// The name without tag and digest.
fn name(reference: &ImageReference) -> Text {
    let mut text = Text::default();
    if let Some(registry) = &reference.registry {
        text.push(registry);
        text.push_str("/");
    }
    text.push(&reference.repository);
    text
}

/// Whether the end of a name is known, so that it can be told from others.
fn is_told(name: &Text) -> bool {
    name.expanded()
        .iter()
        .all(|name| !name.known_suffix().trim_matches('/').is_empty())
}

impl Push<'_> {
    /// Whether nothing tells which repository it goes to.
    pub fn is_unknown(&self) -> bool {
        !is_told(&name(&self.reference))
    }

    /// Whether it goes to the repository that another reference names; not where that is only a guess.
    pub fn goes_to(&self, other: &ImageReference) -> bool {
        let own = name(&self.reference);
        is_told(&own) && own.same(&name(other)) != Same::Never
    }

    /// Whether it goes to a repository of ECR.
    pub fn fills(&self, repository: &Repository<'_>) -> bool {
        is_told(&self.reference.repository)
            && self.reference.repository.same(&repository.name) != Same::Never
            && self.reference.registry.as_ref().is_some_and(|registry| {
                registry
                    .literal()
                    .is_none_or(|host| host.contains(".dkr.ecr."))
            })
    }

    /// Whether it can give a tag. A branch is not called like a release or `latest` unless somebody means harm.
    pub fn can_tag(&self, tag: &str) -> bool {
        let Some(own) = self.reference.pulled_tag() else {
            return false;
        };
        own.expanded().iter().any(|own| plausible(own, tag))
    }
}

/// Whether a text can be a tag, by what its hole stands for: a commit is no `latest`, and a branch is not called like a
/// release unless somebody means harm.
fn plausible(own: &Text, tag: &str) -> bool {
    if !own.can_be(tag) {
        return false;
    }
    let mut holes = own.holes();
    let (Some(hole), None) = (holes.next(), holes.next()) else {
        return true;
    };
    let middle = tag
        .strip_prefix(own.known_prefix())
        .and_then(|rest| rest.strip_suffix(own.known_suffix()))
        .unwrap_or(tag);
    let name = &*hole.name;
    if name == "release.tag_name" || name.contains("(tag)") || name.starts_with("version of") {
        return is_version(middle);
    }
    if name.contains("sha")
        || name.contains("SHA")
        || name.contains("git rev-parse") && !name.contains("abbrev-ref")
    {
        return middle.len() >= 7 && middle.chars().all(|c| c.is_ascii_hexdigit());
    }
    let numbers = [
        "run_id",
        "run_number",
        "BUILD_NUMBER",
        "BUILD_ID",
        "PIPELINE_IID",
        "PIPELINE_ID",
        "event.number",
    ];
    if numbers.iter().any(|number| name.contains(number)) {
        return !middle.is_empty() && middle.chars().all(|c| c.is_ascii_digit());
    }
    if branch(own).is_some() {
        return middle != "latest" && !is_version(middle);
    }
    true
}

/// Whether a tag looks like a release: `v1.4.0`.
pub fn is_version(tag: &str) -> bool {
    let tag = tag.trim_start_matches('v');
    tag.starts_with(|c: char| c.is_ascii_digit())
        && tag
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, '.' | '-' | '+'))
}

impl Pulled<'_> {
    /// Whether it is pulled from a repository of ECR.
    pub fn is_from(&self, repository: &Repository<'_>) -> bool {
        self.reference.ecr().is_some()
            && self.reference.repository.same(&repository.name) != Same::Never
            && is_told(&self.reference.repository)
    }
}

const BRANCHES: &[&str] = &[
    "github.head_ref",
    "github.ref_name",
    "github.event.pull_request.head.ref",
    "CI_COMMIT_REF_NAME",
    "CI_COMMIT_BRANCH",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
    "BRANCH_NAME",
    "env.BRANCH_NAME",
    "GIT_BRANCH",
    "env.GIT_BRANCH",
    "CIRCLE_BRANCH",
    "BITBUCKET_BRANCH",
    "DRONE_BRANCH",
    "TRAVIS_BRANCH",
    "BUILD_SOURCEBRANCHNAME",
];

/// Whether a text holds the name of a branch. `github.ref_name` where only pushes to given branches start the workflow
/// is known and no hole.
pub fn branch(text: &Text) -> Option<Branch> {
    let found: Vec<Branch> = text.holes().filter_map(|hole| of_hole(hole, 0)).collect();
    if found.contains(&Branch::Raw) {
        Some(Branch::Raw)
    } else {
        found.first().copied()
    }
}

fn of_hole(hole: &Unknown, depth: usize) -> Option<Branch> {
    if depth > 8 {
        return None;
    }
    if !hole.choices.is_empty() {
        let found: Vec<Branch> = hole
            .choices
            .iter()
            .flat_map(seaworthy_facts::Text::holes)
            .filter_map(|hole| of_hole(hole, depth + 1))
            .collect();
        return found
            .iter()
            .find(|branch| **branch == Branch::Raw)
            .or(found.first())
            .copied();
    }
    let name = &*hole.name;
    if BRANCHES.contains(&name)
        || name == "$(git rev-parse --abbrev-ref HEAD)"
        || name == "$(git branch --show-current)"
    {
        return Some(Branch::Raw);
    }
    let within = BRANCHES.iter().any(|branch| name.contains(branch));
    (within || name == "CI_COMMIT_REF_SLUG").then_some(Branch::Slug)
}

/// Whether a trigger starts for a branch that whoever can push, or open a pull request, has named.
pub fn any_branch(trigger: &Trigger) -> bool {
    match &*trigger.event {
        "pull_request" | "pull_request_target" => true,
        "push" => {
            let open = |pattern: &Value| {
                pattern.str().is_none_or(|pattern| {
                    pattern.starts_with('*') || pattern.contains("/**") || pattern.ends_with("/*")
                })
            };
            if trigger.branches.is_empty() {
                // With tags alone, branches do not start it.
                trigger.tags.is_empty()
            } else {
                trigger.branches.iter().any(open)
            }
        }
        _ => false,
    }
}
