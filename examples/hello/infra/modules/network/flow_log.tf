################################################################################
# Flow log
################################################################################

resource "aws_kms_key" "flow_log" {
  description             = "Flow log of ${var.name}"
  deletion_window_in_days = 7
  enable_key_rotation     = true
  policy                  = data.aws_iam_policy_document.flow_log_key.json

  tags = var.tags
}

resource "aws_kms_alias" "flow_log" {
  name          = "alias/${var.name}-flow-log"
  target_key_id = aws_kms_key.flow_log.key_id
}

# In a key's policy `*` as the resource is the key itself, and the account as the principal hands the decision to IAM.
data "aws_iam_policy_document" "flow_log_key" {
  #checkov:skip=CKV_AWS_109:a key's policy; `*` is this key
  #checkov:skip=CKV_AWS_111:a key's policy; `*` is this key
  #checkov:skip=CKV_AWS_356:a key's policy; `*` is this key
  statement {
    sid       = "AccountDecides"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root"]
    }
  }

  statement {
    sid       = "OneLogGroup"
    actions   = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
    resources = ["*"] # in a key's policy, this key

    principals {
      type        = "Service"
      identifiers = ["logs.${data.aws_region.current.id}.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "kms:EncryptionContext:aws:logs:arn"
      values   = ["arn:${data.aws_partition.current.partition}:logs:${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}:log-group:${local.flow_log_group}"]
    }
  }
}

resource "aws_cloudwatch_log_group" "flow_log" {
  #checkov:skip=CKV_AWS_338:how long flow logs are kept is the platform's choice; a year of all connections costs more than it tells
  name              = local.flow_log_group
  kms_key_id        = aws_kms_key.flow_log.arn
  retention_in_days = var.flow_log_retention_days

  tags = var.tags
}

resource "aws_flow_log" "this" {
  vpc_id                   = aws_vpc.this.id
  traffic_type             = var.flow_log_traffic
  iam_role_arn             = aws_iam_role.flow_log.arn
  log_destination          = aws_cloudwatch_log_group.flow_log.arn
  log_destination_type     = "cloud-watch-logs"
  max_aggregation_interval = 600

  tags = merge(var.tags, { Name = var.name })
}

resource "aws_iam_role" "flow_log" {
  name               = "${var.name}-flow-log"
  description        = "Writes the flow log of ${var.name}"
  assume_role_policy = data.aws_iam_policy_document.flow_log_trust.json

  tags = var.tags
}

data "aws_iam_policy_document" "flow_log_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["vpc-flow-logs.amazonaws.com"]
    }

    # Only on behalf of this account.
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}

resource "aws_iam_role_policy" "flow_log" {
  name   = "write"
  role   = aws_iam_role.flow_log.id
  policy = data.aws_iam_policy_document.flow_log_write.json
}

data "aws_iam_policy_document" "flow_log_write" {
  statement {
    actions = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]
    # The streams of the group; each network interface gets one, so they cannot be named.
    resources = ["${aws_cloudwatch_log_group.flow_log.arn}:*"]
  }
}
