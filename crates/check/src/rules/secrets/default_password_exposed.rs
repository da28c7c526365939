//! A page with a login whose password everybody knows: the chart's own default, or one that is tried first. Reported
//! where the internet reaches the page, and where such a password is written out.

use std::collections::HashSet;

use seaworthy_facts::kubernetes::{Cluster, Origin, Release};
use seaworthy_facts::{Span, Value};
use seaworthy_knowledge::logins::Login;
use seaworthy_link::exposure::{self, Audience, Entry};
use seaworthy_link::{World, environment};

use crate::{Confidence, Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "default-password-exposed",
    severity: Severity::Insecure,
    page: include_str!("default-password-exposed.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let entries = exposure::entries(world);
    let mut of_releases: Vec<Finding> = Vec::new();
    for cluster in &world.facts.kubernetes.clusters {
        for release in &cluster.releases {
            of_releases.extend(of_release(world, cluster, release, &entries));
        }
    }
    // One release may be in sight of several clusters, and of the way in only in one.
    let shown: HashSet<_> = of_releases
        .iter()
        .filter(|finding| finding.diagnostic.labels.len() > 1)
        .filter_map(|finding| finding.diagnostic.place())
        .collect();
    of_releases.retain(|finding| {
        finding.diagnostic.labels.len() > 1
            || finding
                .diagnostic
                .place()
                .is_none_or(|place| !shown.contains(&place))
    });
    findings.append(&mut of_releases);
    of_images(world, &entries, findings);
}

/// The password of a page, and where it comes from.
struct Password {
    text: String,
    span: Span,
    by_default: bool,
    /// The version that is installed gives this default; else it may be newer.
    sure: bool,
}

/// What lets the internet in.
struct Way {
    span: Span,
    says: String,
    assumed: Option<String>,
}

fn of_release(
    world: &World,
    cluster: &Cluster,
    release: &Release,
    entries: &[Entry<'_>],
) -> Option<Finding> {
    let login = world.knowledge.login(release.chart.str()?)?;
    let password = password(world, release, login)?;
    let way =
        by_values(cluster, release, login).or_else(|| by_entry(cluster, release, login, entries));
    let name = release
        .name
        .text()
        .map(|name| name.to_string())
        .unwrap_or_default();
    let page = &login.page;
    let finding = match way {
        Some(way) => {
            let finding = Finding::new(format!(
                "the internet reaches {page} of `{name}`, whose administrator's password is {}",
                if password.by_default {
                    "the chart's default".to_owned()
                } else {
                    format!("`{}`", password.text)
                }
            ))
            .at(
                password.span,
                if password.by_default {
                    format!("no `{}`: everybody knows the default", login.password)
                } else {
                    "one of the first that everybody tries".to_owned()
                },
            )
            .and(way.span, way.says);
            match way.assumed {
                Some(assumed) => finding.assume(assumed),
                None => finding,
            }
        }
        // Without a way in from outside only a password that somebody wrote is told, and not for trying things out.
        None if password.by_default || is_for_trying(cluster) => return None,
        None => Finding::new(format!(
            "the administrator's password of {page} in `{name}` is `{}`: whoever reaches it in the network is its administrator",
            password.text
        ))
        .at(password.span, "one of the first that everybody tries, and committed"),
    };
    let finding = finding
        .hint(format!(
            "take the password from a Secret: `{}`",
            login.instead[0]
        ))
        .about([name, page.clone()]);
    let finding = match (login.until, password.sure) {
        (Some(until), false) => finding
            .note(format!(
                "no version of the chart is pinned: what was installed before {until}.0.0 keeps the default, also when it is upgraded"
            ))
            .confidence(Confidence::Possible),
        _ => finding,
    };
    Some(if password.by_default {
        finding.assume(format!(
            "chart `{}` gives {page} the same password everywhere unless told otherwise (table of {})",
            login.chart,
            world.knowledge.logins_read()
        ))
    } else {
        finding
    })
}

fn password(world: &World, release: &Release, login: &Login) -> Option<Password> {
    let values = &release.values;
    let off = |path: &str| values.at(path).and_then(Value::bool) == Some(false);
    if values.is_unknown()
        || (!login.part.is_empty() && off(&format!("{}.enabled", login.part)))
        || login.instead.iter().any(|path| values.at(path).is_some())
    {
        return None;
    }
    if let Some(value) = values.at(&login.password) {
        let text = value.str().filter(|text| !text.is_empty())?;
        let known = world.knowledge.is_guessed(text) || login.default.as_deref() == Some(text);
        return known.then(|| Password {
            text: text.to_owned(),
            span: value.span,
            by_default: false,
            sure: true,
        });
    }
    let part = login.password.split('.').next().unwrap_or_default();
    let span = values
        .map()
        .and_then(|values| values.entry(part))
        .map_or(release.span, |entry| entry.key_span);
    let sure = match login.until {
        None => true,
        Some(until) => match major(release) {
            Some(major) if major >= until => return None,
            major => major.is_some(),
        },
    };
    Some(Password {
        text: login.default.clone()?,
        span,
        by_default: true,
        sure,
    })
}

/// The major version of a release, where one is pinned.
fn major(release: &Release) -> Option<u64> {
    let version = release.version.as_ref()?.scalar()?;
    let mut parts = version.trim_start_matches(['v', '^', '~', '=']).split('.');
    parts.next()?.parse().ok()
}

/// An Ingress or a load balancer of its own that leads to the page.
fn by_entry(
    cluster: &Cluster,
    release: &Release,
    login: &Login,
    entries: &[Entry<'_>],
) -> Option<Way> {
    let service = login.service(release.name.str()?);
    let namespace = release.namespace.as_ref().and_then(Value::text);
    entries
        .iter()
        .filter(|entry| std::ptr::eq(entry.cluster, cluster))
        .filter(|entry| entry.object.is_in(namespace.as_ref()))
        .find_map(|entry| {
            let Audience::Public { assumed, span, .. } = &entry.audience else {
                return None;
            };
            let backend = entry
                .backends
                .iter()
                .find(|backend| backend.name.literal() == Some(&service))?;
            Some(Way {
                // What a chart's summary makes has no text of its own: the setting that opens it has.
                span: if matches!(entry.object.origin, Origin::Summary { .. }) {
                    *span
                } else {
                    backend.span
                },
                says: "the internet reaches it here".to_owned(),
                assumed: assumed.as_deref().map(str::to_owned),
            })
        })
}

/// The chart's own Ingress or Service, by its values.
fn by_values(cluster: &Cluster, release: &Release, login: &Login) -> Option<Way> {
    let values = &release.values;
    if let Some(ingress) = values.at(&login.ingress)
        && let Some(enabled) = ingress.get("enabled")
        && enabled.bool() == Some(true)
    {
        let class = ingress
            .get("ingressClassName")
            .or_else(|| ingress.get("className"));
        let annotations = ingress.get("annotations");
        if let Audience::Public {
            span,
            says,
            assumed,
        } = exposure::audience(cluster, class, annotations, enabled.span)
        {
            return Some(Way {
                span,
                says: format!("the internet reaches it here: {says}"),
                assumed: assumed.map(String::from),
            });
        }
    }
    let service = values.at(&login.exposed)?;
    let kind = service.get("type")?;
    if !matches!(kind.str(), Some("LoadBalancer" | "loadBalancer")) {
        return None;
    }
    match exposure::balancer_audience(cluster, kind, service.get("annotations")) {
        Audience::Public { span, .. } => Some(Way {
            span,
            says: "the internet reaches it here".to_owned(),
            assumed: None,
        }),
        _ => None,
    }
}

/// Workloads that are told the password of their page in a variable.
fn of_images(world: &World, entries: &[Entry<'_>], findings: &mut Vec<Finding>) {
    for entry in entries {
        let Audience::Public {
            span,
            says,
            assumed,
        } = &entry.audience
        else {
            continue;
        };
        for (_, workload) in entry.workloads() {
            let Some(pods) = workload.pods() else {
                continue;
            };
            let variables = pods
                .containers()
                .filter_map(|container| container.get("env"))
                .flat_map(Value::items);
            for variable in variables {
                let name = variable
                    .get("name")
                    .and_then(Value::str)
                    .unwrap_or_default();
                let Some(value) = variable.get("value") else {
                    continue;
                };
                let guessed = value
                    .scalar()
                    .is_some_and(|text| world.knowledge.is_guessed(&text));
                if !guessed || !world.knowledge.is_login_variable(name) {
                    continue;
                }
                let workload = workload.name().unwrap_or_default();
                let finding = Finding::new(format!(
                    "the internet reaches `{workload}`, whose `{name}` is one of the first that everybody tries"
                ))
                .at(value.span, "everybody tries this one")
                .and(*span, format!("the internet reaches it here: {says}"))
                .about([workload.to_owned(), name.to_owned()]);
                findings.push(match assumed {
                    Some(assumed) => finding.assume(&**assumed),
                    None => finding,
                });
            }
        }
    }
}

fn is_for_trying(cluster: &Cluster) -> bool {
    let environment = cluster
        .environment
        .as_deref()
        .and_then(environment::of_name)
        .or_else(|| environment::of_name(&cluster.name));
    matches!(
        environment,
        Some("development" | "test" | "sandbox" | "preview")
    )
}
