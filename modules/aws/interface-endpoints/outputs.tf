output "endpoint_ids" {
  description = "Endpoints by service."
  value       = { for service, endpoint in aws_vpc_endpoint.this : service => endpoint.id }
}

output "security_group_id" {
  description = "Security group of the endpoints."
  value       = aws_security_group.this.id
}
