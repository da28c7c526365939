//! Forms of texts: what they must look like, for the reader and for editors.
//!
//! Each form has a pattern for the JSON Schema and a check for the reader. The check is the judge: it may refuse what
//! the pattern lets pass (a time zone that does not exist), never the other way round; a test holds them together.

use std::ops::Range;

use crate::units;

/// A form of text.
#[derive(Debug)]
pub(crate) struct Form {
    /// What it is, in words for a message: ``a duration such as `30s` ``.
    pub(crate) what: &'static str,
    /// Some that fit, for editors.
    pub(crate) examples: &'static [&'static str],
    /// The pattern of the JSON Schema; empty: any text.
    pub(crate) pattern: &'static str,
    /// Whether a number without quotes is meant as its text.
    pub(crate) numbers: Numbers,
    /// Refuses what does not fit, with the reason.
    pub(crate) check: fn(&str) -> Result<(), Problem>,
    /// Where references may stand.
    pub(crate) references: References,
}

/// What a number without quotes means where text is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Numbers {
    /// Its text, as written.
    AsWritten,
    /// A quantity without its unit, which the check explains.
    WithoutUnit,
    /// A mistake: quotes are missing.
    Quote,
}

/// What `${name.attribute}` means in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum References {
    /// It is replaced.
    Replaced,
    /// It stays as it stands, for a shell perhaps; one that names something of the platform is a mistake.
    Literal,
    /// It cannot fit.
    Refused,
}

/// Why a text does not fit its form.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Problem {
    /// The headline.
    pub(crate) message: String,
    /// Words at the place.
    pub(crate) label: String,
    /// What to try.
    pub(crate) hint: Option<String>,
    /// What to write instead, where that is certain.
    pub(crate) replacement: Option<String>,
    /// The part of the text that is wrong; `None`: all of it.
    pub(crate) at: Option<Range<usize>>,
    /// A code of its own.
    pub(crate) code: Option<&'static str>,
}

impl Problem {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            ..Self::default()
        }
    }

    pub(crate) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(crate) fn replacement(mut self, replacement: impl Into<String>) -> Self {
        self.replacement = Some(replacement.into());
        self
    }

    pub(crate) fn at(mut self, at: Range<usize>) -> Self {
        self.at = Some(at);
        self
    }

    pub(crate) fn code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }
}

const fn form(
    what: &'static str,
    examples: &'static [&'static str],
    pattern: &'static str,
    check: fn(&str) -> Result<(), Problem>,
) -> Form {
    Form {
        what,
        examples,
        pattern,
        numbers: Numbers::Quote,
        check,
        references: References::Refused,
    }
}

impl Form {
    const fn quantity(mut self) -> Self {
        self.numbers = Numbers::WithoutUnit;
        self
    }

    const fn numbers(mut self) -> Self {
        self.numbers = Numbers::AsWritten;
        self
    }

    const fn references(mut self, references: References) -> Self {
        self.references = references;
        self
    }
}

fn any(_: &str) -> Result<(), Problem> {
    Ok(())
}

fn filled(text: &str) -> Result<(), Problem> {
    if text.trim().is_empty() {
        Err(Problem::new("an empty text").label("expected some text"))
    } else {
        Ok(())
    }
}

// Names

