//! Notify targets.

use seaworthy_diagnostics::{Diagnostic, suggest};

use super::{Resolver, Scope};
use crate::model::{Channel, Notify, NotifyName, SecretName};
use crate::shape::all_of;
use crate::template::Thing;

impl Resolver<'_> {
    pub(super) fn notify(&mut self, name: NotifyName, scope: &Scope<'_>) -> Option<Notify> {
        let given: Vec<&str> = ["teams", "slack", "webhook", "mail"]
            .into_iter()
            .filter(|key| scope.has(key))
            .collect();
        match given[..] {
            [] => {
                if let Some(value) = scope.value().filter(|_| !scope.is_incomplete()) {
                    self.report(
                        Diagnostic::error("definition/missing-key", format!("the notify target `{name}` says no way"))
                            .primary(value.key, "it needs one of `teams`, `slack`, `webhook` and `mail`")
                            .hint("write `mail: team@example.com`, or `slack:` with the name of the secret that holds the webhook's URL"),
                    );
                }
                return None;
            }
            [_] => {}
            [first, second, ..] => {
                if let (Some(first), Some(second)) = (scope.get(first), scope.get(second)) {
                    self.report(
                        Diagnostic::error(
                            "definition/notify-twice",
                            format!(
                                "the notify target `{name}` has several ways: {}",
                                all_of(given.iter().copied())
                            ),
                        )
                        .primary(second.key, "")
                        .secondary(first.key, "")
                        .hint("declare a target for each; an environment can notify several"),
                    );
                }
            }
        }
        let channel = match given[0] {
            "mail" => Channel::Mail(scope.owned("mail")?),
            key => {
                let secret = self.secret_of(key, scope)?;
                match key {
                    "teams" => Channel::Teams(secret),
                    "slack" => Channel::Slack(secret),
                    _ => Channel::Webhook(secret),
                }
            }
        };
        Some(Notify { name, channel })
    }

    fn secret_of(&mut self, key: &str, scope: &Scope<'_>) -> Option<SecretName> {
        let value = scope.get(key)?;
        let name = value.as_text()?;
        let known = matches!(self.names.get(name), Some((Thing::Secret, _)));
        if !known && !self.names.incomplete {
            let near = self
                .names
                .nearest(name, |thing| thing == Thing::Secret)
                .map(str::to_owned);
            let diagnostic = Diagnostic::error(
                "definition/unknown-reference",
                format!("no secret is called `{name}`"),
            )
            .primary(
                value.span,
                format!("its value is the address that `{key}` posts to"),
            );
            self.report(match near {
                Some(near) => diagnostic.hint(format!("did you mean `{near}`?")).fix(
                    format!("write `{near}`"),
                    value.span,
                    near,
                ),
                None => diagnostic.hint(format!("declare it: `secrets: {{ {name}: {{}} }}`")),
            });
        }
        Some(SecretName::new(name))
    }

    /// The targets that an environment notifies; `declared` is `None` where they could not be read.
    pub(super) fn targets(
        &mut self,
        scope: &Scope<'_>,
        declared: Option<&[String]>,
    ) -> Vec<NotifyName> {
        let mut targets = Vec::new();
        for item in scope.list("notify") {
            let Some(name) = item.as_text() else { continue };
            let Some(declared) = declared else { continue };
            if !declared.iter().any(|target| target == name) {
                let near = suggest(name, declared.iter().map(String::as_str)).map(str::to_owned);
                let diagnostic = Diagnostic::error(
                    "definition/unknown-reference",
                    format!("no notify target is called `{name}`"),
                )
                .primary(item.span, "notified here, declared nowhere");
                self.report(match near {
                    Some(near) => diagnostic.hint(format!("did you mean `{near}`?")).fix(
                        format!("write `{near}`"),
                        item.span,
                        near,
                    ),
                    None => {
                        diagnostic.hint("declare it under `notify:` at the top of the definition")
                    }
                });
                continue;
            }
            targets.push(NotifyName::new(name));
        }
        targets
    }
}
