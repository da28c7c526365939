output "server_security_group_id" {
  description = "Security group of the database."
  value       = aws_security_group.server.id
}

output "client_security_group_ids" {
  description = "Security group by client, for its SecurityGroupPolicy."
  value       = { for client, group in aws_security_group.client : client => group.id }
}