pub(crate) static PLATFORM_NAME: Form = form(
    "a name of lower case letters, digits and `-`",
    &["counter"],
    "^[a-z]([-a-z0-9]{0,28}[a-z0-9])?$",
    |text| name(text, 30, true),
);
pub(crate) static NAME: Form = form(
    "a name of lower case letters, digits and `-`",
    &["api"],
    "^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$",
    |text| name(text, 40, true),
);
pub(crate) static ENVIRONMENT_NAME: Form = form(
    "a name of lower case letters, digits and `-`",
    &["production"],
    "^[a-z]([-a-z0-9]{0,28}[a-z0-9])?$",
    |text| name(text, 30, true),
);
pub(crate) static PORT_NAME: Form = form(
    "a name of at most 15 lower case letters, digits and `-`",
    &["http"],
    "^[a-z]([-a-z0-9]{0,13}[a-z0-9])?$",
    |text| name(text, 15, true),
);
pub(crate) static DEPLOYMENT: Form = form(
    "a name of at most 12 lower case letters, digits and `-`",
    &["blue"],
    "^[a-z]([-a-z0-9]{0,10}[a-z0-9])?$",
    |text| name(text, 12, true),
);
pub(crate) static VARIABLE_NAME: Form = form(
    "a variable's name: letters, digits and `_`",
    &["LOG_LEVEL"],
    "^[A-Za-z_][A-Za-z0-9_]*$",
    |text| {
        let fits = |(i, c): (usize, char)| {
            c == '_' || c.is_ascii_alphabetic() || (i > 0 && c.is_ascii_digit())
        };
        if !text.is_empty() && text.chars().enumerate().all(fits) {
            return Ok(());
        }
        let fixed: String = text
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
            .collect();
        let problem = Problem::new(format!("`{text}` is not a valid name for a variable"))
            .label("expected letters, digits and `_`, not starting with a digit");
        Err(
            if fixed.starts_with(|c: char| c.is_ascii_digit()) || fixed.is_empty() {
                problem
            } else {
                problem.hint(format!("write `{fixed}`"))
            },
        )
    },
);

fn name(text: &str, longest: usize, letter_first: bool) -> Result<(), Problem> {
    if text.len() > longest {
        return Err(Problem::new(format!("the name `{text}` is too long"))
            .label(format!(
                "{} characters, at most {longest} fit",
                text.chars().count()
            ))
            .hint("names of cloud resources begin with it, and their length is limited"));
    }
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let starts =
        text.starts_with(|c: char| c.is_ascii_lowercase() || (!letter_first && c.is_ascii_digit()));
    if starts && !text.ends_with('-') && text.chars().all(fits) {
        return Ok(());
    }
    let proposal = name_like(text);
    let problem = Problem::new(format!("`{text}` is not a valid name"))
        .label("expected lower case letters, digits and `-`, starting with a letter");
    Err(match proposal {
        Some(proposal) if proposal.len() <= longest => problem.hint(format!("write `{proposal}`")),
        _ => problem,
    })
}

/// A name that fits and is like the text: `MyService` becomes `my-service`.
fn name_like(text: &str) -> Option<String> {
    let mut name = String::new();
    let mut lower = false;
    for c in text.chars() {
        if c.is_ascii_uppercase() && lower {
            name.push('-');
        }
        lower = c.is_ascii_lowercase();
        match c.to_ascii_lowercase() {
            c if c.is_ascii_lowercase() || c.is_ascii_digit() => name.push(c),
            _ if name.ends_with('-') => {}
            _ => name.push('-'),
        }
    }
    let name = name
        .trim_matches(|c: char| c == '-' || c.is_ascii_digit())
        .to_owned();
    (!name.is_empty()).then_some(name)
}

// Texts

pub(crate) static TEXT: Form = form("a text", &[], r"\S", filled);
/// A word of a command: a program or an argument.
pub(crate) static WORD: Form = form("a text", &[], "", any).references(References::Literal);
/// A value of `env`.
pub(crate) static TEMPLATE: Form = form(
    "a text, with references such as `${counter.host}`",
    &["info", "${counter.host}"],
    "",
    any,
)
.numbers()
.references(References::Replaced);
pub(crate) static SECRET_NAME_IN: Form = form(
    "the name of a secret",
    &["alerts-webhook"],
    NAME.pattern,
    |text| {
        if text.contains("://") || text.contains('@') {
            return Err(Problem::new("a secret's value stands here instead of its name")
                .label("expected the name of an entry of `secrets`")
                .hint("declare it under `secrets:` and give its name here; the value goes into the secret store")
                .code("definition/secret-value"));
        }
        name(text, 40, true)
    },
);

// Places

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

// Quantities

