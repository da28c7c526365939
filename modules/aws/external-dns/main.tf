data "aws_partition" "current" {}

################################################################################
# Identity
################################################################################

resource "aws_iam_role" "this" {
  name               = var.name
  description        = "external-dns of ${var.cluster_name}"
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

# Records of these zones, and no zone itself. Listing zones cannot be restricted to a resource.
data "aws_iam_policy_document" "this" {
  #checkov:skip=CKV_AWS_356:listing zones cannot be restricted to a resource
  statement {
    sid       = "RecordsOfTheseZones"
    actions   = ["route53:ChangeResourceRecordSets", "route53:ListResourceRecordSets", "route53:ListTagsForResources"]
    resources = [for id in var.zone_ids : "arn:${data.aws_partition.current.partition}:route53:::hostedzone/${id}"]
  }

  statement {
    sid       = "FindZones"
    actions   = ["route53:ListHostedZones"]
    resources = ["*"] # listing cannot be restricted to a resource
  }
}
