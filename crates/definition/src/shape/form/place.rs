//! Forms of what says where: hosts, paths, repositories, images, addresses.

use super::{Form, Problem, filled, form};

pub(crate) static HOST: Form = form(
    "a host name such as `counter.example.com`",
    &["counter.example.com"],
    r"^(\*\.)?([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)*[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$",
    host,
);
pub(crate) static URL_PATH: Form = form(
    "a path such as `/readiness`",
    &["/"],
    r"^/[^\s?#]*$",
    |text| {
        if let Some(at) = text.find(['?', '#']) {
            return Err(Problem::new(format!("`{text}` is more than a path"))
                .label("a path has no query and no fragment")
                .at(at..text.len()));
        }
        if text.contains("://") {
            return Err(
                Problem::new("a whole address stands where a path is expected")
                    .label("expected a path such as `/readiness`"),
            );
        }
        if text.contains(char::is_whitespace) {
            return Err(Problem::new("a path with a space in it").label("write a space as `%20`"));
        }
        if !text.starts_with('/') {
            return Err(
                Problem::new(format!("the path `{text}` does not start with `/`"))
                    .hint(format!("write `/{text}`"))
                    .replacement(format!("/{text}")),
            );
        }
        Ok(())
    },
);
pub(crate) static REPOSITORY: Form = form(
    "a repository such as `github.com/acme/counter`",
    &["github.com/acme/counter"],
    r"^[A-Za-z0-9.-]+(/[A-Za-z0-9._-]+){2,}$",
    repository,
);
pub(crate) static FILE_PATH: Form = form(
    "a path relative to the platform's folder",
    &["."],
    r"^[^/~].*$",
    |text| {
        if text.starts_with('/') || text.starts_with('~') || text.get(1..3) == Some(":\\") {
            return Err(Problem::new(format!("`{text}` is the path of one machine"))
                .label("expected a path relative to the platform's folder")
                .hint("the same definition is read on every machine: write the way from here, such as `../api`"));
        }
        filled(text)
    },
);
pub(crate) static IMAGE: Form = form(
    "an image such as `ghcr.io/acme/api@sha256:…`",
    &["ghcr.io/acme/api:1.2.3"],
    r"^[^\s]+$",
    |text| {
        if text.contains(char::is_whitespace) {
            return Err(Problem::new("an image's name has no spaces")
                .label("expected a reference such as `ghcr.io/acme/api:1.2.3`"));
        }
        if text.contains("://") {
            return Err(Problem::new("an image's name has no scheme")
                .label("expected a reference such as `ghcr.io/acme/api:1.2.3`"));
        }
        filled(text)
    },
);
pub(crate) static MAIL: Form = form(
    "a mail address such as `team@example.com`",
    &["team@example.com"],
    r"^[^\s@]+@[^\s@]+\.[^\s@]+$",
    |text| {
        let fits = text.split_once('@').is_some_and(|(user, host)| {
            !user.is_empty()
                && host.contains('.')
                && !host.contains('@')
                && !text.contains(char::is_whitespace)
                && !host.starts_with('.')
                && !host.ends_with('.')
        });
        if fits {
            Ok(())
        } else {
            Err(Problem::new(format!("`{text}` is not a mail address"))
                .label("expected one such as `team@example.com`"))
        }
    },
);

fn host(text: &str) -> Result<(), Problem> {
    if let Some((scheme, rest)) = text.split_once("://") {
        let rest = rest.split(['/', ':']).next().unwrap_or_default();
        return Err(Problem::new("a host has no scheme")
            .label(format!("`{scheme}://` does not belong here"))
            .hint(format!("write `{rest}`"))
            .replacement(rest));
    }
    if let Some((host, path)) = text.split_once('/') {
        return Err(Problem::new("a path stands in the host")
            .label(format!("`/{path}` does not belong here"))
            .hint(format!("write `route: {{ host: {host}, path: /{path} }}`")));
    }
    if let Some((host, port)) = text.split_once(':') {
        return Err(Problem::new("a port stands in the host")
            .label(format!("`:{port}` does not belong here"))
            .hint(format!(
                "write `{host}`: public routes answer on 443 and 80"
            ))
            .replacement(host));
    }
    if text.bytes().any(|b| b.is_ascii_uppercase()) {
        let lower = text.to_ascii_lowercase();
        return Err(
            Problem::new(format!("the host `{text}` has upper case letters"))
                .hint(format!("write `{lower}`"))
                .replacement(lower),
        );
    }
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let bare = text.strip_prefix("*.").unwrap_or(text);
    if text.len() <= 253 && bare.split('.').all(label) {
        Ok(())
    } else {
        Err(Problem::new(format!("`{text}` is not a host name"))
            .label("expected letters, digits, `-` and dots, such as `counter.example.com`"))
    }
}

fn repository(text: &str) -> Result<(), Problem> {
    let bare = text
        .trim_start_matches("https://")
        .trim_start_matches("ssh://")
        .trim_start_matches("git@")
        .replacen("github.com:", "github.com/", 1);
    let bare = bare
        .strip_suffix(".git")
        .unwrap_or(&bare)
        .trim_end_matches('/');
    let parts: Vec<&str> = bare.split('/').collect();
    let part = |p: &&str| {
        !p.is_empty()
            && p.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    if parts.len() < 3 || !parts.iter().all(part) || !parts[0].contains('.') {
        let problem = Problem::new(format!("`{text}` is not a repository"))
            .label("expected host, owner and name, such as `github.com/acme/counter`");
        return Err(if parts.len() == 2 && parts.iter().all(part) {
            problem.hint(format!("write `github.com/{bare}`"))
        } else {
            problem
        });
    }
    if bare != text {
        return Err(Problem::new(format!("`{text}` is the address of a clone"))
            .label("expected host, owner and name only")
            .hint(format!("write `{bare}`"))
            .replacement(bare));
    }
    Ok(())
}
