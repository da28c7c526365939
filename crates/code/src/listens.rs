//! Ports that a program listens on.

use seaworthy_facts::code::Listen;
use seaworthy_facts::{Data, Language, Span, Text, Value};

use crate::reader::{Reader, Seen};
use crate::syntax::{Call, Expr, Kind};
use crate::text;

/// A call that listens.
pub(crate) fn call<'p>(
    reader: &mut Reader<'p>,
    expr: &'p Expr,
    call: &'p Call,
    arguments: &[Seen],
    named: &[(&'p str, Seen)],
) {
    match reader.file.language {
        Language::Go => go(reader, expr.span, call, arguments),
        Language::Python => python(reader, expr.span, call, arguments, named),
        Language::JavaScript | Language::TypeScript => {
            javascript(reader, expr.span, call, arguments);
        }
        Language::Rust => rust(reader, expr.span, call, arguments),
        Language::Java => java(reader, expr.span, call, arguments),
        Language::CSharp => csharp(reader, expr.span, call, arguments),
    }
}

fn go(reader: &mut Reader<'_>, span: Span, call: &Call, arguments: &[Seen]) {
    let first = arguments.first();
    match call.path() {
        "http.ListenAndServe" | "http.ListenAndServeTLS" | "fasthttp.ListenAndServe" => {
            // Without an address it is the one of the scheme.
            note(reader, span, first);
        }
        "net.Listen" | "lc.Listen"
            if first
                .and_then(literal)
                .is_some_and(|network| network.starts_with("tcp")) =>
        {
            note(reader, span, arguments.get(1));
        }
        _ => {}
    }
    let text = reader.file.text;
    match call.last() {
        "Run" if text.contains("gin-gonic/gin") && call.path().matches('.').count() == 1 => {
            match first {
                None => {
                    let mut port = text::variable("PORT");
                    if let Some(seen) =
                        Seen::either(Seen::of(port.clone()), Seen::of(Text::from("8080"))).text
                    {
                        port = seen;
                    }
                    note(reader, span, Some(&Seen::of(port)));
                }
                Some(_)
                    if first
                        .and_then(|seen| seen.text.as_ref())
                        .is_some_and(|text| {
                            text.known_prefix().contains(':') || text.holes().next().is_some()
                        }) =>
                {
                    note(reader, span, first);
                }
                Some(_) => {}
            }
        }
        "Start" if text.contains("labstack/echo") => note_address(reader, span, first),
        "Listen" if text.contains("gofiber/fiber") => note_address(reader, span, first),
        _ => {}
    }
}

fn python(
    reader: &mut Reader<'_>,
    span: Span,
    call: &Call,
    arguments: &[Seen],
    named: &[(&str, Seen)],
) {
    let text = reader.file.text;
    let port = named
        .iter()
        .find(|(name, _)| *name == "port")
        .map(|(_, seen)| seen);
    let host = named
        .iter()
        .find(|(name, _)| *name == "host")
        .and_then(|(_, seen)| seen.text.clone());
    match call.path() {
        "uvicorn.run" | "hypercorn.run" | "uvicorn.Config" => {
            note_port(
                reader,
                span,
                Some(port.cloned().unwrap_or_else(|| plain("8000"))).as_ref(),
                host.clone(),
            );
        }
        "web.run_app" => note_port(
            reader,
            span,
            Some(port.cloned().unwrap_or_else(|| plain("8080"))).as_ref(),
            host.clone(),
        ),
        "serve" | "waitress.serve" if text.contains("waitress") => {
            note_port(reader, span, port, host.clone());
        }
        "start_http_server" | "prometheus_client.start_http_server" => {
            note_port(reader, span, arguments.first().or(port), None);
        }
        "HTTPServer"
        | "ThreadingHTTPServer"
        | "http.server.HTTPServer"
        | "socketserver.TCPServer"
        | "make_server"
        | "WSGIServer"
        | "pywsgi.WSGIServer" => note(reader, span, arguments.first()),
        _ => {}
    }
    match call.last() {
        "run"
            if port.is_some()
                || (text.contains("flask") || text.contains("Flask"))
                    && call.receiver() == "app" =>
        {
            note_port(
                reader,
                span,
                Some(port.cloned().unwrap_or_else(|| plain("5000"))).as_ref(),
                host,
            );
        }
        "add_insecure_port" | "add_secure_port" | "bind" => {
            note_address(reader, span, arguments.first());
        }
        "listen" if text.contains("tornado") => note_port(reader, span, arguments.first(), None),
        _ => {}
    }
}

fn javascript(reader: &mut Reader<'_>, span: Span, call: &Call, arguments: &[Seen]) {
    let first = arguments.first();
    match call.last() {
        "listen" => match call.arguments.first().map(|argument| &argument.kind) {
            Some(Kind::Map(_, entries)) => options(reader, span, entries),
            Some(Kind::Function(_)) | None => reader.program.listens_others = true,
            Some(_) => {
                let host = arguments.get(1).filter(|seen| {
                    seen.text
                        .as_ref()
                        .is_some_and(|text| text.literal().is_some())
                });
                note_port(reader, span, first, host.and_then(|host| host.text.clone()));
            }
        },
        "bindAsync" => note_address(reader, span, first),
        "serve" if matches!(call.path(), "Bun.serve" | "Deno.serve" | "serve") => {
            for argument in &call.arguments {
                if let Kind::Map(_, entries) = &argument.kind {
                    options(reader, span, entries);
                }
            }
        }
        _ => {}
    }
}

/// `{ port: 3000, host: "0.0.0.0" }`; its values were seen before, so that they are looked up only.
fn options(reader: &mut Reader<'_>, span: Span, entries: &[(Expr, Expr)]) {
    let value = |name: &str| {
        entries
            .iter()
            .find(|(key, _)| Reader::key(key) == Some(name))
            .map(|(_, value)| value)
    };
    let seen = |reader: &Reader<'_>, expr: &Expr| match &expr.kind {
        Kind::Number(number) => plain(number),
        Kind::Path(path) => reader.named(path),
        _ => match expr.literal() {
            Some(text) => plain(text),
            None => Seen::default(),
        },
    };
    match value("port") {
        Some(port) => {
            let port = seen(reader, port);
            let host = value("host")
                .or_else(|| value("hostname"))
                .map(|host| seen(reader, host))
                .and_then(|host| host.text);
            note_port(reader, span, Some(&port), host);
        }
        None => reader.program.listens_others = true,
    }
}

