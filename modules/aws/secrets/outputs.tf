output "arns" {
  description = "ARN of each secret, by its name in the definition."
  value       = { for key, secret in aws_secretsmanager_secret.this : key => secret.arn }
}
