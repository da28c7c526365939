//! Connections that a program opens: urls, connection strings, the settings of clients.

use seaworthy_facts::code::{Connection, Setting};
use seaworthy_facts::{Part, Span, Text};

use crate::reader::{Reader, Seen};
use crate::syntax::{Call, Expr};

/// Schemes of servers that keep data.
const STORES: &[(&str, &str)] = &[
    ("postgres", "postgres"),
    ("postgresql", "postgres"),
    ("postgresql+psycopg2", "postgres"),
    ("postgresql+psycopg", "postgres"),
    ("postgresql+asyncpg", "postgres"),
    ("jdbc:postgresql", "postgres"),
    ("mysql", "mysql"),
    ("mysql+pymysql", "mysql"),
    ("jdbc:mysql", "mysql"),
    ("mariadb", "mysql"),
    ("jdbc:mariadb", "mysql"),
    ("redis", "redis"),
    ("rediss", "redis"),
    ("mongodb", "mongodb"),
    ("mongodb+srv", "mongodb"),
    ("amqp", "amqp"),
    ("amqps", "amqp"),
    ("nats", "nats"),
    ("http", "http"),
    ("https", "http"),
];

/// A text that is a url or a connection string.
pub(crate) fn text(reader: &mut Reader<'_>, expr: &Expr, seen: &Seen) {
    let Some(text) = &seen.text else { return };
    note(reader, text, expr.span);
}

/// The same, for text of settings files.
pub(crate) fn note(reader: &mut Reader<'_>, text: &Text, span: Span) {
    let prefix = text.known_prefix();
    if let Some(path) = prefix
        .strip_prefix("sqlite:")
        .or_else(|| prefix.strip_prefix("jdbc:sqlite:"))
    {
        let path = path
            .trim_start_matches('/')
            .split('?')
            .next()
            .unwrap_or_default();
        keep_state(reader, "sqlite", path, text, span);
        return;
    }
    let connection = url(text, span)
        .or_else(|| words(text, span))
        .or_else(|| go_mysql(text, span));
    if let Some(connection) = connection {
        push(reader, connection);
    }
}

/// A file that a program keeps state in, unless it is in memory.
pub(crate) fn keep_state(
    reader: &mut Reader<'_>,
    name: &str,
    path: &str,
    whole: &Text,
    span: Span,
) {
    if path.contains(":memory:")
        || path.contains("mode=memory")
        || (path.is_empty() && whole.literal().is_some())
    {
        return;
    }
    if reader.program.state.iter().all(|state| state.span != span) {
        reader.program.state.push(Setting {
            name: name.into(),
            value: Some(whole.clone()),
            span,
        });
    }
}

fn push(reader: &mut Reader<'_>, connection: Connection) {
    // A longer text that starts at the same place, or around it, is the whole of it.
    let known = &mut reader.program.connections;
    if known.iter().any(|own| {
        own.span.file == connection.span.file
            && own.span.start <= connection.span.start
            && own.span.end >= connection.span.end
            && own.scheme == connection.scheme
    }) {
        return;
    }
    known.retain(|own| {
        !(own.span.file == connection.span.file
            && own.scheme == connection.scheme
            && connection.span.start <= own.span.start
            && connection.span.end >= own.span.end)
    });
    known.push(connection);
}

/// `scheme://user:password@host:port/name?options`.
pub(crate) fn url(text: &Text, span: Span) -> Option<Connection> {
    let (written, _) = text.known_prefix().split_once("://")?;
    let scheme = STORES.iter().find(|(own, _)| *own == written)?.1;
    let rest = after(text, "://")?;
    let (front, options) = match rest.split_once('?') {
        Some((front, options)) => (front, Some(options)),
        None => (rest, None),
    };
    let authority = front
        .split_once('/')
        .map_or(front.clone(), |(authority, _)| authority);
    let authority = authority
        .rsplit_once('@')
        .map_or(authority.clone(), |(_, host)| host);
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if is_port(&port) => (host, Some(port)),
        _ => (authority, None),
    };
    if scheme == "http" {
        let known = host.literal()?;
        // Names in specifications and documents are no peers.
        if known.is_empty()
            || known.contains(['{', '<', '%', '*', ' ', '$'])
            || known.rsplit('.').next() == Some("org")
        {
            return None;
        }
    }
    let tls = options
        .as_ref()
        .and_then(|options| {
            option(
                options,
                &["sslmode", "ssl", "tls", "useSSL", "ssl-mode", "sslMode"],
            )
        })
        .or_else(|| {
            matches!(written, "rediss" | "amqps" | "mongodb+srv" | "https")
                .then(|| Text::from(written))
        });
    Some(Connection {
        scheme: scheme.into(),
        target: text.clone(),
        host: (!host.is_empty()).then_some(host),
        port,
        tls,
        span,
    })
}