fn rust(reader: &mut Reader<'_>, span: Span, call: &Call, arguments: &[Seen]) {
    match call.last() {
        "bind" if call.arguments.len() == 1 => note_address(reader, span, arguments.first()),
        "serve" if reader.file.text.contains("tonic") => {
            note_address(reader, span, arguments.first());
        }
        "run" if reader.file.text.contains("warp::") => {
            note_address(reader, span, arguments.first());
        }
        "launch" if reader.file.text.contains("rocket") => reader.program.listens_others = true,
        _ => {}
    }
}

fn java(reader: &mut Reader<'_>, span: Span, call: &Call, arguments: &[Seen]) {
    let first = arguments.first();
    match call.path() {
        "ServerSocket" | "InetSocketAddress" if call.arguments.len() == 1 => {
            note_port(reader, span, first, None);
        }
        "ServerBuilder.forPort" | "Grpc.newServerBuilderForPort" => {
            note_port(reader, span, first, None);
        }
        "SpringApplication.run" => {}
        _ => match call.last() {
            "start" if reader.file.text.contains("javalin") => note_port(reader, span, first, None),
            "port" if reader.file.text.contains("spark.Spark") => {
                note_port(reader, span, first, None);
            }
            "forPort" => note_port(reader, span, first, None),
            _ => {}
        },
    }
}

fn csharp(reader: &mut Reader<'_>, span: Span, call: &Call, arguments: &[Seen]) {
    match call.last() {
        "UseUrls" | "Run" | "Add" => {
            for seen in arguments {
                if literal(seen).is_some_and(|text| text.starts_with("http")) {
                    note(reader, span, Some(seen));
                }
            }
        }
        "ListenAnyIP" | "ListenLocalhost" => note_port(reader, span, arguments.first(), None),
        "CreateBuilder" => reader.program.listens_others = true,
        _ => {}
    }
}

/// Go's `http.Server{Addr: ":8080"}`.
pub(crate) fn map<'p>(
    reader: &mut Reader<'p>,
    expr: &'p Expr,
    of: Option<&str>,
    entries: &'p [(Expr, Expr)],
) {
    if reader.file.language != Language::Go
        || !of.is_some_and(|of| of.ends_with("http.Server") || of.ends_with("fasthttp.Server"))
    {
        return;
    }
    let Some((_, address)) = entries.iter().find(|(key, _)| key.path() == Some("Addr")) else {
        return;
    };
    let _ = expr;
    let seen = reader.see(address);
    note(reader, address.span, Some(&seen));
}

fn plain(text: &str) -> Seen {
    Seen::of(Text::from(text))
}

fn literal(seen: &Seen) -> Option<&str> {
    seen.text.as_ref()?.literal()
}

/// An address that must have a port to count.
fn note_address(reader: &mut Reader<'_>, span: Span, seen: Option<&Seen>) {
    match seen.and_then(|seen| seen.text.as_ref()) {
        Some(text) if text.literal().is_some_and(|text| !text.contains(':')) => {}
        Some(_) => note(reader, span, seen),
        None => reader.program.listens_others = true,
    }
}

fn note(reader: &mut Reader<'_>, span: Span, seen: Option<&Seen>) {
    let Some(text) = seen.and_then(|seen| seen.text.as_ref()) else {
        reader.program.listens_others = true;
        return;
    };
    // A variable that may be a whole address: what it is without being set says which port.
    let choice = match text.parts() {
        [seaworthy_facts::Part::Hole(hole)] => match hole.choices.as_slice() {
            [only] if only.literal().is_some_and(|text| text.contains(':')) => {
                Some((hole.clone(), only.clone()))
            }
            _ => None,
        },
        _ => None,
    };
    let (address, port) = match choice {
        Some((mut hole, only)) => {
            let (address, port) = text::address(&only);
            hole.choices = vec![port];
            (address, Text::hole(hole))
        }
        None => text::address(text),
    };
    push(reader, span, port, address);
}

fn note_port(reader: &mut Reader<'_>, span: Span, port: Option<&Seen>, address: Option<Text>) {
    match port.and_then(|port| port.text.clone()) {
        Some(port) => push(reader, span, port, address),
        None => reader.program.listens_others = true,
    }
}

fn push(reader: &mut Reader<'_>, span: Span, port: Text, address: Option<Text>) {
    let can_be_port = if let Some(text) = port.literal() {
        text.parse::<u16>().is_ok_and(|port| port > 0)
    } else {
        // What is neither known nor of the environment cannot be compared with anything.
        if port
            .holes()
            .any(|hole| !hole.name.starts_with("env.") && hole.choices.is_empty())
        {
            reader.program.listens_others = true;
        }
        true
    };
    if !can_be_port
        || reader
            .program
            .listens
            .iter()
            .any(|listen| listen.span == span)
    {
        return;
    }
    reader.program.listens.push(Listen {
        port: Value::new(Data::Text(port), span),
        address,
        span,
    });
}
