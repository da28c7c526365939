output "bucket" {
  description = "Name of the bucket."
  value       = aws_s3_bucket.this.id
}

output "kms_key_arn" {
  description = "ARN of the key that encrypts the states."
  value       = aws_kms_key.this.arn
}
