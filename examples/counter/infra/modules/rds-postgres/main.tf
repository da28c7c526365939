################################################################################
# Where it stands and who reaches it
################################################################################

module "access" {
  source = "../database-access"

  name                   = var.identifier
  vpc_id                 = var.vpc_id
  port                   = var.port
  clients                = var.clients
  source_security_groups = var.source_security_groups
}

resource "aws_db_subnet_group" "this" {
  name        = var.identifier
  description = "Subnets of ${var.identifier}"
  subnet_ids  = var.subnet_ids
}

################################################################################
# Parameters
################################################################################

resource "aws_db_parameter_group" "this" {
  name        = "${var.identifier}-postgres${var.major_version}"
  family      = "postgres${var.major_version}"
  description = "PostgreSQL ${var.major_version} of ${var.identifier}"

  # A connection without TLS is refused.
  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  parameter {
    name  = "log_min_duration_statement"
    value = tostring(var.log_statements_slower_than_ms)
  }

  parameter {
    name         = "shared_preload_libraries"
    value        = "pg_stat_statements"
    apply_method = "pending-reboot"
  }

  # A major upgrade brings a group of the new family before the old one goes.
  lifecycle {
    create_before_destroy = true
  }
}

################################################################################
# Logs and metrics
################################################################################

# RDS would make these itself, without an end to what they keep, and leave them behind.
resource "aws_cloudwatch_log_group" "this" {
  # checkov:skip=CKV_AWS_338:slow statements are logged with their data, which must not be kept for a year

  for_each = toset(["postgresql", "upgrade"])

  name              = "/aws/rds/instance/${var.identifier}/${each.key}"
  retention_in_days = var.log_retention_in_days
  kms_key_id        = var.kms_key_arn
}

data "aws_partition" "current" {}

data "aws_iam_policy_document" "monitoring" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["monitoring.rds.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "monitoring" {
  name               = var.monitoring_role_name
  description        = "RDS writes the operating system's metrics of ${var.identifier}"
  assume_role_policy = data.aws_iam_policy_document.monitoring.json
}

resource "aws_iam_role_policy_attachment" "monitoring" {
  role       = aws_iam_role.monitoring.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
}

################################################################################
# Database
################################################################################

# The final snapshot's name must be new each time the database is destroyed, and must not change between plans.
resource "terraform_data" "created" {
  input = formatdate("YYYYMMDDhhmmss", plantimestamp())

  lifecycle {
    ignore_changes = [input]
  }
}

resource "aws_db_instance" "this" {
  # checkov:skip=CKV_AWS_293:by choice: where the environment is protected
  # checkov:skip=CKV_AWS_157:by choice: where the environment is protected

  identifier     = var.identifier
  engine         = "postgres"
  engine_version = tostring(var.major_version) # minor versions come by themselves, in the maintenance window
  instance_class = var.instance_class

  db_name  = var.database
  port     = var.port
  username = "postgres"

  # RDS makes the master password, keeps it in Secrets Manager and rotates it. Nobody else ever has it.
  manage_master_user_password         = true
  master_user_secret_kms_key_id       = var.kms_key_arn
  iam_database_authentication_enabled = true

  storage_type          = "gp3"
  allocated_storage     = var.storage_gib
  max_allocated_storage = var.max_storage_gib
  storage_encrypted     = true
  kms_key_id            = var.kms_key_arn

  multi_az               = var.multi_az
  db_subnet_group_name   = aws_db_subnet_group.this.name
  vpc_security_group_ids = [module.access.server_security_group_id]
  publicly_accessible    = false

  parameter_group_name        = aws_db_parameter_group.this.name
  auto_minor_version_upgrade  = true
  allow_major_version_upgrade = var.allow_major_version_upgrade
  apply_immediately           = var.apply_immediately
  maintenance_window          = var.maintenance_window

  backup_window             = var.backup_window
  backup_retention_period   = var.point_in_time_days
  copy_tags_to_snapshot     = true
  delete_automated_backups  = !var.deletion_protection
  deletion_protection       = var.deletion_protection
  skip_final_snapshot       = !var.final_snapshot
  final_snapshot_identifier = var.final_snapshot ? "${var.identifier}-final-${terraform_data.created.output}" : null

  enabled_cloudwatch_logs_exports       = keys(aws_cloudwatch_log_group.this)
  monitoring_interval                   = 60
  monitoring_role_arn                   = aws_iam_role.monitoring.arn
  database_insights_mode                = "standard"
  performance_insights_enabled          = true
  performance_insights_kms_key_id       = var.kms_key_arn
  performance_insights_retention_period = 7

  depends_on = [aws_iam_role_policy_attachment.monitoring]
}
