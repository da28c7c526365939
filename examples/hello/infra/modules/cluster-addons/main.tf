data "aws_region" "current" {}
data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  cluster_arn = "arn:${data.aws_partition.current.partition}:eks:${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}:cluster/${var.cluster_name}"
  identities  = { for name, addon in var.addons : name => addon.identity if addon.identity != null }
  policies = merge([
    for name, identity in local.identities : { for policy in identity.policies : "${name}/${policy}" => { addon = name, policy = policy } }
  ]...)
}

################################################################################
# Add-ons
################################################################################

resource "aws_eks_addon" "this" {
  for_each = var.addons

  cluster_name         = var.cluster_name
  addon_name           = each.key
  addon_version        = each.value.version
  configuration_values = each.value.configuration

  # The cluster starts without add-ons, so that nothing can be in the way; later, what is written here counts.
  resolve_conflicts_on_create = "NONE"
  resolve_conflicts_on_update = "OVERWRITE"

  dynamic "pod_identity_association" {
    for_each = each.value.identity == null ? [] : [each.value.identity]

    content {
      role_arn        = aws_iam_role.this[each.key].arn
      service_account = pod_identity_association.value.service_account
    }
  }

  tags = var.tags

  depends_on = [aws_iam_role_policy_attachment.this]
}

################################################################################
# What add-ons may do in AWS
################################################################################

resource "aws_iam_role" "this" {
  for_each = local.identities

  name               = each.value.role_name
  description        = "Add-on ${each.key} of ${var.cluster_name}"
  assume_role_policy = data.aws_iam_policy_document.trust[each.key].json

  tags = var.tags
}

# Exactly this service account of exactly this cluster.
data "aws_iam_policy_document" "trust" {
  for_each = local.identities

  statement {
    actions = ["sts:AssumeRole", "sts:TagSession"]

    principals {
      type        = "Service"
      identifiers = ["pods.eks.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:RequestTag/eks-cluster-arn"
      values   = [local.cluster_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:RequestTag/kubernetes-service-account"
      values   = [each.value.service_account]
    }
  }
}

resource "aws_iam_role_policy_attachment" "this" {
  for_each = local.policies

  role       = aws_iam_role.this[each.value.addon].name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/${each.value.policy}"
}
