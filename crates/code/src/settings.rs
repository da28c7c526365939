//! Settings in program text: for development, secrets, files that state is kept in, migrations.

use seaworthy_facts::code::Setting;
use seaworthy_facts::{Language, Span, Text};

use crate::connections::keep_state;
use crate::names;
use crate::parse::is_test;
use crate::reader::{Reader, Seen};
use crate::syntax::{Call, Expr, Kind};

/// A name that gets a value.
pub(crate) fn assigned(reader: &mut Reader<'_>, name: &str, value: &Expr, seen: &Seen) {
    if is_test(reader.file.path) {
        return;
    }
    let last = name.rsplit('.').next().unwrap_or(name);
    if reader.file.language == Language::Python {
        python(reader, last, value, seen);
    }
    if looks_secret(last)
        && let Some(literal) = value.literal()
        && has_the_shape_of_a_secret(literal)
    {
        push(&mut reader.program.secrets, last, None, value.span);
    }
}

fn python(reader: &mut Reader<'_>, name: &str, value: &Expr, seen: &Seen) {
    let is_settings =
        reader.file.text.contains("INSTALLED_APPS") || reader.file.path.contains("settings");
    match (name, &value.kind) {
        ("DEBUG" | "debug", Kind::Bool(true))
            if is_settings || reader.file.text.contains("Flask(") =>
        {
            push(&mut reader.program.debug, name, Some("True"), value.span);
        }
        ("ALLOWED_HOSTS", Kind::List(items)) if is_settings => {
            let all = items.iter().any(|item| item.literal() == Some("*"));
            if items.is_empty() || all {
                push(
                    &mut reader.program.debug,
                    name,
                    Some(if all { "['*']" } else { "[]" }),
                    value.span,
                );
            }
        }
        ("EMAIL_BACKEND", _)
            if value
                .literal()
                .is_some_and(|text| text.contains(".filebased.") || text.contains(".locmem.")) =>
        {
            push(&mut reader.program.state, name, value.literal(), value.span);
        }
        ("EMAIL_FILE_PATH" | "UPLOAD_FOLDER", _) => {
            let text = seen.text.as_ref().map(ToString::to_string);
            push(&mut reader.program.state, name, text.as_deref(), value.span);
        }
        _ => {}
    }
}

fn push(list: &mut Vec<Setting>, name: &str, value: Option<&str>, span: Span) {
    if list.iter().all(|known| known.span != span) {
        list.push(Setting {
            name: name.into(),
            value: value.map(Text::from),
            span,
        });
    }
}

/// Whether a name of code says that its value is secret.
fn looks_secret(name: &str) -> bool {
    let plain: String = name
        .chars()
        .filter(|c| *c != '_' && *c != '-')
        .collect::<String>()
        .to_ascii_uppercase();
    if [
        "HEADER", "NAME", "PATH", "FILE", "URL", "TYPE", "FIELD", "LABEL", "REGEX", "PATTERN",
        "PREFIX",
    ]
    .iter()
    .any(|end| plain.ends_with(end))
    {
        return false;
    }
    names::is_secret(name)
        || [
            "SECRETKEY",
            "PASSWORD",
            "APIKEY",
            "JWTSECRET",
            "PRIVATEKEY",
            "CLIENTSECRET",
            "AUTHTOKEN",
            "ACCESSTOKEN",
        ]
        .iter()
        .any(|end| plain.ends_with(end))
}

