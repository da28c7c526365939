data "aws_partition" "current" {}

# What the provider adds to everything it makes; nodes and their disks are made by EC2 Auto Scaling, which does not know.
data "aws_default_tags" "current" {}

################################################################################
# Node groups
################################################################################

resource "aws_eks_node_group" "this" {
  for_each = var.groups

  cluster_name           = var.cluster_name
  node_group_name_prefix = "${each.key}-"
  node_role_arn          = aws_iam_role.node.arn
  subnet_ids             = values(var.subnet_ids)
  version                = var.kubernetes_version

  ami_type       = each.value.ami_type
  capacity_type  = each.value.capacity
  instance_types = each.value.instance_types
  labels         = each.value.labels

  launch_template {
    id      = aws_launch_template.this[each.key].id
    version = aws_launch_template.this[each.key].latest_version
  }

  # With the agent that watches nodes, EKS replaces the ones that are broken.
  node_repair_config {
    enabled = true
  }

  scaling_config {
    min_size     = each.value.min
    max_size     = each.value.max
    desired_size = max(each.value.min, 1)
  }

  dynamic "taint" {
    for_each = each.value.taints

    content {
      key    = taint.key
      value  = taint.value.value
      effect = taint.value.effect
    }
  }

  update_config {
    max_unavailable_percentage = 33
  }

  tags = var.tags

  lifecycle {
    # Another instance type is another group: it is there before the old one goes.
    create_before_destroy = true
    # How many there are is decided by the cluster and by the schedule.
    ignore_changes = [scaling_config[0].desired_size]
  }

  depends_on = [aws_iam_role_policy_attachment.node]
}

# No security group is named, so nodes get the cluster's own: the one that databases admit.
resource "aws_launch_template" "this" {
  for_each = var.groups

  name                   = "${var.cluster_name}-${each.key}"
  description            = "Nodes ${each.key} of ${var.cluster_name}"
  update_default_version = true

  # Bottlerocket has its system on xvda, and images, logs and volumes of pods on xvdb.
  dynamic "block_device_mappings" {
    for_each = startswith(each.value.ami_type, "BOTTLEROCKET") ? { "/dev/xvda" = 4, "/dev/xvdb" = each.value.disk_gib } : { "/dev/xvda" = each.value.disk_gib }

    content {
      device_name = block_device_mappings.key

      ebs {
        delete_on_termination = true
        encrypted             = true
        kms_key_id            = var.volumes_key_arn
        volume_size           = block_device_mappings.value
        volume_type           = "gp3"
      }
    }
  }

  # A hop limit of 1 keeps the node's role from pods.
  metadata_options {
    http_endpoint               = "enabled"
    http_put_response_hop_limit = 1
    http_tokens                 = "required"
  }

  dynamic "tag_specifications" {
    for_each = toset(["instance", "network-interface", "volume"])

    content {
      resource_type = tag_specifications.value
      tags          = merge(data.aws_default_tags.current.tags, var.tags, { Name = "${var.cluster_name}-${each.key}" })
    }
  }

  tags = var.tags
}

################################################################################
# What nodes may do; what pods need they get by identities of their own
################################################################################

resource "aws_iam_role" "node" {
  name               = "${var.cluster_name}-node"
  description        = "Nodes of ${var.cluster_name}"
  assume_role_policy = data.aws_iam_policy_document.trust.json

  tags = var.tags
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

resource "aws_iam_role_policy_attachment" "node" {
  for_each = toset([
    "AmazonEC2ContainerRegistryPullOnly",
    "AmazonEKSWorkerNodePolicy",
  ])

  role       = aws_iam_role.node.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/${each.key}"
}

################################################################################
# Asleep outside working hours
################################################################################

locals {
  sleeping = var.awake == null ? {} : { for name, group in var.groups : name => group if group.sleeps }
}

resource "aws_autoscaling_schedule" "wake" {
  for_each = local.sleeping

  autoscaling_group_name = one(one(aws_eks_node_group.this[each.key].resources).autoscaling_groups).name
  scheduled_action_name  = "${each.key}-wake"
  recurrence             = var.awake.wake
  time_zone              = var.awake.time_zone

  min_size         = each.value.min
  max_size         = each.value.max
  desired_capacity = max(each.value.min, 1)
}

resource "aws_autoscaling_schedule" "sleep" {
  for_each = local.sleeping

  autoscaling_group_name = one(one(aws_eks_node_group.this[each.key].resources).autoscaling_groups).name
  scheduled_action_name  = "${each.key}-sleep"
  recurrence             = var.awake.sleep
  time_zone              = var.awake.time_zone

  min_size         = 0
  max_size         = each.value.max
  desired_capacity = 0
}
