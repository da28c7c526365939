//! Paths that a program serves.

use seaworthy_facts::code::Route;
use seaworthy_facts::{Language, Span, Text};

use crate::reader::{Reader, Seen};
use crate::syntax::{Call, Class, Expr, Function, Kind};

/// A call that registers a path.
pub(crate) fn call<'p>(
    reader: &mut Reader<'p>,
    expr: &'p Expr,
    call: &'p Call,
    on: Option<&Seen>,
    arguments: &[Seen],
) {
    match reader.file.language {
        Language::Go => go(reader, expr, call, on, arguments),
        Language::Python => python(reader, expr, call, arguments),
        Language::JavaScript | Language::TypeScript => {
            javascript(reader, expr, call, on, arguments);
        }
        Language::Rust => rust(reader, expr, call, arguments),
        Language::CSharp => csharp(reader, expr, call, on, arguments),
        Language::Java => {}
    }
}

fn go<'p>(
    reader: &mut Reader<'p>,
    expr: &'p Expr,
    call: &'p Call,
    on: Option<&Seen>,
    arguments: &[Seen],
) {
    let last = call.last();
    let handler = call.arguments.get(1);
    match last {
        "HandleFunc" | "Handle" | "HandlerFunc" if call.arguments.len() >= 2 => {
            let (at, handler) = match (last, arguments.first().and_then(literal)) {
                // gin and httprouter: method, path, handler.
                ("Handle" | "HandlerFunc", Some(method)) if is_method(method) => {
                    (1, call.arguments.get(2))
                }
                _ => (0, handler),
            };
            let Some(text) = arguments.get(at).and_then(|seen| seen.text.clone()) else {
                reader.program.routes_others = true;
                return;
            };
            let (method, text) = match text.known_prefix().split_once(' ') {
                Some((method, _)) if is_method(method) => {
                    let method = method.to_owned();
                    (
                        Some(method),
                        text.split_once(' ').map_or(text.clone(), |(_, path)| path),
                    )
                }
                _ => (None, text),
            };
            let prefix = text.known_suffix().ends_with('/');
            note(
                reader,
                call.arguments[at].span,
                method.as_deref(),
                on,
                &text,
                prefix,
                handler,
            );
        }
        "GET" | "POST" | "PUT" | "DELETE" | "PATCH" | "HEAD" | "OPTIONS" | "Get" | "Post"
        | "Put" | "Delete" | "Patch" | "Head" | "Any" | "All"
            if call.arguments.len() >= 2 =>
        {
            let is_router = !matches!(call.receiver(), "http" | "client" | "resty" | "c.client");
            if let Some(text) = arguments
                .first()
                .and_then(|seen| seen.text.clone())
                .filter(|_| is_router)
                && text.known_prefix().starts_with('/')
            {
                let method = (!matches!(last, "Any" | "All")).then(|| last.to_ascii_uppercase());
                note(
                    reader,
                    call.arguments[0].span,
                    method.as_deref(),
                    on,
                    &text,
                    false,
                    call.arguments.last(),
                );
            }
        }
        "Static" | "StaticFS" | "Mount" | "StaticFile" | "NoRoute" | "Use"
            if call.arguments.len() >= 2 || last == "NoRoute" =>
        {
            match arguments.first().and_then(|seen| seen.text.clone()) {
                Some(text) if text.known_prefix().starts_with('/') => {
                    note(
                        reader,
                        expr.span,
                        None,
                        on,
                        &text,
                        last != "StaticFile",
                        None,
                    );
                }
                _ => reader.program.routes_others |= matches!(last, "NoRoute"),
            }
        }
        "PathPrefix" => {
            if let Some(text) = arguments.first().and_then(|seen| seen.text.clone()) {
                note(reader, expr.span, None, on, &text, true, None);
            }
        }
        // gorilla's subrouters and chi's routes in functions take prefixes that are not followed into them.
        "Route" | "Group" | "Subrouter"
            if call
                .arguments
                .iter()
                .any(|argument| matches!(argument.kind, Kind::Function(_)))
                || last == "Subrouter" =>
        {
            reader.program.routes_others = true;
        }
        "RegisterHandler" | "RegisterHandlersWithBaseURL" | "NewServeMux"
            if call.receiver() == "runtime" =>
        {
            reader.program.routes_others = true;
        }
        _ => {}
    }
    // Handlers made by a library answer paths that are not written here.
    if matches!(
        call.path(),
        "http.FileServer" | "httputil.NewSingleHostReverseProxy"
    ) && reader.program.routes.is_empty()
    {
        reader.program.routes_others = true;
    }
}

