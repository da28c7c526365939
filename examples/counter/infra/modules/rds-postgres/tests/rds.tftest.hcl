# What holds for every database, and what differs between production and an environment that is thrown away.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::222222222222:role/counter-production-counter-monitoring" }
  }

  mock_resource "aws_db_instance" {
    defaults = {
      arn = "arn:aws:rds:eu-west-3:222222222222:db:counter-production-counter"
      master_user_secret = [{
        kms_key_id    = "arn:aws:kms:eu-west-3:222222222222:key/1234abcd"
        secret_arn    = "arn:aws:secretsmanager:eu-west-3:222222222222:secret:rds!db-1"
        secret_status = "active"
      }]
    }
  }
}

variables {
  identifier           = "counter-production-counter"
  database             = "counter"
  major_version        = 18
  instance_class       = "db.m7g.large"
  storage_gib          = 50
  max_storage_gib      = 500
  multi_az             = true
  monitoring_role_name = "counter-production-counter-monitoring"
  vpc_id               = "vpc-0a1b2c3d4e5f60718"
  subnet_ids           = ["subnet-0a", "subnet-0b"]
  kms_key_arn          = "arn:aws:kms:eu-west-3:222222222222:key/00000000-0000-4000-8000-000000000000"
  clients              = ["api"]
  point_in_time_days   = 7
  deletion_protection  = true
  final_snapshot       = true
}

run "private_encrypted_and_over_tls" {
  command = apply

  assert {
    condition     = !aws_db_instance.this.publicly_accessible && aws_db_instance.this.storage_encrypted
    error_message = "A database is private and encrypted."
  }

  assert {
    condition     = one([for parameter in aws_db_parameter_group.this.parameter : parameter.value if parameter.name == "rds.force_ssl"]) == "1"
    error_message = "TLS is forced."
  }

  assert {
    condition     = aws_db_parameter_group.this.family == "postgres18"
    error_message = "The parameters are those of the version."
  }

  assert {
    condition     = aws_db_instance.this.manage_master_user_password && aws_db_instance.this.password == null
    error_message = "RDS manages the master password; nobody gives one."
  }

  assert {
    condition     = aws_db_instance.this.vpc_security_group_ids == toset([output.security_group_id])
    error_message = "Only the database's own group stands before it."
  }

  assert {
    condition     = toset(keys(output.client_security_group_ids)) == toset(["api"])
    error_message = "Each client gets a group."
  }

  assert {
    condition     = aws_db_instance.this.enabled_cloudwatch_logs_exports == toset(["postgresql", "upgrade"]) && alltrue([for group in aws_cloudwatch_log_group.this : group.retention_in_days == 90])
    error_message = "Logs are kept for a time, not for ever."
  }
}

run "production_is_kept" {
  command = apply

  assert {
    condition     = aws_db_instance.this.deletion_protection && !aws_db_instance.this.skip_final_snapshot && !aws_db_instance.this.delete_automated_backups
    error_message = "A protected database is not deleted, and not without a snapshot."
  }

  assert {
    condition     = can(regex("^counter-production-counter-final-[0-9]{14}$", aws_db_instance.this.final_snapshot_identifier))
    error_message = "The snapshot's name is new each time."
  }

  assert {
    condition     = aws_db_instance.this.multi_az && aws_db_instance.this.backup_retention_period == 7
    error_message = "A standby, and the days that were asked for."
  }

  assert {
    condition     = !aws_db_instance.this.allow_major_version_upgrade && !aws_db_instance.this.apply_immediately
    error_message = "Nothing that interrupts happens by accident."
  }
}

run "a_thrown_away_environment_leaves_nothing" {
  command = apply

  variables {
    deletion_protection = false
    final_snapshot      = false
    multi_az            = false
  }

  assert {
    condition     = aws_db_instance.this.skip_final_snapshot && aws_db_instance.this.delete_automated_backups && aws_db_instance.this.final_snapshot_identifier == null
    error_message = "Neither snapshot nor automated backups stay."
  }
}

run "refuses_protection_without_snapshot" {
  command = plan

  variables {
    final_snapshot = false
  }

  expect_failures = [var.final_snapshot]
}

run "refuses_more_days_than_rds_keeps" {
  command = plan

  variables {
    point_in_time_days = 36
  }

  expect_failures = [var.point_in_time_days]
}

run "refuses_no_backup" {
  command = plan

  variables {
    point_in_time_days = 0
  }

  expect_failures = [var.point_in_time_days]
}

run "refuses_an_identifier_that_rds_refuses" {
  command = plan

  variables {
    identifier = "counter--production"
  }

  expect_failures = [var.identifier]
}

run "refuses_storage_that_cannot_grow" {
  command = plan

  variables {
    max_storage_gib = 50
  }

  expect_failures = [var.max_storage_gib]
}

run "refuses_a_minor_version" {
  command = plan

  variables {
    major_version = 17.5
  }

  expect_failures = [var.major_version]
}

run "refuses_aurora_s_class" {
  command = plan

  variables {
    instance_class = "db.serverless"
  }

  expect_failures = [var.instance_class]
}

run "refuses_postgres_own_database" {
  command = plan

  variables {
    database = "postgres"
  }

  expect_failures = [var.database]
}

run "refuses_one_zone" {
  command = plan

  variables {
    subnet_ids = ["subnet-0a"]
  }

  expect_failures = [var.subnet_ids]
}
