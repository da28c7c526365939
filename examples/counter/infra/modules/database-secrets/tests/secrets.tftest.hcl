# What is refused. The provider is not mocked, because neither OpenTofu nor Terraform can mock an ephemeral resource; no run
# here gets as far as a call to AWS. What is written, when it is written again, and that neither plan nor state hold a
# password is shown on the emulator.

provider "aws" {
  region                      = "eu-west-3"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  skip_requesting_account_id  = true
}

variables {
  host        = "counter-production-counter.c1.eu-west-3.rds.amazonaws.com"
  database    = "counter"
  kms_key_arn = "arn:aws:kms:eu-west-3:222222222222:key/00000000-0000-4000-8000-000000000000"
  secrets     = {}
}

run "a_database_that_nobody_uses_has_no_secrets" {
  command = apply

  assert {
    condition     = length(output.arns) == 0
    error_message = "A secret opens a role, and there is none."
  }
}

run "refuses_the_master_role" {
  command = plan

  variables {
    secrets = { api = { name = "counter/api", role = "postgres" } }
  }

  expect_failures = [var.secrets]
}

run "refuses_two_secrets_for_one_role" {
  command = plan

  variables {
    secrets = {
      api    = { name = "counter/api", role = "api" }
      report = { name = "counter/report", role = "api" }
    }
  }

  expect_failures = [var.secrets]
}

run "refuses_a_role_that_needs_quotes" {
  command = plan

  variables {
    secrets = { api = { name = "counter/api", role = "Api-Role" } }
  }

  expect_failures = [var.secrets]
}

run "refuses_a_secret_name_that_aws_refuses" {
  command = plan

  variables {
    secrets = { api = { name = "counter api", role = "api" } }
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

run "refuses_half_a_version" {
  command = plan

  variables {
    password_version = 1.5
  }

  expect_failures = [var.password_version]
}