pub(crate) static DURATION: Form = form(
    "a duration such as `30s`",
    &["300ms", "30s", "5m", "1h", "7d"],
    r"^[0-9]+(\.[0-9]+)?(ms|s|m|h|d|w|y)$",
    |text| units::duration(text).map(drop),
)
.quantity();
pub(crate) static CPU: Form = form(
    "an amount of CPU such as `100m` or `0.5`",
    &["100m", "0.5", "2"],
    r"^([0-9]+m|[0-9]+(\.[0-9]{1,3})?)$",
    |text| units::cpu(text).map(drop),
)
.numbers();
pub(crate) static MEMORY: Form = form(
    "an amount of memory such as `128Mi`",
    &["128Mi", "1Gi"],
    r"^[0-9]+(\.[0-9]+)?(Ki|Mi|Gi|Ti|k|M|G|T)$",
    |text| units::memory(text).map(drop),
)
.quantity();
pub(crate) static SHARE: Form = form(
    "a share such as `99.9%`",
    &["70%", "99.9%"],
    r"^[0-9]+(\.[0-9]{1,4})?%$",
    |text| units::share(text).map(drop),
)
.quantity();
pub(crate) static PERCENTILE: Form = form(
    "a percentile such as `p99`",
    &["p50", "p95", "p99", "p99.9"],
    r"^p[0-9]{1,2}(\.[0-9]{1,4})?$",
    |text| units::percentile(text).map(drop),
);
pub(crate) static BUDGET: Form = form(
    "an amount such as `60 USD/month`",
    &["60 USD/month"],
    r"^[0-9]+(\.[0-9]{1,2})? [A-Z]{3}/month$",
    |text| units::monthly_amount(text).map(drop),
)
.quantity();

// Time

pub(crate) static CRON: Form = form(
    "five cron fields such as `0 4 * * *`",
    &["0 4 * * *", "*/15 * * * mon-fri"],
    r"^\S+ +\S+ +\S+ +\S+ +\S+$",
    |text| crate::schedule::cron(text).map(drop),
);
pub(crate) static TIME_ZONE: Form = form(
    "a time zone such as `Europe/Paris`",
    &["Etc/UTC", "Europe/Paris"],
    r"^[A-Za-z0-9_+\-/]+$",
    crate::schedule::time_zone,
);
pub(crate) static AWAKE: Form = form(
    "days, hours and a time zone such as `mon-fri 07:00-20:00 Europe/Paris`",
    &["mon-fri 07:00-20:00 Europe/Paris"],
    r"^(mon|tue|wed|thu|fri|sat|sun)(-(mon|tue|wed|thu|fri|sat|sun))? [0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2} [A-Za-z0-9_+\-/]+$",
    |text| crate::schedule::awake(text).map(drop),
);

// The cloud

