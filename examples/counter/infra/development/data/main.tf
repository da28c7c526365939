# Rendered by Seaworthy from seaworthy.yaml (environments.development).
# Change that, or add a file under patches/: changes made here are not kept.

module "key" {
  source = "../../modules/key"

  name        = "counter-development-data"
  description = "Databases, secrets, buckets and backups of counter-development"
  services    = ["logs.eu-west-3.amazonaws.com"]
}

module "database_counter" {
  source = "../../modules/rds-postgres"

  identifier           = "counter-development-counter"
  database             = "counter"
  major_version        = 18
  instance_class       = "db.t4g.micro"
  storage_gib          = 20
  max_storage_gib      = 100
  multi_az             = false
  monitoring_role_name = "counter-development-counter-monitoring"

  vpc_id     = data.terraform_remote_state.network.outputs.vpc_id
  subnet_ids = values(data.terraform_remote_state.network.outputs.database_subnet_ids)
  clients    = ["api"]

  kms_key_arn         = module.key.arn
  point_in_time_days  = 7
  deletion_protection = false
  final_snapshot      = false
}

module "secrets_counter" {
  source = "../../modules/database-secrets"

  host                    = module.database_counter.address
  port                    = module.database_counter.port
  database                = module.database_counter.database
  kms_key_arn             = module.key.arn
  recovery_window_in_days = 0

  secrets = {
    _owner = {
      name = "counter-development/counter/owner"
      role = "counter_owner"
    }
    api = {
      name = "counter-development/api/counter"
      role = "api"
    }
  }
}
