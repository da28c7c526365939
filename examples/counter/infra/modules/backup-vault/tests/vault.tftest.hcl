# How long recovery points are safe.

mock_provider "aws" {}

variables {
  name               = "counter-production"
  kms_key_arn        = "arn:aws:kms:eu-west-3:222222222222:key/00000000-0000-4000-8000-000000000000"
  max_retention_days = 1100
}

run "locked_but_not_for_good" {
  command = plan

  assert {
    condition     = aws_backup_vault_lock_configuration.this.max_retention_days == 1100 && aws_backup_vault_lock_configuration.this.changeable_for_days == null
    error_message = "The lock can be taken away until told otherwise."
  }
}

run "locked_for_good_when_asked" {
  command = plan

  variables {
    final_after_days = 3
  }

  assert {
    condition     = aws_backup_vault_lock_configuration.this.changeable_for_days == 3
    error_message = "The lock becomes final."
  }
}

run "refuses_a_lock_that_aws_refuses" {
  command = plan

  variables {
    final_after_days = 1
  }

  expect_failures = [var.final_after_days]
}

run "refuses_more_at_least_than_at_most" {
  command = plan

  variables {
    min_retention_days = 2000
  }

  expect_failures = [var.max_retention_days]
}