fn python<'p>(reader: &mut Reader<'p>, expr: &'p Expr, call: &'p Call, arguments: &[Seen]) {
    let text = reader.file.text;
    match call.last() {
        "add_url_rule" | "add_api_route" | "add_route" | "add_get" | "add_post" => {
            let at = usize::from(
                call.last() == "add_route"
                    && arguments.first().and_then(literal).is_some_and(is_method),
            );
            if let Some(path) = arguments.get(at).and_then(|seen| seen.text.clone()) {
                note(
                    reader,
                    expr.span,
                    None,
                    None,
                    &path,
                    false,
                    call.arguments.last(),
                );
            }
        }
        "path" | "re_path" | "url" if text.contains("django") => {
            reader.program.routes_others = true;
            if let Some(path) = call.arguments.first().and_then(Expr::literal) {
                let path = path
                    .trim_start_matches('^')
                    .trim_end_matches('$')
                    .trim_start_matches('/');
                if !path.contains(['(', '[', '<', '\\'])
                    && call
                        .arguments
                        .get(1)
                        .and_then(Expr::call)
                        .is_none_or(|call| call.last() != "include")
                {
                    note(
                        reader,
                        expr.span,
                        None,
                        None,
                        &Text::from(format!("/{path}")),
                        false,
                        call.arguments.get(1),
                    );
                }
            }
        }
        "Route" | "Mount" if text.contains("starlette") => {
            if let Some(path) = arguments.first().and_then(|seen| seen.text.clone()) {
                note(
                    reader,
                    expr.span,
                    None,
                    None,
                    &path,
                    call.last() == "Mount",
                    call.arguments.get(1),
                );
            }
        }
        "include_router" | "register_blueprint" | "mount" | "add_subapp"
            if (call.named("prefix").is_some()
                || call.named("url_prefix").is_some()
                || call.last() == "mount") =>
        {
            reader.program.routes_others = true;
        }
        "Application" if text.contains("tornado") => reader.program.routes_others = true,
        _ => {}
    }
}

