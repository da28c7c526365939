# In a key's policy `*` as the resource is the key itself, and the account as the principal hands the decision to IAM.

################################################################################
# Kubernetes secrets and the control plane's logs
################################################################################

resource "aws_kms_key" "cluster" {
  description             = "Kubernetes secrets and control plane logs of ${var.name}"
  deletion_window_in_days = 30
  enable_key_rotation     = true
  policy                  = data.aws_iam_policy_document.cluster_key.json

  tags = var.tags
}

resource "aws_kms_alias" "cluster" {
  name          = "alias/${var.name}-cluster"
  target_key_id = aws_kms_key.cluster.key_id
}

data "aws_iam_policy_document" "cluster_key" {
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
      values   = ["arn:${data.aws_partition.current.partition}:logs:${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}:log-group:${local.log_group}"]
    }
  }
}

################################################################################
# Volumes: nodes' disks and persistent volumes
################################################################################

resource "aws_kms_key" "volumes" {
  description             = "Volumes of ${var.name}"
  deletion_window_in_days = 30
  enable_key_rotation     = true
  policy                  = data.aws_iam_policy_document.volumes_key.json

  tags = var.tags
}

resource "aws_kms_alias" "volumes" {
  name          = "alias/${var.name}-volumes"
  target_key_id = aws_kms_key.volumes.key_id
}

data "aws_iam_policy_document" "volumes_key" {
  #checkov:skip=CKV_AWS_109:a key's policy; `*` is this key
  #checkov:skip=CKV_AWS_111:a key's policy; `*` is this key
  #checkov:skip=CKV_AWS_356:a key's policy; `*` is this key
  #checkov:skip=CKV_AWS_283:conditions let in only this account, and only through EC2
  statement {
    sid       = "AccountDecides"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root"]
    }
  }

  # As AWS writes it for its own key `aws/ebs`: whoever of this account may start instances and attach volumes. The
  # service-linked role of EC2 Auto Scaling is among them; it cannot be named, because a policy that names a role is
  # refused in an account where the role does not exist yet.
  statement {
    sid       = "ThroughEc2InThisAccount"
    actions   = ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:CallerAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["ec2.${data.aws_region.current.id}.amazonaws.com"]
    }
  }
}
