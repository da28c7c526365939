//! Backup, retention and the safety of data.

mod backup_bucket_destroyable;
mod backup_client_older_than_server;
mod backup_engine_mismatch;
mod backup_schedule_implausible;
mod backups_die_with_database;
mod buckets;
mod cron;
mod databases;
mod retention_below_requirement;
mod schedules;
mod schema_migration_in_every_replica;

use crate::Rule;

pub(crate) const RULES: &[Rule] = &[
    backup_bucket_destroyable::RULE,
    backup_client_older_than_server::RULE,
    backup_engine_mismatch::RULE,
    backup_schedule_implausible::RULE,
    backups_die_with_database::RULE,
    retention_below_requirement::RULE,
    schema_migration_in_every_replica::RULE,
];
