# Containers without values.

mock_provider "aws" {}

variables {
  kms_key_arn = "arn:aws:kms:eu-west-3:222222222222:key/00000000-0000-4000-8000-000000000000"
  secrets     = { smtp = { name = "counter-production/smtp", description = "Password of the mail server" } }
}

run "a_container_that_can_be_taken_back" {
  command = plan

  assert {
    condition     = aws_secretsmanager_secret.this["smtp"].name == "counter-production/smtp" && aws_secretsmanager_secret.this["smtp"].recovery_window_in_days == 30
    error_message = "A deleted secret can be taken back unless told otherwise."
  }
}

run "refuses_a_name_that_aws_refuses" {
  command = plan

  variables {
    secrets = { smtp = { name = "counter production", description = "" } }
  }

  expect_failures = [var.secrets]
}

run "refuses_a_window_that_aws_refuses" {
  command = plan

  variables {
    recovery_window_in_days = 3
  }

  expect_failures = [var.recovery_window_in_days]
}
