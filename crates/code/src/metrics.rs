//! Metrics that a program registers.

use seaworthy_facts::{Language, Text};

use crate::reader::{Reader, Seen};
use crate::syntax::{Call, Expr};

/// A call that makes a metric.
pub(crate) fn call<'p>(
    reader: &mut Reader<'p>,
    call: &'p Call,
    arguments: &[Seen],
    named: &[(&'p str, Seen)],
) {
    let name = match (reader.file.language, call.last()) {
        (Language::Python, "Counter" | "Gauge" | "Histogram" | "Summary" | "Info" | "Enum")
            if reader.file.text.contains("prometheus_client") =>
        {
            arguments.first().or_else(|| {
                named
                    .iter()
                    .find(|(name, _)| *name == "name")
                    .map(|(_, seen)| seen)
            })
        }
        (
            Language::Rust,
            "counter!"
            | "gauge!"
            | "histogram!"
            | "register_counter!"
            | "register_int_counter!"
            | "register_gauge!"
            | "register_int_gauge!"
            | "register_histogram!"
            | "register_counter_vec!"
            | "register_int_counter_vec!"
            | "register_histogram_vec!"
            | "describe_counter!",
        )
        | (
            Language::CSharp,
            "CreateCounter" | "CreateGauge" | "CreateHistogram" | "CreateSummary",
        ) => arguments.first(),
        (Language::Java, "builder" | "counter" | "timer" | "gauge")
            if reader.file.text.contains("io.micrometer")
                || reader.file.text.contains("io.prometheus") =>
        {
            arguments.first()
        }
        _ => None,
    };
    let Some(text) = name
        .and_then(|name| name.text.clone())
        .filter(|text| !text.is_empty())
    else {
        return;
    };
    let span = call
        .arguments
        .first()
        .map_or(call.callee.span, |argument| argument.span);
    reader.program.metrics.push((text, span));
}

/// `prometheus.CounterOpts{Name: "x"}` and `new client.Counter({ name: "x" })`.
pub(crate) fn map<'p>(reader: &mut Reader<'p>, of: Option<&str>, entries: &'p [(Expr, Expr)]) {
    let value = |name: &str| {
        entries
            .iter()
            .find(|(key, _)| Reader::key(key) == Some(name))
            .map(|(_, value)| value)
    };
    let name = match reader.file.language {
        Language::Go if of.is_some_and(|of| of.ends_with("Opts") && of.contains("prometheus.")) => {
            value("Name")
        }
        Language::JavaScript | Language::TypeScript
            if reader.file.text.contains("prom-client") && value("help").is_some() =>
        {
            value("name")
        }
        _ => None,
    };
    let Some(name) = name else { return };
    let span = name.span;
    let mut whole = Text::default();
    for part in ["Namespace", "Subsystem"] {
        if let Some(part) = value(part)
            && let Some(text) = reader.see(part).text
            && !text.is_empty()
        {
            whole.push(&text);
            whole.push_str("_");
        }
    }
    let Some(text) = reader.see(name).text else {
        return;
    };
    whole.push(&text);
    reader.program.metrics.push((whole, span));
}
