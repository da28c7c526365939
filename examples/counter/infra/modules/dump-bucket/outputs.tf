output "name" {
  description = "Name of the bucket."
  value       = aws_s3_bucket.this.id
}

output "arn" {
  description = "ARN of the bucket."
  value       = aws_s3_bucket.this.arn
}

output "write_policy" {
  description = "Policy of the role that writes dumps."
  value       = data.aws_iam_policy_document.write.json
}

output "restore_policy" {
  description = "Policy of the role that restores dumps."
  value       = data.aws_iam_policy_document.restore.json
}