/// `host=… port=… sslmode=…`.
fn words(text: &Text, span: Span) -> Option<Connection> {
    if !text.known_prefix().trim_start().starts_with("host=")
        && !text.known_prefix().trim_start().starts_with("user=")
    {
        return None;
    }
    let mut fields: Vec<(String, Text)> = Vec::new();
    let mut rest = text.clone();
    for _ in 0..32 {
        let (word, more) = match rest.split_once(' ') {
            Some((word, more)) => (word, Some(more)),
            None => (rest.clone(), None),
        };
        if let Some((name, value)) = word.split_once('=')
            && let Some(name) = name.literal()
        {
            fields.push((name.to_owned(), value));
        }
        match more {
            Some(more) => rest = more,
            None => break,
        }
    }
    let field = |name: &str| {
        fields
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value.clone())
    };
    field("dbname").or_else(|| field("user"))?;
    Some(Connection {
        scheme: "postgres".into(),
        target: text.clone(),
        host: field("host"),
        port: field("port"),
        tls: field("sslmode"),
        span,
    })
}

/// `user:password@tcp(host:port)/name`.
fn go_mysql(text: &Text, span: Span) -> Option<Connection> {
    let inner = after(text, "@tcp(")?;
    let (address, rest) = inner.split_once(')')?;
    let (host, port) = match address.rsplit_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (address, None),
    };
    let tls = rest
        .split_once('?')
        .and_then(|(_, options)| option(&options, &["tls"]));
    Some(Connection {
        scheme: "mysql".into(),
        target: text.clone(),
        host: Some(host),
        port,
        tls,
        span,
    })
}

/// What follows a known mark.
fn after(text: &Text, mark: &str) -> Option<Text> {
    let at = text
        .parts()
        .iter()
        .position(|part| matches!(part, Part::Literal(text) if text.contains(mark)))?;
    let mut rest = Text::default();
    for (index, part) in text.parts().iter().enumerate().skip(at) {
        match part {
            Part::Literal(text) if index == at => rest.push_str(text.split_once(mark)?.1),
            Part::Literal(text) => rest.push_str(text),
            Part::Hole(hole) => rest.push_hole(hole.clone()),
        }
    }
    Some(rest)
}

fn option(options: &Text, names: &[&str]) -> Option<Text> {
    let mut rest = options.clone();
    for _ in 0..32 {
        let (word, more) = match rest.split_once('&') {
            Some((word, more)) => (word, Some(more)),
            None => (rest.clone(), None),
        };
        if let Some((name, value)) = word.split_once('=')
            && name.literal().is_some_and(|name| names.contains(&name))
        {
            return Some(value);
        }
        rest = more?;
    }
    None
}

fn is_port(text: &Text) -> bool {
    match text.literal() {
        Some(text) => text.parse::<u16>().is_ok(),
        None => text.parts().len() == 1,
    }
}

