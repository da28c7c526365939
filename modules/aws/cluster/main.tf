data "aws_region" "current" {}
data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  is_auto   = var.auto_mode != null
  is_public = length(var.public_access_cidrs) > 0
  log_group = "/aws/eks/${var.name}/cluster"
}

################################################################################
# Cluster
################################################################################

resource "aws_eks_cluster" "this" {
  # checkov:skip=CKV_AWS_37:which logs are kept is the platform's choice; the two that are off by default only help while debugging EKS itself
  # checkov:skip=CKV_AWS_339:the version is checked against EKS's own dates; checkov's list ends before it

  name     = var.name
  version  = var.kubernetes_version
  role_arn = aws_iam_role.this.arn

  enabled_cluster_log_types = var.log_types
  # The add-ons are ours from the start, with pinned versions.
  bootstrap_self_managed_addons = false

  access_config {
    authentication_mode = "API"
    # Who applies is not who administers: admins are named.
    bootstrap_cluster_creator_admin_permissions = false
  }

  # Auto Mode is these three, together on or together off.
  compute_config {
    enabled       = local.is_auto
    node_pools    = try(var.auto_mode.node_pools, null)
    node_role_arn = try(length(var.auto_mode.node_pools) > 0 ? var.auto_mode.node_role_arn : null, null)
  }

  storage_config {
    block_storage {
      enabled = local.is_auto
    }
  }

  kubernetes_network_config {
    ip_family         = "ipv4"
    service_ipv4_cidr = var.service_cidr

    elastic_load_balancing {
      enabled = local.is_auto
    }
  }

  encryption_config {
    resources = ["secrets"]

    provider {
      key_arn = aws_kms_key.cluster.arn
    }
  }

  # Sliding into extended support would cost six times as much without anybody having decided it.
  upgrade_policy {
    support_type = "STANDARD"
  }

  vpc_config {
    subnet_ids              = values(var.subnet_ids)
    endpoint_private_access = true
    endpoint_public_access  = local.is_public
    public_access_cidrs     = local.is_public ? var.public_access_cidrs : null
  }

  zonal_shift_config {
    enabled = var.zonal_shift
  }

  tags = var.tags

  # Without its permissions EKS can neither make nor remove what belongs to the cluster; without the log group it makes
  # one of its own, which stays behind.
  depends_on = [
    aws_cloudwatch_log_group.this,
    aws_iam_role_policy.encryption,
    aws_iam_role_policy_attachment.this,
  ]
}

resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_338:how long logs are kept is the platform's choice
  name              = local.log_group
  kms_key_id        = aws_kms_key.cluster.arn
  retention_in_days = var.log_retention_days

  tags = var.tags
}

################################################################################
# What the control plane may do
################################################################################

resource "aws_iam_role" "this" {
  name               = "${var.name}-cluster"
  description        = "Control plane of ${var.name}"
  assume_role_policy = data.aws_iam_policy_document.trust.json

  tags = var.tags
}

data "aws_iam_policy_document" "trust" {
  statement {
    # Auto Mode tags its sessions.
    actions = local.is_auto ? ["sts:AssumeRole", "sts:TagSession"] : ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["eks.amazonaws.com"]
    }
  }
}

resource "aws_iam_role_policy_attachment" "this" {
  for_each = local.is_auto ? toset([
    "AmazonEKSBlockStoragePolicy",
    "AmazonEKSClusterPolicy",
    "AmazonEKSComputePolicy",
    "AmazonEKSLoadBalancingPolicy",
    "AmazonEKSNetworkingPolicy",
    ]) : toset([
    "AmazonEKSClusterPolicy",
    # Gives pods security groups of their own, by which databases know who they are.
    "AmazonEKSVPCResourceController",
  ])

  role       = aws_iam_role.this.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/${each.key}"
}

resource "aws_iam_role_policy" "encryption" {
  name   = "encryption"
  role   = aws_iam_role.this.id
  policy = data.aws_iam_policy_document.encryption.json
}

data "aws_iam_policy_document" "encryption" {
  statement {
    actions   = ["kms:DescribeKey", "kms:Decrypt", "kms:Encrypt", "kms:ListGrants"]
    resources = [aws_kms_key.cluster.arn]
  }
}

################################################################################
# People
################################################################################

resource "aws_eks_access_entry" "admin" {
  for_each = var.admins

  cluster_name  = aws_eks_cluster.this.name
  principal_arn = each.key

  tags = var.tags
}

resource "aws_eks_access_policy_association" "admin" {
  for_each = aws_eks_access_entry.admin

  cluster_name  = aws_eks_cluster.this.name
  principal_arn = each.value.principal_arn
  policy_arn    = "arn:${data.aws_partition.current.partition}:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"

  access_scope {
    type = "cluster"
  }
}

resource "aws_eks_access_entry" "viewer" {
  for_each = var.viewers

  cluster_name  = aws_eks_cluster.this.name
  principal_arn = each.key

  tags = var.tags
}

# Not AmazonEKSAdminViewPolicy, which shows secrets.
resource "aws_eks_access_policy_association" "viewer" {
  for_each = aws_eks_access_entry.viewer

  cluster_name  = aws_eks_cluster.this.name
  principal_arn = each.value.principal_arn
  policy_arn    = "arn:${data.aws_partition.current.partition}:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"

  access_scope {
    type = "cluster"
  }
}
