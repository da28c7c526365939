//! Which pool answers a request: rules by host and path, as a Gateway API
//! `HTTPRoute` has them.
//!
//! A table is immutable; a listener swaps one for another between two requests.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
    time::Duration,
};

use crate::pool::Pool;

/// How long the gateway waits for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For the replica to accept a connection.
    pub connect: Duration,
    /// From the end of the request to the head of the answer.
    pub response: Duration,
    /// For the next piece of a body that has begun, in either direction.
    pub idle: Duration,
}

impl Timeouts {
    /// For calls from one service to another, which no load balancer limits: a day.
    pub fn between_services() -> Self {
        Self {
            response: Duration::from_hours(24),
            idle: Duration::from_hours(24),
            ..Self::default()
        }
    }
}

impl Default for Timeouts {
    /// 5 s to connect, 60 s to answer, 5 min between two pieces of a body.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            response: Duration::from_mins(1),
            idle: Duration::from_mins(5),
        }
    }
}

/// One rule: the requests it takes and the pool they go to.
#[derive(Debug, Clone)]
pub struct Route {
    host: Option<String>,
    path: PathMatch,
    pool: Arc<Pool>,
    timeouts: Timeouts,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum PathMatch {
    Exact(String),
    /// Without a trailing slash; the empty prefix matches everything.
    Prefix(String),
}

impl Route {
    /// A rule that sends every request of every host to `pool`; narrow it with the rest.
    pub fn to(pool: &Arc<Pool>) -> Self {
        Self {
            host: None,
            path: PathMatch::Prefix(String::new()),
            pool: Arc::clone(pool),
            timeouts: Timeouts::default(),
        }
    }

    /// Only requests for this host: a name, or `*.` and a name for whatever lies below it.
    #[must_use]
    pub fn host(mut self, host: &str) -> Self {
        self.host = Some(host.to_owned());
        self
    }

    /// Only requests for `prefix` and what lies below it: `/api` takes `/api` and `/api/x`, not `/apis`.
    #[must_use]
    pub fn path_prefix(mut self, prefix: &str) -> Self {
        self.path = PathMatch::Prefix(prefix.trim_end_matches('/').to_owned());
        self
    }

    /// Only requests for exactly this path.
    #[must_use]
    pub fn path_exact(mut self, path: &str) -> Self {
        self.path = PathMatch::Exact(path.to_owned());
        self
    }

    /// Other time limits than the defaults.
    #[must_use]
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }
}

/// Why a table cannot be built.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RouteError {
    /// Not a host name, nor `*.` and a host name.
    #[error(
        "`{0}` is not a host a route can have; write a name such as `app.example.com`, or `*.example.com`"
    )]
    Host(String),
    /// Does not begin with a slash.
    #[error("the path `{0}` of a route must begin with `/`")]
    Path(String),
    /// Two rules take the same requests.
    #[error("two routes take host `{host}` and path `{path}`; remove one")]
    Duplicate {
        /// Their host, `*` for any.
        host: String,
        /// Their path.
        path: String,
    },
}

/// All rules of a public listener.
#[derive(Debug, Default)]
pub struct RouteTable {
    exact: HashMap<Box<str>, Rules>,
    /// `.example.com` for `*.example.com`, longest first.
    wildcards: Vec<(Box<str>, Rules)>,
    any: Rules,
}

/// The rules of one host, most specific first.
type Rules = Vec<Rule>;

#[derive(Debug)]
struct Rule {
    path: PathMatch,
    destination: Arc<Destination>,
}

/// Where a request goes.
#[derive(Debug)]
pub(crate) struct Destination {
    pub(crate) pool: Arc<Pool>,
    pub(crate) timeouts: Timeouts,
}

impl RouteTable {
    /// A table in the making.
    pub fn builder() -> RouteTableBuilder {
        RouteTableBuilder::default()
    }

    /// The rule for a request. `host` may carry a port, any case and a last dot; `path` has no query.
    ///
    /// The most specific host wins (a name, then the longest wildcard, then any host), within
    /// it an exact path, then the longest prefix. A host whose rules do not take the path
    /// leaves it to less specific ones.
    pub(crate) fn find(&self, host: &str, path: &str) -> Option<&Arc<Destination>> {
        let host = normalize(host);
        self.find_by_name(&host, path)
            .or_else(|| {
                // `counter.example.com.localhost` reaches this machine from any browser
                // without an entry in a hosts file.
                let name = host.strip_suffix(".localhost")?;
                self.find_by_name(name, path)
            })
            .or_else(|| first_match(&self.any, path))
    }

    fn find_by_name(&self, host: &str, path: &str) -> Option<&Arc<Destination>> {
        let exact = self
            .exact
            .get(host)
            .and_then(|rules| first_match(rules, path));
        exact.or_else(|| {
            self.wildcards
                .iter()
                .filter(|(suffix, _)| host.len() > suffix.len() && host.ends_with(&**suffix))
                .find_map(|(_, rules)| first_match(rules, path))
        })
    }