fn javascript<'p>(
    reader: &mut Reader<'p>,
    expr: &'p Expr,
    call: &'p Call,
    on: Option<&Seen>,
    arguments: &[Seen],
) {
    let last = call.last();
    let receiver = call
        .receiver()
        .rsplit('.')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let is_router = matches!(
        receiver.as_str(),
        "app"
            | "server"
            | "fastify"
            | "api"
            | "instance"
            | "route"
            | "routes"
            | "express"
            | "web"
            | "http"
            | "this"
            | "r"
    ) || receiver.ends_with("router")
        || receiver.ends_with("app")
        || receiver.ends_with("server");
    match last {
        "get" | "post" | "put" | "delete" | "patch" | "all" | "head" | "options"
            if is_router && call.arguments.len() >= 2 =>
        {
            let Some(path) = arguments.first().and_then(|seen| seen.text.clone()) else {
                return;
            };
            if path.known_prefix().starts_with('/') || path.literal() == Some("*") {
                if path.literal() == Some("*") {
                    reader.program.routes_others = true;
                    return;
                }
                if receiver.ends_with("router") && on.is_none_or(|on| on.prefix.is_none()) {
                    // Where a router is mounted is said elsewhere.
                    reader.program.routes_others = true;
                }
                let method = (last != "all").then(|| last.to_ascii_uppercase());
                note(
                    reader,
                    call.arguments[0].span,
                    method.as_deref(),
                    on,
                    &path,
                    false,
                    call.arguments.last(),
                );
            }
        }
        "route" if is_router => {
            for argument in &call.arguments {
                if let Kind::Map(_, entries) = &argument.kind {
                    let url = entries
                        .iter()
                        .find(|(key, _)| matches!(Reader::key(key), Some("url" | "path")))
                        .and_then(|(_, value)| value.literal());
                    if let Some(url) = url {
                        note(
                            reader,
                            argument.span,
                            None,
                            on,
                            &Text::from(url),
                            false,
                            None,
                        );
                    }
                }
            }
            if let Some(path) = arguments
                .first()
                .and_then(|seen| seen.text.clone())
                .filter(|path| path.known_prefix().starts_with('/'))
            {
                note(reader, expr.span, None, on, &path, false, None);
            }
        }
        "use" if is_router => match arguments.first().and_then(|seen| seen.text.clone()) {
            Some(path) if path.known_prefix().starts_with('/') => {
                note(reader, expr.span, None, on, &path, true, None);
            }
            _ => {
                let harmless = call.arguments.iter().all(|argument| {
                    argument.call().is_some_and(|call| {
                        matches!(
                            call.path(),
                            "express.json"
                                | "cors"
                                | "helmet"
                                | "morgan"
                                | "bodyParser.json"
                                | "bodyParser.urlencoded"
                                | "express.urlencoded"
                                | "cookieParser"
                                | "compression"
                                | "session"
                        )
                    }) || matches!(argument.kind, Kind::Function(_))
                });
                if !harmless {
                    reader.program.routes_others = true;
                }
            }
        },
        "register" | "setGlobalPrefix" | "setupSwagger" if is_router => {
            reader.program.routes_others = true;
        }
        _ => {}
    }
}

fn rust<'p>(reader: &mut Reader<'p>, expr: &'p Expr, call: &'p Call, arguments: &[Seen]) {
    let path = arguments
        .first()
        .and_then(|seen| seen.text.clone())
        .filter(|path| path.known_prefix().starts_with('/'));
    match (call.last(), path) {
        ("route" | "resource" | "route_service", Some(path)) => {
            let span = call
                .arguments
                .first()
                .map_or(expr.span, |argument| argument.span);
            note(
                reader,
                span,
                None,
                None,
                &path,
                false,
                call.arguments.get(1),
            );
        }
        ("nest" | "nest_service" | "scope" | "mount", Some(path)) => {
            reader.program.routes_others = true;
            note(reader, expr.span, None, None, &path, true, None);
        }
        (
            "fallback" | "fallback_service" | "merge" | "path!" | "wrap_fn" | "default_service",
            _,
        ) => {
            reader.program.routes_others = true;
        }
        ("path", Some(path)) if call.path() == "warp.path" => {
            reader.program.routes_others = true;
            note(reader, expr.span, None, None, &path, false, None);
        }
        _ => {}
    }
}

fn csharp<'p>(
    reader: &mut Reader<'p>,
    expr: &'p Expr,
    call: &'p Call,
    on: Option<&Seen>,
    arguments: &[Seen],
) {
    let path = arguments.first().and_then(|seen| seen.text.clone());
    match call.last() {
        "MapGet" | "MapPost" | "MapPut" | "MapDelete" | "MapPatch" | "MapHealthChecks"
        | "MapMethods" => {
            let Some(path) = path else { return };
            let mut full = path.clone();
            if !full.known_prefix().starts_with('/') {
                full = Text::from("/");
                full.push(&path);
            }
            let method = call
                .last()
                .strip_prefix("Map")
                .filter(|method| is_method(&method.to_ascii_uppercase()));
            note(
                reader,
                expr.span,
                method.map(str::to_ascii_uppercase).as_deref(),
                on,
                &full,
                false,
                call.arguments.get(1),
            );
        }
        "UseHealthChecks" => {
            if let Some(path) = path {
                note(reader, expr.span, None, None, &path, false, None);
            }
        }
        "MapMetrics" | "UseMetricServer" => {
            note(
                reader,
                expr.span,
                None,
                None,
                &path.unwrap_or_else(|| Text::from("/metrics")),
                false,
                None,
            );
        }
        "MapControllers"
        | "UseStaticFiles"
        | "MapRazorPages"
        | "MapGroup"
        | "MapBlazorHub"
        | "MapDefaultEndpoints"
        | "MapControllerRoute"
        | "MapReverseProxy"
        | "UseSwagger"
        | "MapGrpcService" => {
            reader.program.routes_others = true;
        }
        _ => {}
    }
}

