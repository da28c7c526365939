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

  mock_resource "aws_rds_cluster" {
    defaults = {
      arn = "arn:aws:rds:eu-west-3:222222222222:cluster:counter-production-counter"
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
  major_version        = 17
  instance_class       = "db.r7g.large"
  instances            = ["1", "2"]
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
    condition     = aws_rds_cluster.this.storage_encrypted && alltrue([for instance in aws_rds_cluster_instance.this : !instance.publicly_accessible])
    error_message = "A database is private and encrypted."
  }

  assert {
    condition     = one([for parameter in aws_rds_cluster_parameter_group.this.parameter : parameter.value if parameter.name == "rds.force_ssl"]) == "1"
    error_message = "TLS is forced."
  }

  assert {
    condition     = aws_rds_cluster_parameter_group.this.family == "aurora-postgresql17"
    error_message = "The parameters are those of the version."
  }

  assert {
    condition     = aws_rds_cluster.this.manage_master_user_password && aws_rds_cluster.this.master_password == null
    error_message = "RDS manages the master password; nobody gives one."
  }

  assert {
    condition     = aws_rds_cluster.this.vpc_security_group_ids == toset([output.security_group_id])
    error_message = "Only the database's own group stands before it."
  }

  assert {
    condition     = toset(keys(output.client_security_group_ids)) == toset(["api"])
    error_message = "Each client gets a group."
  }

  assert {
    condition     = aws_rds_cluster.this.enabled_cloudwatch_logs_exports == toset(["postgresql"]) && aws_cloudwatch_log_group.this.retention_in_days == 90
    error_message = "Logs are kept for a time, not for ever."
  }
}

run "production_is_kept" {
  command = apply

  assert {
    condition     = aws_rds_cluster.this.deletion_protection && !aws_rds_cluster.this.skip_final_snapshot && !aws_rds_cluster.this.delete_automated_backups
    error_message = "A protected database is not deleted, and not without a snapshot."
  }

  assert {
    condition     = can(regex("^counter-production-counter-final-[0-9]{14}$", aws_rds_cluster.this.final_snapshot_identifier))
    error_message = "The snapshot's name is new each time."
  }

  assert {
    condition     = length(aws_rds_cluster_instance.this) == 2 && aws_rds_cluster.this.backup_retention_period == 7
    error_message = "A second instance that takes over, and the days that were asked for."
  }

  assert {
    condition     = !aws_rds_cluster.this.allow_major_version_upgrade && !aws_rds_cluster.this.apply_immediately
    error_message = "Nothing that interrupts happens by accident."
  }
}

run "a_thrown_away_environment_leaves_nothing" {
  command = apply

  variables {
    deletion_protection = false
    final_snapshot      = false
    instances           = ["1"]
  }

  assert {
    condition     = aws_rds_cluster.this.skip_final_snapshot && aws_rds_cluster.this.delete_automated_backups && aws_rds_cluster.this.final_snapshot_identifier == null
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

run "refuses_a_minor_version" {
  command = plan

  variables {
    major_version = 17.5
  }

  expect_failures = [var.major_version]
}

run "serverless_has_its_capacity" {
  command = apply

  variables {
    instance_class = "db.serverless"
    serverless     = { min_capacity = 0, max_capacity = 4, seconds_until_auto_pause = 600 }
  }

  assert {
    condition     = one(aws_rds_cluster.this.serverlessv2_scaling_configuration).max_capacity == 4
    error_message = "The capacity is that of the class."
  }
}

run "refuses_serverless_without_capacity" {
  command = plan

  variables {
    instance_class = "db.serverless"
  }

  expect_failures = [var.serverless]
}

run "refuses_capacity_without_serverless" {
  command = plan

  variables {
    serverless = { min_capacity = 1, max_capacity = 4 }
  }

  expect_failures = [var.serverless]
}

run "refuses_a_cluster_without_instances" {
  command = plan

  variables {
    instances = []
  }

  expect_failures = [var.instances]
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
