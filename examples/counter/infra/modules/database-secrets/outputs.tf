output "arns" {
  description = "ARN of each secret, by who uses it."
  value       = { for client, secret in aws_secretsmanager_secret.this : client => secret.arn }
}

output "names" {
  description = "Name of each secret, by who uses it."
  value       = { for client, secret in aws_secretsmanager_secret.this : client => secret.name }
}

output "versions" {
  description = "Version of what each secret holds, by who uses it; it changes with the endpoint and with the password."
  value       = local.versions
}
