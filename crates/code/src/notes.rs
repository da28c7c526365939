//! Hands what is met on the way to those who know about it.

use crate::reader::{Reader, Seen};
use crate::syntax::{Call, Class, Expr, Function, Kind};
use crate::{cloud, connections, environment, listens, logs, metrics, routes, settings};

impl<'p> Reader<'p> {
    pub(crate) fn note_text(&mut self, expr: &'p Expr, seen: &Seen) {
        if !self.quiet {
            connections::text(self, expr, seen);
        }
    }

    pub(crate) fn note_assigned(&mut self, name: &str, value: &'p Expr, seen: &Seen) {
        cloud::assigned(self, name, value);
        if !self.quiet {
            settings::assigned(self, name, value, seen);
        }
    }

    pub(crate) fn note_map(
        &mut self,
        expr: &'p Expr,
        of: Option<&str>,
        entries: &'p [(Expr, Expr)],
    ) {
        if !self.quiet {
            listens::map(self, expr, of, entries);
            metrics::map(self, of, entries);
            connections::map(self, expr, entries);
            routes::map(self, entries);
        }
    }

    pub(crate) fn note_call(
        &mut self,
        expr: &'p Expr,
        call: &'p Call,
        on: Option<&Seen>,
        arguments: &[Seen],
        named: &[(&'p str, Seen)],
    ) {
        if self.quiet {
            return;
        }
        listens::call(self, expr, call, arguments, named);
        routes::call(self, expr, call, on, arguments);
        metrics::call(self, call, arguments, named);
        logs::call(self, expr, call, on, arguments, named);
        connections::call(self, expr, call, named);
        cloud::call(self, expr, call, arguments);
        settings::call(self, expr, call, arguments, named);
        if call.path() == "@field"
            && call
                .arguments
                .get(1)
                .and_then(Expr::path)
                .is_some_and(|of| of == "*pgx.Conn")
        {
            self.shared.push(expr.span);
        }
    }

    pub(crate) fn note_function(&mut self, expr: &'p Expr, function: &'p Function) {
        if !self.quiet {
            routes::function(self, expr, function);
        }
    }

    pub(crate) fn note_class(&mut self, expr: &'p Expr, class: &'p Class) {
        for annotation in &class.annotations {
            self.see(annotation);
        }
        environment::settings_class(self, class);
        routes::class(self, class);
        let _ = expr;
    }

    pub(crate) fn note_compared(
        &mut self,
        expr: &'p Expr,
        operator: &str,
        left: &'p Expr,
        right: &'p Expr,
    ) {
        if !self.quiet && matches!(operator, "==" | "===") {
            routes::compared(self, expr, left, right);
        }
    }

    pub(crate) fn made_prefix(
        &mut self,
        call: &'p Call,
        on: Option<&Seen>,
        arguments: &[Seen],
        named: &[(&'p str, Seen)],
    ) -> Option<seaworthy_facts::Text> {
        routes::prefix(self, call, on, arguments, named)
    }

    /// The text of a name that is a literal or known in sight.
    pub(crate) fn key(entry: &Expr) -> Option<&str> {
        match &entry.kind {
            Kind::Path(path) => Some(path),
            _ => entry.literal(),
        }
    }
}
