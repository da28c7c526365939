# What is recorded, that it stays, and what is told.

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
    defaults = { arn = "arn:aws:iam::222222222222:role/counter-audit" }
  }

  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-west-3:222222222222:key/00000000-0000-4000-8000-000000000000" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-3:222222222222:log-group:/aws/cloudtrail/counter-audit" }
  }
}

variables {
  name             = "counter-audit"
  bucket_name      = "counter-audit-222222222222-eu-west-3"
  role_name        = "counter-audit"
  alarm_topic_arns = ["arn:aws:sns:eu-west-3:222222222222:counter-production-alarms"]
}

run "every_region_and_no_forgery" {
  command = apply

  assert {
    condition     = aws_cloudtrail.this.is_multi_region_trail && aws_cloudtrail.this.enable_log_file_validation && aws_cloudtrail.this.include_global_service_events
    error_message = "Events of all regions, with digests that show a change."
  }

  assert {
    condition     = one(one(aws_s3_bucket_object_lock_configuration.this.rule).default_retention).days == 365
    error_message = "Events are locked for as long as they are kept."
  }

  assert {
    condition = alltrue([
      for statement in data.aws_iam_policy_document.bucket.statement : one(statement.condition).values == tolist(["arn:aws:cloudtrail:eu-west-3:222222222222:trail/counter-audit"])
      if statement.effect != "Deny"
    ])
    error_message = "Only this trail writes."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_actions == toset(var.alarm_topic_arns)])
    error_message = "Each alarm is told."
  }

  assert {
    condition     = toset(keys(aws_cloudwatch_metric_alarm.this)) == toset(keys(aws_cloudwatch_log_metric_filter.this))
    error_message = "Each filter has its alarm."
  }
}

run "refuses_to_forget_in_a_week" {
  command = plan

  variables {
    keep_days = 7
  }

  expect_failures = [var.keep_days]
}

run "refuses_a_bucket_name_that_s3_refuses" {
  command = plan

  variables {
    bucket_name = "Counter_Audit"
  }

  expect_failures = [var.bucket_name]
}