/// Whether a text is no placeholder, no sentence, no name, and mixed as made-up text is.
pub(crate) fn has_the_shape_of_a_secret(text: &str) -> bool {
    if text.len() < 12 || text.len() > 512 || text.contains(char::is_whitespace) {
        return false;
    }
    // Words that are joined are the name of something: `backups_s3_access_key`.
    let words: Vec<&str> = text.split(['_', '-', '.']).collect();
    if words.len() >= 3
        && words
            .iter()
            .all(|word| word.len() <= 3 || word.bytes().all(|byte| byte.is_ascii_lowercase()))
    {
        return false;
    }
    let lower = text.to_ascii_lowercase();
    let placeholder = [
        "change",
        "example",
        "placeholder",
        "your",
        "xxx",
        "todo",
        "dummy",
        "insert",
        "replace",
        "secret-key",
        "secretkey",
        "<",
        "${",
        "{{",
        "env.",
        "process.env",
        "test",
        "sample",
        "fake",
        "insecure",
        "password",
        "default",
        "localhost",
        "development",
        "redacted",
        "...",
        "****",
        "foo",
        "0000000",
        "123456",
        "abcdef",
    ]
    .iter()
    .any(|word| lower.contains(word));
    if placeholder && !lower.starts_with("django-insecure-") {
        return false;
    }
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let letters = text.chars().filter(char::is_ascii_alphabetic).count();
    let signs = text.len().saturating_sub(digits + letters);
    // Names have words with signs between them: `restic_s3_access_key`.
    let only_separators = text
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ':'));
    let is_word = |part: &str| {
        part.len() <= 4
            || part.bytes().all(|byte| byte.is_ascii_alphabetic())
            || part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let is_name = only_separators && text.split(['_', '-', '.', '/', ':']).all(is_word);
    if is_name || text.starts_with('/') || text.contains("://") || text.starts_with("arn:") {
        return false;
    }
    let distinct = text.bytes().collect::<std::collections::HashSet<_>>().len();
    letters >= 4 && (digits >= 2 || signs >= 3) && distinct >= 8
}

/// Calls that run in development, keep state or migrate.
pub(crate) fn call<'p>(
    reader: &mut Reader<'p>,
    expr: &'p Expr,
    call: &'p Call,
    arguments: &[Seen],
    named: &[(&'p str, Seen)],
) {
    if is_test(reader.file.path) {
        return;
    }
    let path = call.path();
    if call.last() == "run"
        && let Some(debug) = call
            .named("debug")
            .filter(|debug| matches!(debug.kind, Kind::Bool(true)))
    {
        push(&mut reader.program.debug, "debug", Some("True"), debug.span);
    }
    if path == "gin.SetMode" && call.arguments.first().and_then(Expr::path) == Some("gin.DebugMode")
    {
        push(&mut reader.program.debug, "gin.DebugMode", None, expr.span);
    }
    let file = match path {
        "sqlite3.connect" | "aiosqlite.connect" | "bolt.Open" | "bbolt.Open"
        | "leveldb.OpenFile" | "Connection.open" | "sqlite.Open" => arguments.first(),
        "sql.Open" if arguments.first().is_some_and(is_sqlite) => arguments.get(1),
        "Database" | "sqlite3.Database" if reader.file.text.contains("sqlite3") => {
            arguments.first()
        }
        _ => None,
    };
    if let Some(text) = file.and_then(|seen| seen.text.clone()) {
        let shown = text.known_prefix().to_owned();
        let is_file = text.literal().is_none_or(|text| !text.contains(":memory:"));
        if is_file {
            keep_state(reader, "database file", &shown, &text, expr.span);
        }
    }
    if path == "multer" {
        for argument in &call.arguments {
            if let Kind::Map(_, entries) = &argument.kind
                && let Some((_, dest)) = entries
                    .iter()
                    .find(|(key, _)| Reader::key(key) == Some("dest"))
            {
                push(
                    &mut reader.program.state,
                    "uploads",
                    dest.literal(),
                    dest.span,
                );
            }
        }
    }
    let migrates = match call.last() {
        "AutoMigrate" | "runMigrations" => true,
        "sync" => call.receiver().ends_with("sequelize"),
        "call_command" => call.arguments.first().and_then(Expr::literal) == Some("migrate"),
        "latest" => call.receiver().ends_with("migrate"),
        "Migrate" | "MigrateAsync" => call.receiver().ends_with("Database"),
        _ => false,
    };
    if migrates {
        reader.program.migrates_at_start.push(expr.span);
    }
    let _ = named;
}

fn is_sqlite(seen: &Seen) -> bool {
    seen.text
        .as_ref()
        .and_then(Text::literal)
        .is_some_and(|text| text.starts_with("sqlite"))
}
