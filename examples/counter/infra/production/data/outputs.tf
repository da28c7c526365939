# Rendered by Seaworthy from seaworthy.yaml (environments.production).
# Change that, or add a file under patches/: changes made here are not kept.

output "kms_key_arn" {
  description = "Key of databases, secrets, buckets and backups."
  value       = module.key.arn
}

output "master_secret_arns" {
  description = "By database: the secret with the master password, which RDS makes and rotates."
  value = {
    counter = module.database_counter.master_secret_arn
  }
}

output "secret_arns" {
  description = "By database and who uses it: the secret with endpoint, role and password."
  value = {
    counter = module.secrets_counter.arns
  }
}

output "client_security_group_ids" {
  description = "By database and workload: the security group that lets its pods reach the database."
  value = {
    counter = module.database_counter.client_security_group_ids
  }
}

output "dump_write_policy" {
  description = "By database: what writes its dumps may do."
  value = {
    counter = module.dumps_counter.write_policy
  }
}

output "dump_restore_policy" {
  description = "By database: what restores its dumps may do."
  value = {
    counter = module.dumps_counter.restore_policy
  }
}