/// A function with the path it serves in its annotations.
pub(crate) fn function<'p>(reader: &mut Reader<'p>, expr: &'p Expr, function: &'p Function) {
    for annotation in &function.annotations {
        let mut calls = Vec::new();
        annotation.walk(&mut |expr| calls.extend(expr.call().map(|call| (expr.span, call))));
        for (span, call) in calls {
            annotated(reader, expr, span, call);
        }
    }
}

fn annotated<'p>(reader: &mut Reader<'p>, handler: &'p Expr, span: Span, call: &'p Call) {
    let last = call.last().trim_start_matches('@');
    let literal = call
        .arguments
        .first()
        .or_else(|| call.named("value"))
        .or_else(|| call.named("path"))
        .or_else(|| call.named("rule"));
    let paths: Vec<&Expr> = match literal.map(|literal| &literal.kind) {
        Some(Kind::List(items)) => items.iter().collect(),
        _ => literal.into_iter().collect(),
    };
    let (method, known) = match (reader.file.language, last) {
        (Language::Python, "route" | "api_route" | "websocket")
        | (Language::Java, "RequestMapping" | "Path" | "Get" | "Post") => (None, true),
        (
            Language::Python | Language::Rust,
            "get" | "post" | "put" | "delete" | "patch" | "head",
        ) => (Some(last.to_ascii_uppercase()), true),
        (
            Language::Java,
            "GetMapping" | "PostMapping" | "PutMapping" | "DeleteMapping" | "PatchMapping",
        ) => (
            Some(last.trim_end_matches("Mapping").to_ascii_uppercase()),
            true,
        ),
        (
            Language::TypeScript | Language::JavaScript,
            "Get" | "Post" | "Put" | "Delete" | "Patch" | "All",
        ) => (
            Some(last.to_ascii_uppercase()).filter(|method| method != "ALL"),
            true,
        ),
        (Language::CSharp, "HttpGet" | "HttpPost" | "HttpPut" | "HttpDelete" | "Route") => {
            reader.program.routes_others = true;
            (last.strip_prefix("Http").map(str::to_ascii_uppercase), true)
        }
        _ => (None, false),
    };
    if !known {
        return;
    }
    let around: String = reader.around.concat();
    let on_prefix = match reader.file.language {
        Language::Python => reader.named(call.receiver()).prefix,
        _ => None,
    };
    if paths.is_empty()
        && matches!(reader.file.language, Language::Java | Language::TypeScript)
        && !around.is_empty()
    {
        note(
            reader,
            span,
            method.as_deref(),
            None,
            &Text::from(around.as_str()),
            false,
            Some(handler),
        );
        return;
    }
    for path in paths {
        let seen = reader.see(path);
        let Some(text) = seen.text else {
            reader.program.routes_others = true;
            continue;
        };
        let mut whole = on_prefix.clone().unwrap_or_default();
        whole.push_str(&around);
        if !text.known_prefix().starts_with('/') && !whole.known_suffix().ends_with('/') {
            whole.push_str("/");
        }
        whole.push(&text);
        note(
            reader,
            span,
            method.as_deref(),
            None,
            &whole,
            false,
            Some(handler),
        );
    }
}

