# Private, encrypted and over TLS, whatever is asked for.

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
}

variables {
  name        = "counter-production-photos-222222222222-eu-west-3"
  kms_key_arn = "arn:aws:kms:eu-west-3:222222222222:key/00000000-0000-4000-8000-000000000000"
}

run "private_encrypted_and_over_tls" {
  command = apply

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.this.block_public_acls,
      aws_s3_bucket_public_access_block.this.block_public_policy,
      aws_s3_bucket_public_access_block.this.ignore_public_acls,
      aws_s3_bucket_public_access_block.this.restrict_public_buckets,
    ])
    error_message = "Nothing is public."
  }

  assert {
    condition     = one(aws_s3_bucket_server_side_encryption_configuration.this.rule).bucket_key_enabled
    error_message = "Roles are bound to the key through the bucket, which needs the bucket's key."
  }

  assert {
    condition = one([
      for statement in data.aws_iam_policy_document.this.statement : one(statement.condition)
      if statement.effect == "Deny"
    ]).variable == "aws:SecureTransport"
    error_message = "Requests without TLS are refused."
  }

  assert {
    condition     = !aws_s3_bucket.this.force_destroy && aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled"
    error_message = "Objects are not lost by accident."
  }

  assert {
    condition     = length(aws_s3_bucket_lifecycle_configuration.this.rule) == 1
    error_message = "Objects stay unless told otherwise."
  }
}

run "objects_expire_when_asked" {
  command = plan

  variables {
    expire_days = 90
  }

  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.this.rule[1].expiration[0].days == 90
    error_message = "Objects go after the days that were asked for."
  }
}

run "refuses_a_name_that_s3_refuses" {
  command = plan

  variables {
    name = "Counter_Photos"
  }

  expect_failures = [var.name]
}

run "refuses_to_expire_at_once" {
  command = plan

  variables {
    expire_days = 0
  }

  expect_failures = [var.expire_days]
}
