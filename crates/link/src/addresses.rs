//! Addresses of Services that say all of it, `name.namespace.svc`, wherever they stand: in settings of programs, in
//! values, in text inside manifests, in code.

use std::collections::HashSet;

use seaworthy_facts::{SourceKind, Span};

use crate::World;

/// An address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The Service's name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// The port, where it is said beside it.
    pub port: Option<i64>,
    /// All of it.
    pub span: Span,
}

/// Names that are the end of hosts of the world, whatever namespaces there are.
const WORLDLY: &[&str] = &[
    "com", "org", "net", "io", "dev", "app", "cloud", "local", "internal", "example", "test", "co",
    "ai", "sh", "xyz", "info", "svc",
];

/// Every address in the files. `namespaces` are those that are there: `name.namespace:port` is an address where the
/// second is one of them. Prose, comments and tests are left out, and so is what a template fills in part.
pub fn all(world: &World, namespaces: &[&str]) -> Vec<Address> {
    let mut found = Vec::new();
    let namespaces: HashSet<&str> = namespaces
        .iter()
        .filter(|name| !WORLDLY.contains(name))
        .copied()
        .collect();
    for source in world.sources.iter() {
        let path = source.file.path();
        if source.vendored
            || source.kind == SourceKind::Document
            || path.split('/').any(|part| {
                matches!(
                    part,
                    "test" | "tests" | "testdata" | "fixtures" | "node_modules"
                )
            })
        {
            continue;
        }
        let text = source.file.text();
        for (colon, _) in text.match_indices(':') {
            let start = start_of_label(text, colon);
            let namespace = &text[start..colon];
            if start > 0
                && text.as_bytes()[start - 1] == b'.'
                && namespaces.contains(namespace)
                && let Some((address, range)) = short(text, start - 1, colon + 1)
                && !in_comment(text, range.start)
            {
                found.push(Address {
                    namespace: namespace.to_owned(),
                    span: Span::new(source.file.id(), range),
                    ..address
                });
            }
        }
        for (at, _) in text.match_indices(".svc") {
            if let Some((address, range)) = read(text, at)
                && !in_comment(text, range.start)
            {
                found.push(Address {
                    span: Span::new(source.file.id(), range),
                    ..address
                });
            }
        }
    }
    found
}

/// Where the label of a host's name that ends here begins.
fn start_of_label(text: &str, end: usize) -> usize {
    let is_part = |byte: &u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    let label = text.as_bytes()[..end]
        .iter()
        .rev()
        .take_while(|byte| is_part(byte));
    end - label.count()
}

/// The address around `.svc`, if all of it is written.
fn read(text: &str, at: usize) -> Option<(Address, std::ops::Range<usize>)> {
    let bytes = text.as_bytes();
    let space = start_of_label(text, at);
    if space == at || space == 0 || bytes[space - 1] != b'.' {
        return None;
    }
    let start = start_of_label(text, space - 1);
    if start == space - 1 {
        return None;
    }
    // What is in front may be filled in, or more of the name; the name of a pod may stand before its Service's.
    if start > 0
        && (matches!(
            bytes[start - 1],
            b'}' | b')' | b'>' | b'$' | b'%' | b'*' | b'_' | b'.'
        ) || bytes[start - 1].is_ascii_uppercase())
    {
        return None;
    }
    let mut end = at + ".svc".len();
    if text[end..].starts_with(".cluster.local") {
        end += ".cluster.local".len();
    }
    if bytes.get(end).is_some_and(|byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'{' | b'$')
    }) && bytes.get(end) != Some(&b'.')
    {
        return None;
    }
    let mut port = None;
    if bytes.get(end) == Some(&b':') {
        let digits: String = text[end + 1..]
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        if let Ok(number) = digits.parse::<u16>() {
            port = Some(i64::from(number));
            end += 1 + digits.len();
        }
    } else if let Some(scheme) = text[..start].strip_suffix("://") {
        // `https://name.namespace.svc/path` has the port of its scheme.
        port = if scheme.ends_with("https") {
            Some(443)
        } else {
            scheme.ends_with("http").then_some(80)
        };
    }
    Some((
        Address {
            name: text[start..space - 1].to_owned(),
            namespace: text[space..at].to_owned(),
            port,
            span: Span::new(seaworthy_facts::FileId(0), start..end),
        },
        start..end,
    ))
}

/// `name.namespace:port`, of which the namespace's dot and what follows its colon are known.
fn short(text: &str, dot: usize, after: usize) -> Option<(Address, std::ops::Range<usize>)> {
    let bytes = text.as_bytes();
    let digits: String = text[after..]
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    let port = digits.parse::<u16>().ok()?;
    let start = start_of_label(text, dot);
    let before = start.checked_sub(1).map(|at| bytes[at]);
    let fits = start < dot
        && bytes[start].is_ascii_alphabetic()
        && before.is_none_or(|byte| {
            matches!(
                byte,
                b' ' | b'"' | b'\'' | b'/' | b'=' | b',' | b'@' | b'\n'
            )
        });
    fits.then(|| {
        let range = start..after + digits.len();
        let address = Address {
            name: text[start..dot].to_owned(),
            namespace: String::new(),
            port: Some(i64::from(port)),
            span: Span::new(seaworthy_facts::FileId(0), range.clone()),
        };
        (address, range)
    })
}

fn in_comment(text: &str, at: usize) -> bool {
    let line = text[..at]
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .trim_start();
    line.starts_with('#') || line.starts_with("//") || line.starts_with('*') || line.contains(" # ")
}

#[cfg(test)]
mod tests {
    use super::read;

    fn of(text: &str) -> Option<(String, String, Option<i64>)> {
        let at = text.find(".svc").expect("it is there");
        read(text, at).map(|(address, _)| (address.name, address.namespace, address.port))
    }

    #[test]
    fn whole_addresses_are_read() {
        let of_three =
            |name: &str, space: &str, port| Some((name.to_owned(), space.to_owned(), port));
        assert_eq!(
            of("host: redis.orders.svc.cluster.local:6379"),
            of_three("redis", "orders", Some(6379))
        );
        assert_eq!(
            of("http://api.shop.svc/v1"),
            of_three("api", "shop", Some(80))
        );
        assert_eq!(of("Host loki.logs.svc\n"), of_three("loki", "logs", None));
        assert_eq!(of("http://{{ .name }}.shop.svc"), None);
        assert_eq!(of("http://${HOST}-x.shop.svc"), None);
        assert_eq!(of("ns.svc"), None);
    }
}
