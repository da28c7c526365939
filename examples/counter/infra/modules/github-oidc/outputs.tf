output "arn" {
  description = "ARN of the provider, for the trust of roles."
  value       = aws_iam_openid_connect_provider.this.arn
}
