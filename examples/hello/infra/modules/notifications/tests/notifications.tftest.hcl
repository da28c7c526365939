# Who may publish and who is told.

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

  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-west-3:222222222222:counter-production-alarms" }
  }
}

variables {
  name           = "counter-production-alarms"
  display_name   = "counter production"
  kms_key_arn    = "arn:aws:kms:eu-west-3:222222222222:key/00000000-0000-4000-8000-000000000000"
  mail_addresses = ["oncall@example.com"]
}

run "services_publish_for_this_account_only" {
  command = apply

  assert {
    condition = one([
      for statement in data.aws_iam_policy_document.this.statement : one(statement.condition).values if statement.sid == "ServicesPublish"
    ]) == tolist(["222222222222"])
    error_message = "A service that acts for another account is refused."
  }

  assert {
    condition     = aws_sns_topic_subscription.mail["oncall@example.com"].protocol == "email"
    error_message = "Each address is told by mail."
  }
}

run "refuses_what_is_no_address" {
  command = plan

  variables {
    mail_addresses = ["oncall"]
  }

  expect_failures = [var.mail_addresses]
}

run "refuses_everybody_as_publisher" {
  command = plan

  variables {
    publishers = ["*"]
  }

  expect_failures = [var.publishers]
}
