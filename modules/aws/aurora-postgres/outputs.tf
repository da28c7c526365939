output "arn" {
  description = "ARN of the database."
  value       = aws_rds_cluster.this.arn
}

output "address" {
  description = "Host name of the endpoint of the writer: the name its certificate is for."
  value       = aws_rds_cluster.this.endpoint
}

output "reader_address" {
  description = "Host name that spreads connections over the readers; with one instance it is the writer."
  value       = aws_rds_cluster.this.reader_endpoint
}

output "port" {
  description = "Port of the endpoint."
  value       = aws_rds_cluster.this.port
}

output "master_secret_arn" {
  description = "Secret with the master password, which RDS makes and rotates."
  value       = aws_rds_cluster.this.master_user_secret[0].secret_arn
}

output "database" {
  description = "Name of the database in PostgreSQL."
  value       = aws_rds_cluster.this.database_name
}

output "client_security_group_ids" {
  description = "Security group by client, for its SecurityGroupPolicy."
  value       = module.access.client_security_group_ids
}

output "security_group_id" {
  description = "Security group of the database."
  value       = module.access.server_security_group_id
}
