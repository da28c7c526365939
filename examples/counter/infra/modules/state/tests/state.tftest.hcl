mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }

  # The provider checks ARNs even when it is mocked.
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-west-3:111111111111:key/1234abcd" }
  }
}

run "is_private_versioned_and_encrypted" {
  variables {
    bucket = "counter-111111111111-eu-west-3-tofu"
  }

  assert {
    condition     = aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled"
    error_message = "Earlier states must be there to go back to."
  }

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.this.block_public_acls,
      aws_s3_bucket_public_access_block.this.block_public_policy,
      aws_s3_bucket_public_access_block.this.ignore_public_acls,
      aws_s3_bucket_public_access_block.this.restrict_public_buckets,
    ])
    error_message = "States are nobody else's business."
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default).kms_master_key_id == aws_kms_key.this.arn
    error_message = "States are encrypted with a key of their own."
  }
}

run "refuses_a_name_that_s3_would_refuse" {
  command = plan

  variables {
    bucket = "Counter_State"
  }

  expect_failures = [var.bucket]
}

run "refuses_to_forget_states_at_once" {
  command = plan

  variables {
    bucket          = "counter-111111111111-eu-west-3-tofu"
    noncurrent_days = 1
  }

  expect_failures = [var.noncurrent_days]
}
