################################################################################
# Bucket: what is written cannot be changed or removed before its time
################################################################################

resource "aws_s3_bucket" "this" {
  # checkov:skip=CKV_AWS_18:calls are in CloudTrail where they must be known; logs in a second bucket cost more than they tell
  # checkov:skip=CKV2_AWS_62:nothing acts on new objects
  # checkov:skip=CKV_AWS_144:by choice: see `replica`

  bucket              = var.name
  object_lock_enabled = true
}

# Object lock needs it, and it cannot be suspended again.
resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_object_lock_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    default_retention {
      mode = var.lock_mode
      days = var.keep_days
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = var.kms_key_arn
    }
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket = aws_s3_bucket.this.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

data "aws_iam_policy_document" "this" {
  statement {
    sid       = "TlsOnly"
    effect    = "Deny"
    actions   = ["s3:*"] # Denied, whatever it is.
    resources = [aws_s3_bucket.this.arn, "${aws_s3_bucket.this.arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id
  policy = data.aws_iam_policy_document.this.json

  depends_on = [aws_s3_bucket_public_access_block.this]
}

locals {
  # S3 takes objects into a cheaper class for a least time each, so a short keep stays where it is.
  transitions = [
    for transition in [
      { days = 30, class = "STANDARD_IA", least = 30 },
      { days = 90, class = "GLACIER_IR", least = 90 },
    ] : transition if var.keep_days >= transition.days + transition.least
  ]
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    id     = "cheaper-then-gone"
    status = "Enabled"

    filter {}

    # No class that takes hours to read from: a restore does not wait.
    dynamic "transition" {
      for_each = local.transitions

      content {
        days          = transition.value.days
        storage_class = transition.value.class
      }
    }

    # The lock ends first. A dump is then marked as deleted, and gone for good a day later.
    expiration {
      days = var.keep_days + 1
    }

    noncurrent_version_expiration {
      noncurrent_days = 1
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}

################################################################################
# Copy in another region
################################################################################

data "aws_iam_policy_document" "replication_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["s3.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "replication" {
  for_each = var.replica

  statement {
    sid       = "ReadHere"
    actions   = ["s3:GetObjectLegalHold", "s3:GetObjectRetention", "s3:GetObjectVersionAcl", "s3:GetObjectVersionForReplication", "s3:GetObjectVersionTagging"]
    resources = ["${aws_s3_bucket.this.arn}/*"] # every dump
  }

  statement {
    sid       = "ListHere"
    actions   = ["s3:GetReplicationConfiguration", "s3:ListBucket"]
    resources = [aws_s3_bucket.this.arn]
  }

  statement {
    sid       = "WriteThere"
    actions   = ["s3:ReplicateObject", "s3:ReplicateTags"] # not s3:ReplicateDelete: a deletion here is none there
    resources = ["${each.value.bucket_arn}/*"]             # every dump
  }

  statement {
    sid       = "DecryptHere"
    actions   = ["kms:Decrypt"]
    resources = [var.kms_key_arn]
  }

  statement {
    sid       = "EncryptThere"
    actions   = ["kms:Encrypt", "kms:GenerateDataKey"]
    resources = [each.value.kms_key_arn]
  }
}

resource "aws_iam_role" "replication" {
  for_each = var.replica

  name               = each.value.role_name
  description        = "S3 copies dumps of ${var.name} to another region"
  assume_role_policy = data.aws_iam_policy_document.replication_trust.json
}

resource "aws_iam_role_policy" "replication" {
  for_each = var.replica

  name   = "replicate"
  role   = aws_iam_role.replication[each.key].id
  policy = data.aws_iam_policy_document.replication[each.key].json
}

resource "aws_s3_bucket_replication_configuration" "this" {
  for_each = var.replica

  bucket = aws_s3_bucket.this.id
  role   = aws_iam_role.replication[each.key].arn

  rule {
    id     = each.key
    status = "Enabled"

    filter {}

    delete_marker_replication {
      status = "Disabled"
    }

    source_selection_criteria {
      sse_kms_encrypted_objects {
        status = "Enabled"
      }
    }

    destination {
      bucket        = each.value.bucket_arn
      storage_class = "STANDARD_IA"

      encryption_configuration {
        replica_kms_key_id = each.value.kms_key_arn
      }
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}

################################################################################
# Who writes and who restores
################################################################################

# Writes new dumps, and cannot read, list or remove one. Whoever takes over the job gets no data and destroys none.
data "aws_iam_policy_document" "write" {
  statement {
    sid       = "PutDumps"
    actions   = ["s3:AbortMultipartUpload", "s3:PutObject"]
    resources = ["${aws_s3_bucket.this.arn}/*"] # any name in this bucket
  }

  statement {
    sid       = "Encrypt"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"] # a large upload decrypts the keys of its own parts
    resources = [var.kms_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionContext:aws:s3:arn"
      values   = [aws_s3_bucket.this.arn]
    }
  }
}

data "aws_iam_policy_document" "restore" {
  statement {
    sid       = "ListDumps"
    actions   = ["s3:ListBucket", "s3:ListBucketVersions"]
    resources = [aws_s3_bucket.this.arn]
  }

  statement {
    sid       = "GetDumps"
    actions   = ["s3:GetObject", "s3:GetObjectVersion"]
    resources = ["${aws_s3_bucket.this.arn}/*"] # any dump in this bucket
  }

  statement {
    sid       = "Decrypt"
    actions   = ["kms:Decrypt"]
    resources = [var.kms_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionContext:aws:s3:arn"
      values   = [aws_s3_bucket.this.arn]
    }
  }
}
