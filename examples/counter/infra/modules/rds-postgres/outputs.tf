output "arn" {
  description = "ARN of the database."
  value       = aws_db_instance.this.arn
}

output "address" {
  description = "Host name of the endpoint: the name its certificate is for."
  value       = aws_db_instance.this.address
}

output "port" {
  description = "Port of the endpoint."
  value       = aws_db_instance.this.port
}

output "master_secret_arn" {
  description = "Secret with the master password, which RDS makes and rotates."
  value       = aws_db_instance.this.master_user_secret[0].secret_arn
}

output "database" {
  description = "Name of the database in PostgreSQL."
  value       = aws_db_instance.this.db_name
}

output "client_security_group_ids" {
  description = "Security group by client, for its SecurityGroupPolicy."
  value       = module.access.client_security_group_ids
}

output "security_group_id" {
  description = "Security group of the database."
  value       = module.access.server_security_group_id
}
