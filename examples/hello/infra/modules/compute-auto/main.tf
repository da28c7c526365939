# What EKS Auto Mode needs besides the cluster's own settings: the role of the nodes that AWS makes and manages. It
# exists before the cluster, which names it.

data "aws_partition" "current" {}

resource "aws_iam_role" "node" {
  name               = "${var.cluster_name}-auto-node"
  description        = "Nodes that EKS Auto Mode makes for ${var.cluster_name}"
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

# Joining the cluster and pulling images; networking and volumes are managed outside the nodes.
resource "aws_iam_role_policy_attachment" "node" {
  for_each = toset([
    "AmazonEC2ContainerRegistryPullOnly",
    "AmazonEKSWorkerNodeMinimalPolicy",
  ])

  role       = aws_iam_role.node.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/${each.key}"
}