/// Settings of a client: Django's `DATABASES`, `{ host, port, ssl }`.
pub(crate) fn map<'p>(reader: &mut Reader<'p>, expr: &'p Expr, entries: &'p [(Expr, Expr)]) {
    let value = |names: &[&str]| {
        entries
            .iter()
            .find(|(key, _)| Reader::key(key).is_some_and(|key| names.contains(&key)))
            .map(|(_, value)| value)
    };
    let Some(host) = value(&["host", "HOST", "hostname"]) else {
        if let (Some(engine), Some(name)) =
            (value(&["ENGINE"]).and_then(Expr::literal), value(&["NAME"]))
            && engine.ends_with("sqlite3")
        {
            let seen = reader.see(name);
            let path = seen.text.unwrap_or_else(|| Text::from("db.sqlite3"));
            let shown = path
                .literal()
                .map_or_else(|| "a path".to_owned(), str::to_owned);
            keep_state(reader, "sqlite", &shown, &path, name.span);
        }
        return;
    };
    let port = value(&["port", "PORT"]);
    let engine = value(&["ENGINE", "dialect", "type", "client"])
        .and_then(Expr::literal)
        .unwrap_or_default();
    let port_text = port.and_then(|port| reader.see(port).text);
    let scheme = scheme_of(engine).or_else(|| match port_text.as_ref().and_then(Text::literal) {
        Some("5432") => Some("postgres"),
        Some("3306") => Some("mysql"),
        Some("6379") => Some("redis"),
        Some("27017") => Some("mongodb"),
        _ => None,
    });
    let Some(scheme) = scheme else { return };
    let host = reader.see(host).text;
    let tls = value(&["ssl", "sslmode", "tls"]).and_then(|tls| reader.see(tls).text);
    let target = host.clone().unwrap_or_default();
    push(
        reader,
        Connection {
            scheme: scheme.into(),
            target,
            host,
            port: port_text,
            tls,
            span: expr.span,
        },
    );
}

fn scheme_of(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    [
        ("postg", "postgres"),
        ("psycopg", "postgres"),
        ("pgx", "postgres"),
        ("mysql", "mysql"),
        ("maria", "mysql"),
        ("redis", "redis"),
        ("mongo", "mongodb"),
        ("amqp", "amqp"),
    ]
    .into_iter()
    .find(|(part, _)| name.contains(part))
    .map(|(_, scheme)| scheme)
}

/// A call that connects; those with named arguments say where to.
pub(crate) fn call<'p>(
    reader: &mut Reader<'p>,
    expr: &'p Expr,
    call: &'p Call,
    named: &[(&'p str, Seen)],
) {
    let path = call.path();
    let connects = matches!(
        path,
        "pgx.Connect"
            | "pgx.ConnectConfig"
            | "pgxpool.New"
            | "pgxpool.NewWithConfig"
            | "pgxpool.Connect"
            | "sql.Open"
            | "sqlx.Connect"
            | "sqlx.Open"
            | "gorm.Open"
            | "mongo.Connect"
            | "redis.NewClient"
            | "psycopg2.connect"
            | "psycopg.connect"
            | "asyncpg.connect"
            | "asyncpg.create_pool"
            | "create_engine"
            | "create_async_engine"
            | "MongoClient"
            | "pymongo.MongoClient"
            | "redis.Redis"
            | "redis.from_url"
            | "mysql.connector.connect"
            | "pymysql.connect"
            | "mongoose.connect"
            | "mysql.createPool"
            | "mysql.createConnection"
            | "pg.Pool"
            | "pg.Client"
            | "Pool"
            | "Sequelize"
            | "PgPool.connect"
            | "PgPoolOptions.new"
            | "MySqlPool.connect"
            | "PrismaClient"
            | "createClient"
            | "redis.createClient"
            | "AppDataSource.initialize"
            | "motor.motor_asyncio.AsyncIOMotorClient"
            | "AsyncIOMotorClient"
            | "SQLAlchemy"
    );
    if !connects {
        return;
    }
    if matches!(path, "Pool" | "createClient")
        && !["pg", "redis", "mysql"].iter().any(|name| {
            reader.file.text.contains(&format!("\"{name}\""))
                || reader.file.text.contains(&format!("'{name}'"))
        })
    {
        return;
    }
    reader.connects.push(expr.span);
    let Some((_, host)) = named
        .iter()
        .find(|(name, _)| matches!(*name, "host" | "hostname"))
    else {
        return;
    };
    let Some(scheme) = scheme_of(path) else {
        return;
    };
    let value = |names: &[&str]| {
        named
            .iter()
            .find(|(name, _)| names.contains(name))
            .and_then(|(_, seen)| seen.text.clone())
    };
    let connection = Connection {
        scheme: scheme.into(),
        target: host.text.clone().unwrap_or_default(),
        host: host.text.clone(),
        port: value(&["port"]),
        tls: value(&["sslmode", "ssl", "ssl_mode"]),
        span: expr.span,
    };
    push(reader, connection);
}
