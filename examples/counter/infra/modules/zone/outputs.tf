output "id" {
  description = "Id of the zone."
  value       = aws_route53_zone.this.zone_id
}

output "arn" {
  description = "ARN of the zone."
  value       = aws_route53_zone.this.arn
}

output "name_servers" {
  description = "Name servers that the parent domain must name before anything in the zone is found."
  value       = aws_route53_zone.this.name_servers
}
