//! Commands that change a database's schema and take no lock while they do.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::{Date, Knowledge};

/// A command that migrates without a lock.
#[derive(Debug, Deserialize)]
pub struct Migration {
    /// The tool: `Django`.
    pub tool: String,
    words: Vec<String>,
    #[serde(default)]
    alone: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Table {
    read: Date,
    command: Vec<Migration>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    toml::from_str(include_str!("../data/migrations.toml")).expect("the table is tested")
});

impl Knowledge {
    /// The migration that a command line runs, if its tool takes no lock.
    pub fn migration_without_lock(&self, command: &str) -> Option<&'static Migration> {
        // Parts of a line are commands of their own, and what one does says nothing about another.
        command
            .split(['\n', ';'])
            .flat_map(|part| part.split("&&"))
            .flat_map(|part| part.split("||"))
            .find_map(|part| {
                let words: Vec<&str> = part
                    .split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '(' | ')'))
                    .collect();
                TABLE.command.iter().find(|migration| migration.is(&words))
            })
    }

    /// The day that the table of migrations was read.
    pub fn migrations_read(&self) -> Date {
        TABLE.read
    }
}

impl Migration {
    fn is(&self, words: &[&str]) -> bool {
        let mut rest = words.iter();
        let program = |word: &str| word.rsplit('/').next().unwrap_or(word).to_owned();
        self.words
            .iter()
            .all(|wanted| rest.any(|word| program(word) == *wanted))
            && !self.alone.iter().any(|word| words.contains(&word.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_are_known_by_their_words() {
        let tool = |command| {
            Knowledge
                .migration_without_lock(command)
                .map(|migration| migration.tool.as_str())
        };
        assert_eq!(
            tool("python manage.py syncdb --noinput && ./manage.py migrate"),
            Some("Django")
        );
        assert_eq!(
            tool("/venv/bin/alembic -c alembic.ini upgrade head"),
            Some("Alembic")
        );
        assert_eq!(tool("php artisan migrate --force --isolated"), None);
        assert_eq!(tool("python manage.py runserver && echo migrate"), None);
        assert_eq!(tool("bundle exec rails db:migrate"), None);
        assert_eq!(Knowledge.migrations_read().year, 2026);
    }
}
