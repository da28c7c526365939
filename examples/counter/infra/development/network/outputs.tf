# Rendered by Seaworthy from seaworthy.yaml (environments.development).
# Change that, or add a file under patches/: changes made here are not kept.

output "vpc_id" {
  description = "Id of the VPC."
  value       = module.network.vpc_id
}

output "vpc_cidr" {
  description = "IPv4 range of the VPC."
  value       = module.network.vpc_cidr
}

output "zones" {
  description = "Names of the availability zones in use."
  value       = module.network.zones
}

output "public_subnet_ids" {
  description = "Public subnets by zone: load balancers."
  value       = module.network.public_subnet_ids
}

output "private_subnet_ids" {
  description = "Private subnets by zone: nodes and pods."
  value       = module.network.private_subnet_ids
}

output "database_subnet_ids" {
  description = "Database subnets by zone."
  value       = module.network.database_subnet_ids
}

output "control_plane_subnet_ids" {
  description = "Subnets by zone for the network interfaces of the EKS control plane."
  value       = module.network.control_plane_subnet_ids
}

output "nat_public_ips" {
  description = "Addresses from which the platform is seen on the internet, by zone of the NAT gateway."
  value       = module.network.nat_public_ips
}
