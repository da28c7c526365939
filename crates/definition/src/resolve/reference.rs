//! References: in `env`, where they are replaced; in `uses`; and where they may not stand.

use std::collections::BTreeSet;
use std::ops::Range;

use indexmap::IndexMap;
use seaworthy_diagnostics::{Diagnostic, Span, suggest};

use super::{Resolver, Scope};
use crate::model::{BucketName, DatabaseName, Part, Resource, SecretName, ServiceName, Template};
use crate::read::part;
use crate::shape::form::References;
use crate::shape::{Object, PLATFORM, Shape, all_of};
use crate::template::{Piece, Thing, pieces};
use crate::value::{Kind, Value};

impl Resolver<'_> {
    /// The variables of a service or job, and what they use. `owner` is the service itself.
    pub(super) fn env(
        &mut self,
        scope: &Scope<'_>,
        owner: Option<&ServiceName>,
    ) -> (IndexMap<String, Template>, BTreeSet<Resource>) {
        let mut uses = BTreeSet::new();
        let mut env = IndexMap::new();
        for (name, value) in scope.names("env") {
            let template = match value.as_text() {
                Some(text) => self.template(text, value.span, owner),
                None => Template::literal(""),
            };
            for resource in template.uses() {
                if Some(resource.name()) != owner.map(ServiceName::as_str) {
                    uses.insert(resource);
                }
            }
            env.insert(name.to_owned(), template);
        }
        (env, uses)
    }

    fn template(&mut self, text: &str, span: Span, owner: Option<&ServiceName>) -> Template {
        let mut parts = Vec::new();
        for piece in pieces(text) {
            match piece {
                Piece::Literal(literal) => parts.push(Part::Literal(literal)),
                Piece::Reference {
                    name,
                    attribute,
                    at,
                } => {
                    let place = part(self.source, span, text, at.clone());
                    if let Some(reference) = self.reference(&name, &attribute, place, owner) {
                        parts.push(Part::Reference(reference));
                    }
                }
                Piece::Other { inside, at } => self.no_reference(&inside, text, span, at),
                Piece::Unclosed { at } => {
                    let place = part(self.source, span, text, at);
                    self.report(
                        Diagnostic::error(
                            "definition/reference-form",
                            "a reference without its `}`",
                        )
                        .primary(place, "opened here")
                        .hint(
                            "write `${name.attribute}`, or `$${` for the two characters themselves",
                        ),
                    );
                }
            }
        }
        Template { parts }
    }

    fn no_reference(&mut self, inside: &str, text: &str, span: Span, at: Range<usize>) {
        let place = part(self.source, span, text, at);
        let diagnostic = Diagnostic::error(
            "definition/reference-form",
            format!("`${{{inside}}}` is not a reference"),
        )
        .primary(place, "expected `${name.attribute}`");
        let diagnostic = match self.names.get(inside) {
            Some((thing, _)) if !thing.attributes().is_empty() => diagnostic.hint(format!(
                "`{inside}` is a {}: ask for one of {}, such as `${{{inside}.{}}}`",
                thing.noun(),
                all_of(thing.attributes().iter().copied()),
                thing.attributes()[0],
            )),
            _ if inside.starts_with("resources.") => {
                diagnostic.hint("Score's `resources.` is left out here: write `${name.attribute}`")
            }
            _ => diagnostic.hint(format!(
                "variables of the machine are not replaced here; write `$${{{inside}}}` for the text itself"
            )),
        };
        self.report(diagnostic);
    }

    fn reference(
        &mut self,
        name: &str,
        attribute: &str,
        place: Span,
        owner: Option<&ServiceName>,
    ) -> Option<crate::model::Reference> {
        let Some((thing, declared)) = self.names.get(name) else {
            if self.names.incomplete {
                return None;
            }
            let near = self
                .names
                .nearest(name, |thing| thing.attributes().contains(&attribute))
                .or_else(|| self.names.nearest(name, |_| true))
                .map(str::to_owned);
            let diagnostic = Diagnostic::error(
                "definition/unknown-reference",
                format!("nothing is called `{name}`"),
            )
            .primary(place, "refers to nothing");
            let diagnostic = match near {
                Some(near) => {
                    let written = format!("${{{near}.{attribute}}}");
                    diagnostic.hint(format!("did you mean `{written}`?")).fix(
                        format!("write `{written}`"),
                        place,
                        written,
                    )
                }
                None => self.what_there_is(diagnostic, |thing| !thing.attributes().is_empty()),
            };
            self.report(diagnostic);
            return None;
        };
        let Some(reference) = thing.reference(name, attribute) else {
            self.unknown_attribute(thing, name, attribute, place, declared);
            return None;
        };
        if let Resource::Service(used) = reference.resource() {
            self.addresses.push((used.clone(), place));
            if let Some(owner) = owner.filter(|owner| **owner != used) {
                self.edges.push((owner.clone(), used, place));
            }
        }
        Some(reference)
    }

    fn unknown_attribute(
        &mut self,
        thing: Thing,
        name: &str,
        attribute: &str,
        place: Span,
        declared: Span,
    ) {
        if thing.attributes().is_empty() {
            self.report(
                Diagnostic::error(
                    "definition/unknown-attribute",
                    format!("the {} `{name}` has nothing to refer to", thing.noun()),
                )
                .primary(place, "")
                .secondary(declared, format!("a {}", thing.noun())),
            );
            return;
        }
        let synonym = match attribute {
            "username" => Some("user"),
            "database" | "dbname" | "db" => Some("name"),
            "hostname" | "address" | "addr" | "endpoint" => Some("host"),
            "pass" => Some("password"),
            "uri" | "dsn" | "connection_string" => Some("url"),
            "ca" | "cacert" | "ca_cert" => Some("sslrootcert"),
            _ => None,
        };
        let near = suggest(attribute, thing.attributes().iter().copied())
            .or(synonym.filter(|synonym| thing.attributes().contains(synonym)));
        let diagnostic = Diagnostic::error(
            "definition/unknown-attribute",
            format!(
                "the {} `{name}` has no attribute `{attribute}`",
                thing.noun()
            ),
        )
        .primary(
            place,
            format!(
                "a {} has {}",
                thing.noun(),
                all_of(thing.attributes().iter().copied())
            ),
        )
        .secondary(declared, format!("a {}", thing.noun()));
        self.report(match near {
            Some(near) => {
                let written = format!("${{{name}.{near}}}");
                diagnostic.hint(format!("did you mean `{written}`?")).fix(
                    format!("write `{written}`"),
                    place,
                    written,
                )
            }
            None => diagnostic,
        });
    }

    /// A hint with what is declared, where it is not much.
    fn what_there_is(&self, diagnostic: Diagnostic, fits: impl Fn(Thing) -> bool) -> Diagnostic {
        let names: Vec<&str> = self.names.all(fits).take(8).collect();
        if names.is_empty() {
            diagnostic.hint("nothing is declared yet that can be referred to: add it under `databases:`, `secrets:` or `buckets:`")
        } else {
            diagnostic.hint(format!("what is declared: {}", all_of(names)))
        }
    }

    /// The things that `uses` names.
    pub(super) fn uses(
        &mut self,
        scope: &Scope<'_>,
        owner: Option<&ServiceName>,
    ) -> BTreeSet<Resource> {
        let mut uses = BTreeSet::new();
        for item in scope.list("uses") {
            let Some(name) = item.as_text() else { continue };
            let resource = match self.names.get(name) {
                Some((Thing::Service, _)) => {
                    let used = ServiceName::new(name);
                    if let Some(owner) = owner {
                        if *owner == used {
                            self.report(
                                Diagnostic::error(
                                    "definition/uses-itself",
                                    format!("the service `{name}` uses itself"),
                                )
                                .primary(item.span, "this is the service itself")
                                .hint("leave it out"),
                            );
                            continue;
                        }
                        self.edges.push((owner.clone(), used.clone(), item.span));
                    }
                    Resource::Service(used)
                }
                Some((Thing::Database, _)) => Resource::Database(DatabaseName::new(name)),
                Some((Thing::Bucket, _)) => Resource::Bucket(BucketName::new(name)),
                Some((Thing::Secret, _)) => Resource::Secret(SecretName::new(name)),
                Some((Thing::Job, place)) => {
                    self.report(
                        Diagnostic::error(
                            "definition/unknown-reference",
                            format!("the job `{name}` cannot be used"),
                        )
                        .primary(item.span, "")
                        .secondary(place, "a job runs and ends, and offers nothing")
                        .hint("a service uses services, databases, buckets and secrets"),
                    );
                    continue;
                }
                None => {
                    self.unknown_use(name, item.span);
                    continue;
                }
            };
            uses.insert(resource);
        }
        uses
    }

    fn unknown_use(&mut self, name: &str, place: Span) {
        if self.names.incomplete {
            return;
        }
        let near = self
            .names
            .nearest(name, |thing| thing != Thing::Job)
            .map(str::to_owned);
        let diagnostic = Diagnostic::error(
            "definition/unknown-reference",
            format!("nothing is called `{name}`"),
        )
        .primary(place, "used here, declared nowhere");
        let diagnostic = match near {
            Some(near) => diagnostic.hint(format!("did you mean `{near}`?")).fix(
                format!("write `{near}`"),
                place,
                near,
            ),
            None => self.what_there_is(diagnostic, |thing| thing != Thing::Job),
        };
        self.report(diagnostic);
    }

    /// Reports references where they are not replaced: in a host, a path, a command.
    pub(super) fn misplaced_references(&mut self, root: &Value) {
        let mut found = Vec::new();
        collect_object(root, &PLATFORM, &mut Vec::new(), &mut found);
        for (text, span, path, literal) in found {
            for piece in pieces(&text) {
                match piece {
                    Piece::Reference {
                        name,
                        attribute,
                        at,
                    } => {
                        let known = self.names.get(&name);
                        let place = part(self.source, span, &text, at);
                        let secret = known
                            .and_then(|(thing, _)| thing.reference(&name, &attribute))
                            .is_some_and(|reference| reference.is_secret());
                        if secret {
                            self.report(
                                Diagnostic::error(
                                    "definition/secret-published",
                                    format!("the secret `${{{name}.{attribute}}}` stands in `{path}`, where it would be published"),
                                )
                                .primary(place, "a secret")
                                .note("commands, hosts and paths are seen by everyone who sees the cluster or its logs")
                                .hint("give it to the service as a variable under `env:`, and read that"),
                            );
                        } else if !literal || known.is_some() {
                            self.report(
                                Diagnostic::error("definition/reference-misplaced", format!("a reference in `{path}`, where none is replaced"))
                                    .primary(place, "references are replaced in `env` only")
                                    .hint(if literal {
                                        "give it to the service as a variable under `env:`, and read that; `$${` is a literal `${`"
                                    } else {
                                        "write the value itself"
                                    }),
                            );
                        }
                    }
                    Piece::Other { at, .. } | Piece::Unclosed { at } if !literal => {
                        let place = part(self.source, span, &text, at);
                        self.report(
                            Diagnostic::error("definition/reference-misplaced", format!("a variable in `{path}`, where none is replaced"))
                                .primary(place, "")
                                .hint("write the value itself; what differs between environments stands under their `override:`"),
                        );
                    }
                    _ => {}
                }
            }
        }
    }
}

