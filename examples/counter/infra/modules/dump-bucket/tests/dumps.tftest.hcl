# What is kept, for how long, and who may do what with it.

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
    defaults = { arn = "arn:aws:iam::222222222222:role/counter-production-dumps-copy" }
  }

  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::counter-production-dumps-222222222222-eu-west-3" }
  }
}

variables {
  name        = "counter-production-dumps-222222222222-eu-west-3"
  kms_key_arn = "arn:aws:kms:eu-west-3:222222222222:key/00000000-0000-4000-8000-000000000000"
  keep_days   = 1095
  lock_mode   = "COMPLIANCE"
}

run "locked_for_three_years_then_gone" {
  command = apply

  assert {
    condition     = aws_s3_bucket.this.object_lock_enabled && one(one(aws_s3_bucket_object_lock_configuration.this.rule).default_retention).days == 1095
    error_message = "A dump is locked as long as it is kept."
  }

  assert {
    condition     = one(one(aws_s3_bucket_lifecycle_configuration.this.rule).expiration).days > one(one(aws_s3_bucket_object_lock_configuration.this.rule).default_retention).days
    error_message = "Nothing expires while it is locked."
  }

  assert {
    condition     = toset([for transition in one(aws_s3_bucket_lifecycle_configuration.this.rule).transition : transition.storage_class]) == toset(["STANDARD_IA", "GLACIER_IR"])
    error_message = "Cheaper classes, all of them read at once."
  }
}

run "a_short_keep_stays_in_its_class" {
  command = plan

  variables {
    keep_days = 35
    lock_mode = "GOVERNANCE"
  }

  assert {
    condition     = length(one(aws_s3_bucket_lifecycle_configuration.this.rule).transition) == 0
    error_message = "A class that is paid for longer than the dump is kept saves nothing."
  }
}

run "the_writer_cannot_read_and_the_reader_cannot_write" {
  command = apply

  assert {
    condition     = toset(flatten([for statement in data.aws_iam_policy_document.write.statement : [for action in statement.actions : action if startswith(action, "s3:")]])) == toset(["s3:AbortMultipartUpload", "s3:PutObject"])
    error_message = "The writer puts dumps, and nothing else."
  }

  assert {
    condition     = alltrue(flatten([for statement in data.aws_iam_policy_document.restore.statement : [for action in statement.actions : can(regex("^(s3:Get|s3:List|kms:Decrypt)", action))]]))
    error_message = "Whoever restores changes nothing."
  }
}

run "copied_to_another_region_without_deletions" {
  command = apply

  variables {
    replica = {
      eu-central-1 = {
        bucket_arn  = "arn:aws:s3:::counter-production-dumps-222222222222-eu-central-1"
        kms_key_arn = "arn:aws:kms:eu-central-1:222222222222:key/00000000-0000-4000-8000-000000000000"
        role_name   = "counter-production-dumps-copy"
      }
    }
  }

  assert {
    condition     = one(one(aws_s3_bucket_replication_configuration.this["eu-central-1"].rule).delete_marker_replication).status == "Disabled"
    error_message = "A deletion here is none there."
  }

  assert {
    condition     = !contains(flatten([for statement in data.aws_iam_policy_document.replication["eu-central-1"].statement : tolist(statement.actions)]), "s3:ReplicateDelete")
    error_message = "The copy cannot be deleted through replication."
  }
}

run "refuses_another_mode" {
  command = plan

  variables {
    lock_mode = "NONE"
  }

  expect_failures = [var.lock_mode]
}

run "refuses_to_keep_nothing" {
  command = plan

  variables {
    keep_days = 0
  }

  expect_failures = [var.keep_days]
}
