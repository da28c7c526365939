# Rendered by Seaworthy from seaworthy.yaml (environments.production).
# Change that, or add a file under patches/: changes made here are not kept.

module "key" {
  source = "../../modules/key"

  name        = "counter-production-data"
  description = "Databases, secrets, buckets and backups of counter-production"
  services    = ["logs.eu-west-3.amazonaws.com"]
}

module "database_counter" {
  source = "../../modules/rds-postgres"

  identifier           = "counter-production-counter"
  database             = "counter"
  major_version        = 18
  instance_class       = "db.t4g.micro"
  storage_gib          = 20
  max_storage_gib      = 100
  multi_az             = true
  monitoring_role_name = "counter-production-counter-monitoring"

  vpc_id     = data.terraform_remote_state.network.outputs.vpc_id
  subnet_ids = values(data.terraform_remote_state.network.outputs.database_subnet_ids)
  clients    = ["api"]

  kms_key_arn         = module.key.arn
  point_in_time_days  = 7
  deletion_protection = true
  final_snapshot      = true
}

module "secrets_counter" {
  source = "../../modules/database-secrets"

  host                    = module.database_counter.address
  port                    = module.database_counter.port
  database                = module.database_counter.database
  kms_key_arn             = module.key.arn
  recovery_window_in_days = 30

  secrets = {
    _owner = {
      name = "counter-production/counter/owner"
      role = "counter_owner"
    }
    api = {
      name = "counter-production/api/counter"
      role = "api"
    }
  }
}

module "vault" {
  source = "../../modules/backup-vault"

  name               = "counter-production-databases"
  kms_key_arn        = module.key.arn
  max_retention_days = 1095
}

module "backup_counter" {
  source = "../../modules/backup"

  name              = "counter-production-counter"
  vault_name        = module.vault.name
  resource_arns     = [module.database_counter.arn]
  backup_role_name  = "counter-production-counter-backup"
  restore_role_name = "counter-production-counter-restore"

  rules = {
    daily = {
      schedule  = "cron(0 4 * * ? *)"
      keep_days = 35
    }
    weekly = {
      schedule  = "cron(30 4 ? * SUN *)"
      keep_days = 90
    }
    monthly = {
      schedule  = "cron(0 5 1 * ? *)"
      keep_days = 1095
    }
  }
}

module "dumps_counter" {
  source = "../../modules/dump-bucket"

  name        = "counter-production-counter-dumps-222222222222-eu-west-3"
  kms_key_arn = module.key.arn
  keep_days   = 1095
  # COMPLIANCE takes the way back away from everybody: rehearse a restore first.
  lock_mode = "GOVERNANCE"
}
