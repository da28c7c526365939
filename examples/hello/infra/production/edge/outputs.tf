# Rendered by Seaworthy from seaworthy.yaml (environments.production).
# Change that, or add a file under patches/: changes made here are not kept.

output "name_servers_hello_example_com" {
  description = "Name servers that the parent domain must name before the zone is found."
  value       = module.zone_hello_example_com.name_servers
}

output "zone_ids" {
  description = "Id of each zone."
  value = {
    "hello.example.com" = module.zone_hello_example_com.id
  }
}

output "certificate_arns" {
  description = "Certificate of each zone's hosts."
  value = {
    "hello.example.com" = module.certificate_hello_example_com.arn
  }
}

output "web_acl_arn" {
  description = "Firewall in front of the load balancer."
  value       = module.web_acl.arn
}

output "topic_arn" {
  description = "Topic of alarms about the environment."
  value       = module.notifications.topic_arn
}
