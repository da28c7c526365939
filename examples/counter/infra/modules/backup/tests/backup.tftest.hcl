# What is backed up, when, and kept where for how long.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_caller_identity" {
    defaults = { account_id = "222222222222" }
  }

  mock_data "aws_region" {
    defaults = { id = "eu-west-3" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::222222222222:role/counter-production-backup" }
  }
}

variables {
  name              = "counter-production"
  vault_name        = "counter-production"
  backup_role_name  = "counter-production-backup"
  restore_role_name = "counter-production-restore"
  resource_arns     = ["arn:aws:rds:eu-west-3:222222222222:db:counter-production-counter"]
  rules = {
    daily   = { schedule = "cron(0 3 * * ? *)", keep_days = 35 }
    monthly = { schedule = "cron(0 4 1 * ? *)", keep_days = 1095 }
  }
}

run "each_rule_keeps_what_was_asked" {
  command = apply

  assert {
    condition     = { for rule in aws_backup_plan.this.rule : rule.rule_name => one(rule.lifecycle).delete_after } == { daily = 35, monthly = 1095 }
    error_message = "A rule keeps for its own days."
  }

  assert {
    condition     = alltrue([for rule in aws_backup_plan.this.rule : length(rule.copy_action) == 0])
    error_message = "No copies unless asked for."
  }

  assert {
    condition     = aws_iam_role_policy_attachment.backup.policy_arn != aws_iam_role_policy_attachment.restore.policy_arn
    error_message = "Who backs up does not restore."
  }
}

run "copies_go_abroad" {
  command = apply

  variables {
    copy_vault_arn = "arn:aws:backup:eu-central-1:222222222222:backup-vault:counter-production"
  }

  assert {
    condition     = alltrue([for rule in aws_backup_plan.this.rule : one(one(rule.copy_action).lifecycle).delete_after == one(rule.lifecycle).delete_after])
    error_message = "A copy is kept as long as what it is of."
  }
}

run "refuses_everything" {
  command = plan

  variables {
    resource_arns = ["*"]
  }

  expect_failures = [var.resource_arns]
}

run "refuses_a_schedule_of_five_fields" {
  command = plan

  variables {
    rules = { daily = { schedule = "cron(0 3 * * *)", keep_days = 35 } }
  }

  expect_failures = [var.rules]
}

run "refuses_a_plan_without_rules" {
  command = plan

  variables {
    rules = {}
  }

  expect_failures = [var.rules]
}
