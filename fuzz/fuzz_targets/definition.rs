//! Any bytes: reading, resolving, checking, explaining and rendering never panic, and places stay within the file.

#![no_main]

use libfuzzer_sys::fuzz_target;
use seaworthy_definition::Definition;
use seaworthy_diagnostics::json;
use seaworthy_diagnostics::text::{self, Colour};

fuzz_target!(|bytes: &[u8]| {
    let (definition, _) = Definition::read("seaworthy.yaml", bytes);
    let diagnostics = definition.check();
    let source = definition.source();
    for diagnostic in &diagnostics {
        for label in &diagnostic.labels {
            assert!(label.span.start <= label.span.end && label.span.end <= source.text().len());
        }
    }
    text::render(&diagnostics, &[source], Colour::Never);
    json::render(&diagnostics, &[source]);
    let environment = definition.environment_names().next().map(str::to_owned);
    let _ = definition.explain("", environment.as_deref());
    for path in definition.declared().take(3) {
        let _ = definition.explain(&path, environment.as_deref());
    }
});
