//! Handlers of health paths that look at nothing their program depends on.

use seaworthy_facts::code::HealthIgnores;

use crate::reader::Reader;
use crate::syntax::{Call, Expr, Kind};

/// How far a handler's own functions are followed.
const DEPTH: usize = 3;

/// Notes them, once all of a program is read.
pub(crate) fn note(reader: &mut Reader<'_>) {
    let dependency = reader
        .program
        .connections
        .iter()
        .find(|connection| matches!(&*connection.scheme, "postgres" | "mysql" | "mongodb"))
        .map(|connection| connection.span)
        .or_else(|| reader.connects.first().copied());
    let Some(dependency) = dependency else { return };
    let handlers = std::mem::take(&mut reader.handlers);
    for (path, handler) in &handlers {
        if !is_health(path) {
            continue;
        }
        let Some((body, span)) = body(reader, handler) else {
            continue;
        };
        let mut looks = false;
        for expr in body {
            looks |= looks_at_something(reader, expr, DEPTH);
        }
        if looks
            || reader
                .program
                .health_ignores
                .iter()
                .any(|known| known.handler == span)
        {
            continue;
        }
        let shared = reader.shared.first().copied();
        reader.program.health_ignores.push(HealthIgnores {
            path: path.as_str().into(),
            handler: span,
            dependency,
            shared,
        });
    }
}

fn is_health(path: &str) -> bool {
    let last = path
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    [
        "health",
        "ready",
        "readiness",
        "readyz",
        "healthz",
        "live",
        "liveness",
        "livez",
        "status",
        "ping",
        "up",
    ]
    .iter()
    .any(|word| last == *word)
        || last.starts_with("health")
        || last.starts_with("ready")
}

type Body<'p> = (&'p [Expr], seaworthy_facts::Span);

fn body<'p>(reader: &Reader<'p>, handler: &'p Expr) -> Option<Body<'p>> {
    match &handler.kind {
        Kind::Function(function) => Some((&function.body, handler.span)),
        Kind::Path(path) => {
            let function = reader.function(path)?;
            Some((&function.body, function.span))
        }
        // `http.HandlerFunc(ready)`, `get(ready)`.
        Kind::Call(call) if call.arguments.len() == 1 => body(reader, &call.arguments[0]),
        _ => None,
    }
}

/// Whether anything within may look at a dependency: whatever is called and not known to be harmless.
fn looks_at_something<'p>(reader: &Reader<'p>, expr: &'p Expr, depth: usize) -> bool {
    let mut looks = false;
    expr.walk(&mut |expr| {
        if looks {
            return;
        }
        let Kind::Call(call) = &expr.kind else { return };
        if is_harmless(call) {
            return;
        }
        looks = match reader.function(call.last()) {
            Some(function) if depth > 0 && !matches!(call.callee.kind, Kind::Member(..)) => {
                function
                    .body
                    .iter()
                    .any(|expr| looks_at_something(reader, expr, depth - 1))
            }
            _ => true,
        };
    });
    looks
}

fn is_harmless(call: &Call) -> bool {
    if crate::names::is_log(call) || crate::names::puts_together(call) {
        return true;
    }
    matches!(
        call.path(),
        "fmt.Fprintln"
            | "fmt.Fprintf"
            | "fmt.Fprint"
            | "json.NewEncoder"
            | "jsonify"
            | "Response"
            | "JSONResponse"
            | "PlainTextResponse"
            | "HttpResponse"
            | "JsonResponse"
            | "time.Now"
            | "time.Since"
            | "datetime.now"
            | "Date"
            | "Date.now"
            | "process.uptime"
            | "StatusCode.OK"
            | "Json"
            | "json!"
            | "ResponseEntity.ok"
            | "Results.Ok"
            | "Ok"
            | "io.WriteString"
            | "Map.of"
            | "HttpResponse.Ok"
            | "datetime.utcnow"
            | "atomic.LoadInt32"
            | "http.Error"
            | "gin.H"
            | "make_response"
            | "[]byte"
            | "byte"
            | "new"
            | "len"
            | "str"
            | "panic"
            | "os.Exit"
    ) || matches!(
        call.last(),
        "WriteHeader"
            | "Write"
            | "Set"
            | "Header"
            | "Lock"
            | "Unlock"
            | "RLock"
            | "RUnlock"
            | "Load"
            | "Encode"
            | "JSON"
            | "String"
            | "Status"
            | "SendStatus"
            | "SendString"
            | "NoContent"
            | "status"
            | "json"
            | "send"
            | "sendStatus"
            | "end"
            | "writeHead"
            | "setHeader"
            | "write"
            | "isoformat"
            | "toISOString"
            | "set"
            | "type"
            | "code"
            | "body"
            | "finish"
            | "build"
            | "into_response"
            | "to_string"
            | "into"
            | "header"
            | "WriteString"
            | "Data"
            | "Inc"
            | "Dec"
            | "observe"
            | "inc"
            | "Observe"
            | "WithLabelValues"
    )
}
