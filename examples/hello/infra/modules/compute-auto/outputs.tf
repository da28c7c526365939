output "node_role_arn" {
  description = "Role of the nodes, for the cluster's `auto_mode`; known once it may be used."
  value       = aws_iam_role.node.arn

  depends_on = [aws_iam_role_policy_attachment.node]
}

output "node_role_name" {
  description = "Name of the nodes' role, for NodeClasses."
  value       = aws_iam_role.node.name
}
