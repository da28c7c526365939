//! Hosts and ports in values: urls, `host:port`, and bare hosts where a variable's name says that it is one.

use seaworthy_facts::{Text, Value};

/// A host with its port, where there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Peer {
    pub host: String,
    pub port: Option<i64>,
}

/// The peer that a variable's value names, if all of the host is known.
pub(super) fn peer(variable: &str, value: &Value) -> Option<Peer> {
    let text = value.text()?;
    let shown = known(&text)?;
    if let Some((scheme, rest)) = shown.split_once("://") {
        // `jdbc:postgresql://…` and the like are urls, too.
        let plain = scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'+' | b'.' | b'-'));
        if !plain || scheme.is_empty() {
            return None;
        }
        let authority = rest.split(['/', '?', '#', ',']).next()?;
        let address = authority
            .rsplit_once('@')
            .map_or(authority, |(_, address)| address);
        return of_address(address, default_port(scheme));
    }
    let name = variable.to_ascii_uppercase();
    let says_host = [
        "HOST",
        "_ADDR",
        "_ADDRESS",
        "_ENDPOINT",
        "_URL",
        "_SERVER",
        "_SERVICE",
        "_BROKERS",
        "HOSTNAME",
    ]
    .iter()
    .any(|end| name.ends_with(end));
    if !says_host || shown.contains(['/', ' ', ',', '@', '=']) {
        return None;
    }
    of_address(&shown, None)
}

/// The text, where all of it is known, or everything after the host is not.
fn known(text: &Text) -> Option<String> {
    if let Some(text) = text.literal() {
        return Some(text.trim().to_owned());
    }
    // Credentials in front of the host may be anything.
    let mut shown = String::new();
    for part in text.parts() {
        match part {
            seaworthy_facts::Part::Literal(text) => shown.push_str(text),
            seaworthy_facts::Part::Hole(_) => shown.push('\u{0}'),
        }
    }
    let (scheme, rest) = shown.split_once("://")?;
    let authority = rest.split(['/', '?']).next()?;
    let host = authority.rsplit_once('@').map(|(_, host)| host)?;
    (!scheme.contains('\u{0}') && !host.contains('\u{0}')).then(|| shown.replace('\u{0}', "x"))
}

fn of_address(address: &str, default: Option<i64>) -> Option<Peer> {
    let (host, port) = match address.split_once(':') {
        Some((host, port)) => (host, Some(port.parse::<u16>().ok()?)),
        None => (address, None),
    };
    // Names of the world are lower case; `FRONTEND_ADDRESS` is to be filled in.
    let is_name = !host.is_empty()
        && !host.bytes().any(|byte| byte.is_ascii_uppercase())
        && host.len() < 200
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
        && host
            .bytes()
            .any(|byte| byte.is_ascii_alphabetic() || host.starts_with("127."));
    is_name.then(|| Peer {
        host: host.to_owned(),
        port: port.map(i64::from).or(default),
    })
}

fn default_port(scheme: &str) -> Option<i64> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use seaworthy_facts::{FileId, Span};

    fn of(variable: &str, text: &str) -> Option<(String, Option<i64>)> {
        let value = Value::string(text, Span::new(FileId(0), 0..1));
        peer(variable, &value).map(|peer| (peer.host, peer.port))
    }

    #[test]
    fn hosts_are_read_where_they_are_hosts() {
        assert_eq!(
            of("X", "http://api:8080/v1"),
            Some(("api".to_owned(), Some(8080)))
        );
        assert_eq!(of("X", "http://api"), Some(("api".to_owned(), Some(80))));
        assert_eq!(
            of("X", "postgres://u:p@db.shop.svc:5432/x"),
            Some(("db.shop.svc".to_owned(), Some(5432)))
        );
        assert_eq!(of("DB_HOST", "db"), Some(("db".to_owned(), None)));
        assert_eq!(
            of("REDIS_ADDR", "redis:6379"),
            Some(("redis".to_owned(), Some(6379)))
        );
        assert_eq!(of("MODE", "db"), None);
        assert_eq!(of("GREETING_URL", "a, b"), None);
        assert_eq!(of("BIND_HOST", "0.0.0.0"), None);
        assert_eq!(of("HOST", "FRONTEND_ADDRESS"), None);
    }
}