type Found = (String, Span, String, bool);

fn collect_object(
    value: &Value,
    object: &'static Object,
    path: &mut Vec<String>,
    found: &mut Vec<Found>,
) {
    let Some(map) = value.as_map() else { return };
    for (name, value) in &map.entries {
        if let Some(key) = object.key(name) {
            path.push(name.clone());
            collect(value, key.shape, path, found);
            path.pop();
        }
    }
}

fn collect(value: &Value, shape: &'static Shape, path: &mut Vec<String>, found: &mut Vec<Found>) {
    match (shape, &value.kind) {
        (Shape::Object(object) | Shape::Short { long: object, .. }, _) => {
            collect_object(value, object, path, found);
        }
        // What is overridden was laid over the base for the environment that it belongs to.
        (Shape::Override, _) => {}
        (Shape::Names { value: shape, .. }, Kind::Map(map)) => {
            for (name, value) in &map.entries {
                path.push(name.clone());
                collect(value, shape, path, found);
                path.pop();
            }
        }
        (Shape::List(shape), Kind::List(items)) => {
            for item in items {
                collect(item, shape, path, found);
            }
        }
        (_, Kind::Scalar(text)) if text.contains("${") => {
            let references = match shape {
                Shape::Text(form) => form.references,
                _ => References::Refused,
            };
            if references != References::Replaced {
                found.push((
                    text.clone(),
                    value.span,
                    path.join("."),
                    references == References::Literal,
                ));
            }
        }
        _ => {}
    }
}