/// The path that a controller's class puts before its methods'.
pub(crate) fn class<'p>(reader: &mut Reader<'p>, class: &'p Class) {
    for annotation in &class.annotations {
        annotation.walk(&mut |expr| {
            let Some(call) = expr.call() else { return };
            let last = call.last().trim_start_matches('@');
            if !matches!(
                last,
                "RequestMapping" | "Controller" | "Path" | "RestController" | "Route"
            ) {
                return;
            }
            let literal = call
                .arguments
                .first()
                .or_else(|| call.named("value"))
                .or_else(|| call.named("path"));
            match literal.map(|literal| literal.literal()) {
                Some(Some(path)) if !path.is_empty() && last != "RestController" => {
                    let path = path.trim_matches('/');
                    if !path.is_empty() && !path.contains('[') {
                        reader.around.push(format!("/{path}"));
                    }
                }
                Some(None) => reader.program.routes_others = true,
                _ => {}
            }
        });
    }
}

/// `req.url === "/health"`.
pub(crate) fn compared<'p>(
    reader: &mut Reader<'p>,
    expr: &'p Expr,
    left: &'p Expr,
    right: &'p Expr,
) {
    let is_path = left.path().is_some_and(|path| {
        matches!(
            path.rsplit('.').next().unwrap_or_default(),
            "url" | "pathname" | "path" | "Path" | "RequestURI"
        ) && path.contains('.')
    });
    if let (true, Some(text)) = (is_path, right.literal())
        && text.starts_with('/')
    {
        note(
            reader,
            expr.span,
            None,
            None,
            &Text::from(text),
            false,
            None,
        );
        reader.program.routes_others = true;
    }
}

/// Maps that say routes are read with the call that takes them.
pub(crate) fn map(_reader: &mut Reader<'_>, _entries: &[(Expr, Expr)]) {}

/// What routes on the result of a call start with: groups, blueprints, routers.
pub(crate) fn prefix(
    reader: &mut Reader<'_>,
    call: &Call,
    on: Option<&Seen>,
    arguments: &[Seen],
    named: &[(&str, Seen)],
) -> Option<Text> {
    let own = match call.last() {
        "Group" | "group" | "MapGroup" => arguments.first()?.text.clone()?,
        "APIRouter" => named
            .iter()
            .find(|(name, _)| *name == "prefix")?
            .1
            .text
            .clone()?,
        "Blueprint" => named
            .iter()
            .find(|(name, _)| *name == "url_prefix")?
            .1
            .text
            .clone()?,
        _ => return None,
    };
    if !own.known_prefix().starts_with('/') && !own.is_empty() {
        if own.literal().is_none() {
            reader.program.routes_others = true;
        }
        return None;
    }
    let mut whole = on.and_then(|on| on.prefix.clone()).unwrap_or_default();
    whole.push(&own);
    Some(whole)
}

fn note<'p>(
    reader: &mut Reader<'p>,
    span: Span,
    method: Option<&str>,
    on: Option<&Seen>,
    path: &Text,
    prefix: bool,
    handler: Option<&'p Expr>,
) {
    let mut whole = on.and_then(|on| on.prefix.clone()).unwrap_or_default();
    whole.push(path);
    if whole.literal().is_none() {
        reader.program.routes_others = true;
    }
    if let (Some(path), Some(handler)) = (whole.literal(), handler) {
        reader.handlers.push((path.to_owned(), handler));
    }
    let known = reader.program.routes.iter().any(|route| {
        route.path == whole && route.method.as_deref() == method && route.span == span
    });
    if !known {
        reader.program.routes.push(Route {
            method: method.map(Into::into),
            path: whole,
            prefix,
            span,
            port: None,
        });
    }
}

fn literal(seen: &Seen) -> Option<&str> {
    seen.text.as_ref()?.literal()
}

fn is_method(word: &str) -> bool {
    matches!(
        word,
        "GET" | "POST" | "PUT" | "DELETE" | "PATCH" | "HEAD" | "OPTIONS"
    )
}
