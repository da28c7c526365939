output "vpc_id" {
  description = "Id of the VPC."
  value       = aws_vpc.this.id
}

output "vpc_cidr" {
  description = "IPv4 range of the VPC."
  value       = aws_vpc.this.cidr_block
}

output "zones" {
  description = "Names of the availability zones in use."
  value       = local.zones
}

output "public_subnet_ids" {
  description = "Public subnets by zone: load balancers and NAT gateways."
  value       = { for zone, subnet in aws_subnet.public : zone => subnet.id }
}

output "private_subnet_ids" {
  description = "Private subnets by zone: nodes and pods."
  value       = { for zone, subnet in aws_subnet.private : zone => subnet.id }
}

output "database_subnet_ids" {
  description = "Database subnets by zone; no route leads to the internet."
  value       = { for zone, subnet in aws_subnet.database : zone => subnet.id }
}

output "control_plane_subnet_ids" {
  description = "Subnets by zone for the network interfaces of the EKS control plane; no route leads to the internet."
  value       = { for zone, subnet in aws_subnet.control_plane : zone => subnet.id }
}

output "nat_public_ips" {
  description = "Addresses from which the platform is seen on the internet, by zone of the NAT gateway."
  value       = { for zone, address in aws_eip.nat : zone => address.public_ip }
}

output "flow_log_group_name" {
  description = "Name of the log group of the flow log."
  value       = aws_cloudwatch_log_group.flow_log.name
}
