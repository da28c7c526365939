//! Forms of names.

use super::{Form, Problem, form};

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
