output "arn" {
  description = "ARN of the certificate, once it is issued when `wait` is set."
  value       = var.wait ? one(values(aws_acm_certificate_validation.this)).certificate_arn : aws_acm_certificate.this.arn
}
