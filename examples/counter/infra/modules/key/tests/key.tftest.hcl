# The key's policy is real: the document's JSON is computed by the provider, which needs no account for it.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "222222222222" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
}

variables {
  name        = "counter-production-data"
  description = "Databases and secrets of counter in production"
}

run "rotates_and_can_be_taken_back" {
  command = plan

  assert {
    condition     = aws_kms_key.this.enable_key_rotation
    error_message = "The key must rotate."
  }

  assert {
    condition     = aws_kms_key.this.deletion_window_in_days == 30
    error_message = "A deleted key is kept as long as AWS allows."
  }

  assert {
    condition     = aws_kms_alias.this.name == "alias/counter-production-data"
    error_message = "The alias carries the name."
  }
}

run "a_service_acts_only_for_this_account" {
  command = plan

  variables {
    services = ["sns.amazonaws.com", "logs.eu-west-3.amazonaws.com"]
  }

  assert {
    condition = alltrue([
      for statement in data.aws_iam_policy_document.this.statement :
      one(statement.condition).variable == "aws:SourceAccount" && one(statement.condition).values == tolist(["222222222222"])
      if one(statement.principals).type == "Service"
    ])
    error_message = "Each service's statement is bound to this account."
  }

  assert {
    condition     = length(data.aws_iam_policy_document.this.statement) == 3
    error_message = "One statement for the account and one for each service."
  }
}

run "refuses_a_short_window" {
  command = plan

  variables {
    deletion_window_in_days = 3
  }

  expect_failures = [var.deletion_window_in_days]
}

run "refuses_a_name_of_aws" {
  command = plan

  variables {
    name = "aws/rds"
  }

  expect_failures = [var.name]
}

run "refuses_a_person_as_service" {
  command = plan

  variables {
    services = ["arn:aws:iam::111111111111:root"]
  }

  expect_failures = [var.services]
}
