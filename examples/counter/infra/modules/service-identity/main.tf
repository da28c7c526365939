data "aws_caller_identity" "current" {}

# The role belongs to one service account in one namespace of one cluster, also when someone else in the cluster asks.
data "aws_iam_policy_document" "trust" {
  statement {
    # Pod Identity tags each session with the pod it is for.
    actions = ["sts:AssumeRole", "sts:TagSession"]

    principals {
      type        = "Service"
      identifiers = ["pods.eks.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:RequestTag/eks-cluster-arn"
      values   = [var.cluster_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:RequestTag/kubernetes-namespace"
      values   = [var.namespace]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:RequestTag/kubernetes-service-account"
      values   = [var.service_account]
    }
  }
}

resource "aws_iam_role" "this" {
  name               = var.name
  description        = "Pods of ${var.namespace}/${var.service_account}"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_eks_pod_identity_association" "this" {
  cluster_name    = var.cluster_name
  namespace       = var.namespace
  service_account = var.service_account
  role_arn        = aws_iam_role.this.arn
}

################################################################################
# Buckets
################################################################################

data "aws_iam_policy_document" "bucket" {
  for_each = var.buckets

  statement {
    sid       = "List"
    actions   = ["s3:ListBucket"]
    resources = [each.value.arn]
  }

  statement {
    sid       = "Objects"
    actions   = each.value.write ? ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"] : ["s3:GetObject"]
    resources = ["${each.value.arn}/*"] # every object of the one bucket
  }

  statement {
    sid       = "Key"
    actions   = each.value.write ? ["kms:Decrypt", "kms:GenerateDataKey"] : ["kms:Decrypt"]
    resources = [each.value.kms_key_arn]

    # Through the bucket only: other things that the key encrypts stay closed.
    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionContext:aws:s3:arn"
      values   = [each.value.arn]
    }
  }
}

resource "aws_iam_role_policy" "bucket" {
  for_each = var.buckets

  name   = "bucket-${each.key}"
  role   = aws_iam_role.this.id
  policy = data.aws_iam_policy_document.bucket[each.key].json
}

################################################################################
# Secrets
################################################################################

data "aws_iam_policy_document" "secrets" {
  statement {
    sid       = "Read"
    actions   = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
    resources = values(var.secrets)[*].arn
  }

  statement {
    sid       = "Key"
    actions   = ["kms:Decrypt"]
    resources = distinct(values(var.secrets)[*].kms_key_arn)

    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionContext:SecretARN"
      values   = values(var.secrets)[*].arn
    }
  }
}

resource "aws_iam_role_policy" "secrets" {
  for_each = { for name in ["secrets"] : name => data.aws_iam_policy_document.secrets.json if length(var.secrets) > 0 }

  name   = each.key
  role   = aws_iam_role.this.id
  policy = each.value
}

################################################################################
# Further rights
################################################################################

resource "aws_iam_role_policy" "this" {
  for_each = var.policies

  name   = each.key
  role   = aws_iam_role.this.id
  policy = each.value
}
