output "arn" {
  description = "ARN of the web ACL, for the load balancer."
  value       = aws_wafv2_web_acl.this.arn
}
