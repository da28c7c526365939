data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  # Known before the trail is: its bucket must let it in first.
  trail_arn = "arn:${data.aws_partition.current.partition}:cloudtrail:${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}:trail/${var.name}"
}

################################################################################
# Key
################################################################################

data "aws_iam_policy_document" "key" {
  # checkov:skip=CKV_AWS_109:a key's policy gives the key to its account, as AWS does by default; `*` is this key
  # checkov:skip=CKV_AWS_111:a key's policy gives the key to its account, as AWS does by default; `*` is this key
  # checkov:skip=CKV_AWS_356:in a key's policy `*` is this key

  # In a key's policy, `*` is this key, and `kms:*` is how AWS gives it to the account.
  statement {
    sid       = "AccountManagesByIam"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = [data.aws_caller_identity.current.account_id]
    }
  }

  statement {
    sid       = "TrailEncrypts"
    actions   = ["kms:DescribeKey", "kms:GenerateDataKey"]
    resources = ["*"] # this key

    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = [local.trail_arn]
    }
  }

  statement {
    sid       = "LogsEncrypt"
    actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"]
    resources = ["*"] # this key

    principals {
      type        = "Service"
      identifiers = ["logs.${data.aws_region.current.id}.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}

resource "aws_kms_key" "this" {
  description             = "Encrypts the audit trail ${var.name}"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy                  = data.aws_iam_policy_document.key.json
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.this.key_id
}

################################################################################
# Bucket: events that nobody can change for as long as they are kept
################################################################################

resource "aws_s3_bucket" "this" {
  # checkov:skip=CKV_AWS_18:calls are in CloudTrail where they must be known; logs in a second bucket cost more than they tell
  # checkov:skip=CKV2_AWS_62:nothing acts on new objects
  # checkov:skip=CKV_AWS_144:the trail is of all regions and CloudTrail keeps 90 days of its own

  bucket              = var.bucket_name
  object_lock_enabled = true
}

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
      mode = "GOVERNANCE"
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
      kms_master_key_id = aws_kms_key.this.arn
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

data "aws_iam_policy_document" "bucket" {
  statement {
    sid       = "TrailLooks"
    actions   = ["s3:GetBucketAcl"]
    resources = [aws_s3_bucket.this.arn]

    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = [local.trail_arn]
    }
  }

  statement {
    sid       = "TrailWrites"
    actions   = ["s3:PutObject"]
    resources = ["${aws_s3_bucket.this.arn}/AWSLogs/${data.aws_caller_identity.current.account_id}/*"] # its folder

    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = [local.trail_arn]
    }
  }

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
  policy = data.aws_iam_policy_document.bucket.json

  depends_on = [aws_s3_bucket_public_access_block.this]
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    id     = "gone-after-the-lock"
    status = "Enabled"

    filter {}

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
# Trail
################################################################################

resource "aws_cloudwatch_log_group" "this" {
  # checkov:skip=CKV_AWS_338:for alarms only; the bucket keeps the events

  name              = "/aws/cloudtrail/${var.name}"
  retention_in_days = 90
  kms_key_id        = aws_kms_key.this.arn
}

data "aws_iam_policy_document" "trail_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = [local.trail_arn]
    }
  }
}

data "aws_iam_policy_document" "trail" {
  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.this.arn}:log-stream:*"] # streams that CloudTrail names
  }
}

resource "aws_iam_role" "trail" {
  name               = var.role_name
  description        = "CloudTrail writes ${var.name} to its log group"
  assume_role_policy = data.aws_iam_policy_document.trail_trust.json
}

resource "aws_iam_role_policy" "trail" {
  name   = "write"
  role   = aws_iam_role.trail.id
  policy = data.aws_iam_policy_document.trail.json
}

resource "aws_cloudtrail" "this" {
  # checkov:skip=CKV_AWS_252:alarms come from metric filters; a message for each log file tells nobody anything

  name                          = var.name
  s3_bucket_name                = aws_s3_bucket.this.id
  kms_key_id                    = aws_kms_key.this.arn
  is_multi_region_trail         = true
  include_global_service_events = true
  enable_log_file_validation    = true
  cloud_watch_logs_group_arn    = "${aws_cloudwatch_log_group.this.arn}:*" # the form that CloudTrail wants
  cloud_watch_logs_role_arn     = aws_iam_role.trail.arn

  depends_on = [aws_s3_bucket_policy.this, aws_iam_role_policy.trail]
}

################################################################################
# Alarms
################################################################################

locals {
  # What a person should hear about at once, whoever did it.
  alarms = {
    root-used = {
      description = "The root user did something"
      pattern     = "{ $.userIdentity.type = \"Root\" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != \"AwsServiceEvent\" }"
    }
    login-without-mfa = {
      description = "A person logged in to the console without a second factor"
      pattern     = "{ $.eventName = \"ConsoleLogin\" && $.additionalEventData.MFAUsed != \"Yes\" && $.userIdentity.type = \"IAMUser\" && $.responseElements.ConsoleLogin = \"Success\" }"
    }
    trail-changed = {
      description = "A trail was stopped, changed or removed"
      pattern     = "{ $.eventName = \"DeleteTrail\" || $.eventName = \"PutEventSelectors\" || $.eventName = \"StopLogging\" || $.eventName = \"UpdateTrail\" }"
    }
    key-disabled = {
      description = "A key was disabled or its deletion was scheduled"
      pattern     = "{ $.eventSource = \"kms.amazonaws.com\" && ($.eventName = \"DisableKey\" || $.eventName = \"ScheduleKeyDeletion\") }"
    }
    access-key-made = {
      description = "Somebody made a key that does not expire"
      pattern     = "{ $.eventName = \"CreateAccessKey\" }"
    }
    oidc-provider-changed = {
      description = "Who may come in from outside was changed"
      pattern     = "{ $.eventSource = \"iam.amazonaws.com\" && ($.eventName = \"*OpenIDConnectProvider*\" || $.eventName = \"*SAMLProvider\") }"
    }
  }
}

resource "aws_cloudwatch_log_metric_filter" "this" {
  for_each = local.alarms

  name           = "${var.name}-${each.key}"
  log_group_name = aws_cloudwatch_log_group.this.name
  pattern        = each.value.pattern

  metric_transformation {
    namespace = "Audit/${var.name}"
    name      = each.key
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = aws_cloudwatch_log_metric_filter.this[each.key].metric_transformation[0].namespace
  metric_name         = each.key
  statistic           = "Sum"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  period              = 300
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topic_arns
}
