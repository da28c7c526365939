//! Databases.

use seaworthy_diagnostics::Diagnostic;

use super::{Resolver, Scope};
use crate::data;
use crate::model::{
    Backup, Database, DatabaseEngine, DatabaseName, DatabaseService, DatabaseSize, Rhythm, Span,
};

const DAY: u64 = 86_400;

impl Resolver<'_> {
    pub(super) fn database(&mut self, name: DatabaseName, scope: &Scope<'_>) -> Database {
        self.known_version(&name, scope);
        self.readers_of_aurora(&name, scope);
        Database {
            was: scope.owned("was").map(DatabaseName::new),
            engine: DatabaseEngine::Postgres,
            version: scope.number("version"),
            service: match scope.text("service") {
                Some("aurora") => DatabaseService::Aurora,
                _ => DatabaseService::Rds,
            },
            size: match scope.text("size") {
                Some("medium") => DatabaseSize::Medium,
                Some("large") => DatabaseSize::Large,
                _ => DatabaseSize::Small,
            },
            readers: scope.number("readers"),
            high_availability: scope.boolean("high_availability"),
            backup: self.backup(&scope.object("backup")),
            name,
        }
    }

    /// A replica of a PostgreSQL instance whose master password RDS manages is refused by AWS, and ours always is managed.
    fn readers_of_aurora(&mut self, name: &DatabaseName, scope: &Scope<'_>) {
        let wanted: u32 = scope.number("readers");
        if let Some(readers) = scope
            .get("readers")
            .filter(|_| wanted > 0 && scope.text("service") != Some("aurora"))
        {
            self.report(
                Diagnostic::error(
                    "definition/readers",
                    format!("the database `{name}` cannot have readers in RDS"),
                )
                .primary(
                    readers.span,
                    "AWS makes no replica of a PostgreSQL instance whose master password it manages",
                )
                .hint("write `service: aurora`, which has readers; a standby needs none of them: `high_availability: true`"),
            );
        }
    }

    fn known_version(&mut self, name: &DatabaseName, scope: &Scope<'_>) {
        let versions = data::versions();
        let Some(value) = scope.get("version") else {
            return;
        };
        let Some(version) = value.as_text().and_then(|text| text.parse::<u64>().ok()) else {
            return;
        };
        if versions.postgres_known.contains(&version) {
            return;
        }
        let known: Vec<String> = versions.postgres_known.iter().map(u64::to_string).collect();
        self.report(
            Diagnostic::warning(
                "definition/version",
                format!(
                    "PostgreSQL {version} of the database `{name}` is not known to this release"
                ),
            )
            .primary(
                value.span,
                format!("AWS offered {} on {}", known.join(", "), versions.seen),
            )
            .hint(format!(
                "leave the version out for {}, the newest of them",
                versions.postgres
            )),
        );
    }

    fn backup(&mut self, scope: &Scope<'_>) -> Backup {
        let mut point_in_time = scope.duration("point_in_time");
        if let Some(value) = scope.get("point_in_time") {
            let seconds = point_in_time.0.as_secs();
            if !(DAY..=35 * DAY).contains(&seconds) || !seconds.is_multiple_of(DAY) {
                self.report(
                    Diagnostic::error(
                        "definition/range",
                        format!(
                            "`{}` cannot be {point_in_time}",
                            scope.path_of("point_in_time")
                        ),
                    )
                    .primary(value.span, "expected whole days, from 1d to 35d")
                    .hint("`keep:` is for what is kept longer"),
                );
                point_in_time = Span::seconds(7 * DAY);
            }
        }
        Backup {
            point_in_time,
            keep: scope.optional_duration("keep"),
            restore_test: match scope.text("restore_test") {
                Some("daily") => Some(Rhythm::Daily),
                Some("weekly") => Some(Rhythm::Weekly),
                Some("monthly") => Some(Rhythm::Monthly),
                _ => None,
            },
        }
    }
}
