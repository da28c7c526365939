output "cluster_name" {
  description = "Name of the cluster, known once it has nodes: what needs nodes takes the name from here."
  value       = var.cluster_name

  depends_on = [aws_eks_node_group.this]
}

output "node_role_arn" {
  description = "Role of the nodes."
  value       = aws_iam_role.node.arn
}

output "node_group_names" {
  description = "Names of the node groups in EKS, by group."
  value       = { for name, group in aws_eks_node_group.this : name => group.node_group_name }
}
