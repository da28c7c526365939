data "aws_region" "current" {}
data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  region     = data.aws_region.current.id
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
}

################################################################################
# Identity
################################################################################

resource "aws_iam_role" "this" {
  name               = var.name
  description        = "External Secrets Operator of ${var.cluster_name}"
  assume_role_policy = data.aws_iam_policy_document.trust.json

  tags = var.tags
}

# Exactly this service account of exactly this cluster.
data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole", "sts:TagSession"]

    principals {
      type        = "Service"
      identifiers = ["pods.eks.amazonaws.com"]
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

resource "aws_eks_pod_identity_association" "this" {
  cluster_name    = var.cluster_name
  namespace       = var.namespace
  service_account = var.service_account
  role_arn        = aws_iam_role.this.arn

  tags = var.tags
}

################################################################################
# Permissions
################################################################################

resource "aws_iam_role_policy" "this" {
  name   = "controller"
  role   = aws_iam_role.this.id
  policy = data.aws_iam_policy_document.this.json
}

locals {
  secrets = "arn:${local.partition}:secretsmanager:${local.region}:${local.account_id}:secret"
}

# The platform's own secrets by their prefix, and the master passwords that RDS keeps for its databases, which RDS names
# and tags.
data "aws_iam_policy_document" "this" {
  statement {
    sid       = "SecretsOfThePlatform"
    actions   = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
    resources = ["${local.secrets}:${var.prefix}/*"]
  }

  statement {
    sid       = "MasterPasswordsOfItsInstances"
    actions   = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
    resources = ["${local.secrets}:rds!db-*"]

    condition {
      test     = "ArnLike"
      variable = "aws:ResourceTag/aws:rds:primaryDBInstanceArn"
      values   = ["arn:${local.partition}:rds:${local.region}:${local.account_id}:db:${var.prefix}-*"]
    }
  }

  statement {
    sid       = "MasterPasswordsOfItsClusters"
    actions   = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
    resources = ["${local.secrets}:rds!cluster-*"]

    condition {
      test     = "ArnLike"
      variable = "aws:ResourceTag/aws:rds:primaryDBClusterArn"
      values   = ["arn:${local.partition}:rds:${local.region}:${local.account_id}:cluster:${var.prefix}-*"]
    }
  }

  # Any key of the account, but only through Secrets Manager and only for these secrets: keys are made after the cluster.
  statement {
    sid       = "OpenThem"
    actions   = ["kms:Decrypt"]
    resources = ["arn:${local.partition}:kms:${local.region}:${local.account_id}:key/*"]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["secretsmanager.${local.region}.amazonaws.com"]
    }

    condition {
      test     = "ArnLike"
      variable = "kms:EncryptionContext:SecretARN"
      values   = ["${local.secrets}:${var.prefix}/*", "${local.secrets}:rds!db-*", "${local.secrets}:rds!cluster-*"]
    }
  }
}
