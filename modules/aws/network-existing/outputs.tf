output "vpc_id" {
  description = "Id of the VPC."
  value       = data.aws_vpc.this.id
}

output "vpc_cidr" {
  description = "IPv4 range of the VPC."
  value       = data.aws_vpc.this.cidr_block
}

output "zones" {
  description = "Names of the availability zones that have a private subnet."
  value       = sort(keys(local.private))
}

output "public_subnet_ids" {
  description = "Public subnets by zone: load balancers."
  value       = local.public
}

output "private_subnet_ids" {
  description = "Private subnets by zone: nodes and pods."
  value       = local.private

  precondition {
    condition     = length(local.private) >= 2
    error_message = "${var.vpc_id} has private subnets in ${length(local.private)} zones, where EKS needs two. Tag subnets of other zones with ${jsonencode(var.private_subnet_tags)}."
  }

  # Nodes may be started once Karpenter's tag is there.
  depends_on = [aws_ec2_tag.karpenter]
}

output "database_subnet_ids" {
  description = "Database subnets by zone."
  value       = local.database

  precondition {
    condition     = length(local.database) >= 2
    error_message = "${var.vpc_id} has database subnets in ${length(local.database)} zones, where RDS needs two. Tag subnets of other zones with ${jsonencode(var.database_subnet_tags)}."
  }
}

output "control_plane_subnet_ids" {
  description = "Subnets by zone for the network interfaces of the EKS control plane: the private ones."
  value       = local.private
}
