output "controller_role_arn" {
  description = "Role of Karpenter's controller."
  value       = aws_iam_role.controller.arn
}

output "node_role_name" {
  description = "Name of the nodes' role, for EC2NodeClasses."
  value       = aws_iam_role.node.name
}

output "node_role_arn" {
  description = "Role of the nodes."
  value       = aws_iam_role.node.arn
}

output "interruption_queue_name" {
  description = "Name of the interruption queue, for Karpenter's settings."
  value       = aws_sqs_queue.interruption.name
}