pub(crate) static ACCOUNT: Form = form(
    "an AWS account of twelve digits, in quotes",
    &["111111111111"],
    "^[0-9]{12}$",
    |text| {
        if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(());
        }
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let problem = Problem::new(format!("`{text}` is not an AWS account"))
            .label("expected twelve digits, in quotes");
        Err(if digits.len() == 12 {
            problem.hint(format!("write \"{digits}\""))
        } else {
            problem
        })
    },
);
pub(crate) static REGION: Form = form(
    "an AWS region such as `eu-west-3`",
    &["eu-west-3"],
    "^[a-z]{2}(-[a-z]+)+-[0-9]$",
    |text| {
        let parts: Vec<&str> = text.split('-').collect();
        let letters = |p: &str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_lowercase());
        let fits = parts.len() >= 3
            && parts[0].len() == 2
            && parts[..parts.len() - 1].iter().all(|p| letters(p))
            && matches!(parts[parts.len() - 1].as_bytes(), [b'0'..=b'9']);
        if fits {
            return Ok(());
        }
        let problem = Problem::new(format!("`{text}` is not an AWS region"))
            .label("expected one such as `eu-west-3`");
        let shortened = text.strip_suffix(|c: char| c.is_ascii_lowercase());
        Err(match shortened {
            Some(region) if region.ends_with(|c: char| c.is_ascii_digit()) => problem
                .hint(format!(
                    "this is a zone: write `{region}`, and `zones: 3` for how many zones are used"
                ))
                .replacement(region),
            _ => problem,
        })
    },
);
pub(crate) static KUBERNETES: Form = form(
    "a Kubernetes version such as \"1.36\", in quotes",
    &["1.36"],
    r"^1\.[0-9]{1,2}$",
    |text| {
        let minor = text.strip_prefix("1.");
        if minor
            .is_some_and(|m| (1..=2).contains(&m.len()) && m.bytes().all(|b| b.is_ascii_digit()))
        {
            return Ok(());
        }
        let problem = Problem::new(format!("`{text}` is not a minor version of Kubernetes"))
            .label("expected one such as \"1.36\"");
        let parts: Vec<&str> = text.trim_start_matches('v').split('.').collect();
        Err(match parts[..] {
            [major, minor, ..] if major == "1" && !minor.is_empty() => {
                let minor_only = format!("\"{major}.{minor}\"");
                problem.hint(format!(
                    "write {minor_only}: patch versions are the service's business"
                ))
            }
            _ => problem,
        })
    },
);
pub(crate) static NETWORK_ID: Form = form(
    "the id of a VPC such as `vpc-0123456789abcdef0`",
    &["vpc-0123456789abcdef0"],
    "^vpc-[0-9a-f]{8,17}$",
    |text| {
        let id = text.strip_prefix("vpc-");
        if id.is_some_and(|id| {
            (8..=17).contains(&id.len())
                && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        }) {
            Ok(())
        } else {
            Err(Problem::new(format!("`{text}` is not the id of a VPC"))
                .label("expected one such as `vpc-0123456789abcdef0`"))
        }
    },
);
pub(crate) static ARN: Form = form(
    "an ARN of an IAM principal such as `arn:aws:iam::111111111111:role/admin`",
    &["arn:aws:iam::111111111111:role/admin"],
    r"^arn:[a-z-]+:(iam|sts)::[0-9]{12}:(root|(role|user|assumed-role)/.+)$",
    |text| {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let fits = matches!(parts[..], ["arn", partition, "iam" | "sts", "", account, resource]
            if !partition.is_empty() && partition.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
                && account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit())
                && (resource == "root" || ["role/", "user/", "assumed-role/"].iter().any(|p| resource.len() > p.len() && resource.starts_with(p))));
        if fits {
            Ok(())
        } else {
            Err(
                Problem::new(format!("`{text}` is not an ARN of an IAM principal"))
                    .label("expected one such as `arn:aws:iam::111111111111:role/admin`"),
            )
        }
    },
);
pub(crate) static CIDR: Form = form(
    "a range of addresses such as `203.0.113.0/24`",
    &["203.0.113.0/24"],
    r"^[0-9]{1,3}(\.[0-9]{1,3}){3}/[0-9]{1,2}$",
    |text| {
        let parts = text.split_once('/').and_then(|(address, prefix)| {
            Some((
                address.parse::<std::net::Ipv4Addr>().ok()?,
                prefix.parse::<u32>().ok().filter(|p| *p <= 32)?,
            ))
        });
        let Some((address, prefix)) = parts else {
            let problem = Problem::new(format!("`{text}` is not a range of addresses"))
                .label("expected one such as `203.0.113.0/24`");
            return Err(if text.parse::<std::net::Ipv4Addr>().is_ok() {
                problem.hint(format!("write `{text}/32` for this one address"))
            } else {
                problem
            });
        };
        let mask = u32::MAX.checked_shl(32 - prefix).unwrap_or(0);
        let network = std::net::Ipv4Addr::from(u32::from(address) & mask);
        if network == address {
            Ok(())
        } else {
            Err(Problem::new(format!("`{text}` has bits set beyond its prefix"))
                .hint(format!("write `{network}/{prefix}` for the range, or `{address}/32` for the one address")))
        }
    },
);