    /// What the table knows, for the page that says that nothing matched.
    pub(crate) fn known(&self) -> Vec<String> {
        let named = self
            .exact
            .iter()
            .map(|(host, rules)| (host.to_string(), rules));
        let below = self
            .wildcards
            .iter()
            .map(|(s, rules)| (format!("*{s}"), rules));
        let any = std::iter::once(("*".to_owned(), &self.any));
        let mut known: Vec<_> = named
            .chain(below)
            .chain(any)
            .flat_map(|(host, rules)| {
                rules
                    .iter()
                    .map(move |rule| format!("{host}{}", rule.path.shown()))
            })
            .collect();
        known.sort();
        known
    }
}

fn first_match<'a>(rules: &'a Rules, path: &str) -> Option<&'a Arc<Destination>> {
    rules
        .iter()
        .find(|rule| rule.path.matches(path))
        .map(|rule| &rule.destination)
}

impl PathMatch {
    fn matches(&self, path: &str) -> bool {
        match self {
            Self::Exact(exact) => path == exact,
            Self::Prefix(prefix) => path
                .strip_prefix(prefix.as_str())
                .is_some_and(|rest| prefix.is_empty() || rest.is_empty() || rest.starts_with('/')),
        }
    }

    /// Smaller is more specific.
    fn rank(&self) -> (bool, std::cmp::Reverse<usize>) {
        match self {
            Self::Exact(path) => (false, std::cmp::Reverse(path.len())),
            Self::Prefix(path) => (true, std::cmp::Reverse(path.len())),
        }
    }

    fn shown(&self) -> String {
        match self {
            Self::Exact(path) => path.clone(),
            Self::Prefix(path) => format!("{path}/"),
        }
    }
}

/// Collects rules.
#[derive(Debug, Default)]
pub struct RouteTableBuilder {
    routes: Vec<Route>,
}

impl RouteTableBuilder {
    /// Adds a rule; the order in which rules are added does not matter.
    #[must_use]
    pub fn route(mut self, route: Route) -> Self {
        self.routes.push(route);
        self
    }

    /// Checks the rules and builds the table.
    pub fn build(self) -> Result<RouteTable, RouteError> {
        let mut hosts: HashMap<Box<str>, Rules> = HashMap::new();
        let mut any = Rules::new();
        for route in self.routes {
            if let PathMatch::Exact(path) | PathMatch::Prefix(path) = &route.path
                && !path.starts_with('/')
                && !(path.is_empty() && matches!(route.path, PathMatch::Prefix(_)))
            {
                return Err(RouteError::Path(path.clone()));
            }
            let rules = match &route.host {
                None => &mut any,
                Some(host) => match hosts.entry(checked_host(host)?) {
                    Entry::Occupied(entry) => entry.into_mut(),
                    Entry::Vacant(entry) => entry.insert(Rules::new()),
                },
            };
            if rules.iter().any(|rule| rule.path == route.path) {
                return Err(RouteError::Duplicate {
                    host: route.host.unwrap_or_else(|| "*".to_owned()),
                    path: route.path.shown(),
                });
            }
            rules.push(Rule {
                path: route.path,
                destination: Arc::new(Destination {
                    pool: route.pool,
                    timeouts: route.timeouts,
                }),
            });
        }
        let mut table = RouteTable {
            any,
            ..RouteTable::default()
        };
        for (host, rules) in hosts {
            match host.strip_prefix('*') {
                Some(suffix) => table.wildcards.push((suffix.into(), rules)),
                None => {
                    table.exact.insert(host, rules);
                }
            }
        }
        table
            .wildcards
            .sort_by_key(|(suffix, _)| std::cmp::Reverse(suffix.len()));
        let named = table.exact.values_mut();
        let below = table.wildcards.iter_mut().map(|(_, rules)| rules);
        for rules in named.chain(below).chain([&mut table.any]) {
            rules.sort_by_key(|rule| rule.path.rank());
        }
        Ok(table)
    }
}

fn checked_host(host: &str) -> Result<Box<str>, RouteError> {
    let refused = || RouteError::Host(host.to_owned());
    let lower = host.trim_end_matches('.').to_ascii_lowercase();
    if lower.parse::<std::net::Ipv4Addr>().is_ok() || is_bracketed_ipv6(&lower) {
        return Ok(lower.into());
    }
    let name = lower.strip_prefix("*.").unwrap_or(&lower);
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    if name.len() > 253 || !name.split('.').all(is_label) {
        return Err(refused());
    }
    Ok(lower.into())
}

fn is_bracketed_ipv6(host: &str) -> bool {
    host.strip_prefix('[')
        .and_then(|h| h.strip_suffix(']'))
        .is_some_and(|h| h.parse::<std::net::Ipv6Addr>().is_ok())
}

/// The host without port and last dot, in lower case.
fn normalize(host: &str) -> String {
    let without_port = if host.starts_with('[') {
        host.find(']').map_or(host, |end| &host[..=end])
    } else {
        host.split_once(':').map_or(host, |(name, _)| name)
    };
    without_port.trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests;
