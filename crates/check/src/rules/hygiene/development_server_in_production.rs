//! A server for development serves users.

use seaworthy_facts::Value;
use seaworthy_facts::kubernetes::Origin;
use seaworthy_link::World;
use seaworthy_link::built;
use seaworthy_link::containers::{Container, containers};

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "development-server-in-production",
    severity: Severity::Unreliable,
    page: include_str!("development-server-in-production.md"),
    check,
};

/// Words of a command in their order, and whose server it is.
const SERVERS: [(&[&str], &str); 11] = [
    (&["manage.py", "runserver"], "Django's"),
    (&["flask", "run"], "Flask's"),
    (&["npm", "run", "dev"], "the framework's"),
    (&["yarn", "dev"], "the framework's"),
    (&["pnpm", "dev"], "the framework's"),
    (&["next", "dev"], "Next's"),
    (&["ng", "serve"], "Angular's"),
    (&["artisan", "serve"], "Laravel's"),
    (&["webpack-dev-server"], "webpack's"),
    (&["uvicorn", "--reload"], "uvicorn's reloading"),
    (&["nodemon"], "nodemon's reloading"),
];

fn check(world: &World, findings: &mut Vec<Finding>) {
    for container in containers(world) {
        if matches!(container.workload.origin, Origin::Summary { .. })
            || !container.is_production(world)
        {
            continue;
        }
        let is_init = container
            .pods
            .spec
            .get("initContainers")
            .map_or(&[][..], Value::items)
            .iter()
            .any(|own| std::ptr::eq(own, container.body));
        if !is_init {
            findings.extend(one(world, &container));
        }
    }
}

fn one(world: &World, container: &Container<'_>) -> Option<Finding> {
    let own: Vec<&Value> = ["command", "args"]
        .iter()
        .filter_map(|key| container.body.get(key))
        .flat_map(Value::items)
        .collect();
    let name = container.workload.name.text()?.to_string();
    let finding = |whose: &str| {
        Finding::new(format!(
            "`{name}` serves users with {whose} development server, which is not made for it"
        ))
        .hint("run a server for production, such as gunicorn or the built application")
        .about([name.clone()])
    };
    if !own.is_empty() {
        let (whose, at) = server(&own)?;
        return Some(finding(whose).at(at.span, format!("{whose} development server")));
    }
    let image = container.image()?;
    let dockerfile = built::dockerfile(world, image)?;
    let stage = dockerfile.stages.last()?;
    let instruction = stage
        .instructions
        .iter()
        .rfind(|instruction| &*instruction.word == "CMD")
        .or_else(|| {
            stage
                .instructions
                .iter()
                .rfind(|instruction| &*instruction.word == "ENTRYPOINT")
        })?;
    let arguments: Vec<&Value> = instruction.arguments.iter().collect();
    let (whose, _) = server(&arguments)?;
    Some(
        finding(whose)
            .at(instruction.span, format!("{whose} development server"))
            .and(image.span, format!("`{name}` runs this image")),
    )
}

fn server<'a>(items: &[&'a Value]) -> Option<(&'static str, &'a Value)> {
    let mut words: Vec<(String, &Value)> = Vec::new();
    for item in items {
        let text = item.text()?.to_string();
        words.extend(
            text.split_whitespace()
                .map(|word| (word.rsplit('/').next().unwrap_or(word).to_owned(), *item)),
        );
    }
    SERVERS.iter().find_map(|(wanted, whose)| {
        let mut rest = words.iter();
        let mut last = None;
        for wanted in *wanted {
            last = Some(rest.by_ref().find(|(word, _)| word == wanted)?.1);
        }
        Some((*whose, last?))
    })
}
