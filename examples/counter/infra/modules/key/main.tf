################################################################################
# Key
################################################################################

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_iam_policy_document" "this" {
  # checkov:skip=CKV_AWS_109:a key's policy gives the key to its account, as AWS does by default; `*` is this key
  # checkov:skip=CKV_AWS_111:a key's policy gives the key to its account, as AWS does by default; `*` is this key
  # checkov:skip=CKV_AWS_356:in a key's policy `*` is this key

  # Without it nobody could manage the key again; who may use it is then said by IAM policies.
  # `kms:*` and `*` are the form AWS gives for it: in a key's policy, `*` is this key.
  statement {
    sid       = "AccountManagesByIam"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root"]
    }
  }

  # Services that write on their own account (logs, alarms, trails), and only for things of this account.
  dynamic "statement" {
    for_each = var.services

    content {
      sid = "Service${index(sort(var.services), statement.value)}"
      actions = [
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:Encrypt",
        "kms:GenerateDataKey*",
        "kms:ReEncrypt*",
      ]
      resources = ["*"] # this key

      principals {
        type        = "Service"
        identifiers = [statement.value]
      }

      condition {
        test     = "StringEquals"
        variable = "aws:SourceAccount"
        values   = [data.aws_caller_identity.current.account_id]
      }
    }
  }
}

resource "aws_kms_key" "this" {
  description             = var.description
  enable_key_rotation     = true
  deletion_window_in_days = var.deletion_window_in_days
  policy                  = data.aws_iam_policy_document.this.json
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.this.key_id
}
