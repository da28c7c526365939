# A VPC that somebody else owns: it is looked at, and nothing in it is changed but one tag on the private subnets. Its
# routes, NAT, endpoints and flow logs are its owner's.

data "aws_vpc" "this" {
  id = var.vpc_id

  lifecycle {
    postcondition {
      condition     = self.enable_dns_support && self.enable_dns_hostnames
      error_message = "${var.vpc_id} resolves no names: EKS needs both enableDnsSupport and enableDnsHostnames."
    }
  }
}

data "aws_availability_zones" "available" {
  #checkov:skip=CKV_AWS_394:only zones that have subnets of the VPC count
  state = "available"
}

data "aws_subnets" "private" {
  for_each = toset(data.aws_availability_zones.available.names)

  tags = var.private_subnet_tags

  filter {
    name   = "vpc-id"
    values = [var.vpc_id]
  }

  filter {
    name   = "availability-zone"
    values = [each.key]
  }
}

data "aws_subnets" "public" {
  for_each = toset(data.aws_availability_zones.available.names)

  tags = var.public_subnet_tags

  filter {
    name   = "vpc-id"
    values = [var.vpc_id]
  }

  filter {
    name   = "availability-zone"
    values = [each.key]
  }
}

data "aws_subnets" "database" {
  for_each = toset(data.aws_availability_zones.available.names)

  tags = var.database_subnet_tags

  filter {
    name   = "vpc-id"
    values = [var.vpc_id]
  }

  filter {
    name   = "availability-zone"
    values = [each.key]
  }
}

# Whose they are already.
data "aws_subnet" "private" {
  for_each = local.private

  id = each.value
}

locals {
  # One subnet per zone and purpose: load balancers and control planes take no two of one zone. Where there are several,
  # the first by id, so that the choice stays.
  private  = { for zone, subnets in data.aws_subnets.private : zone => sort(subnets.ids)[0] if length(subnets.ids) > 0 }
  public   = { for zone, subnets in data.aws_subnets.public : zone => sort(subnets.ids)[0] if length(subnets.ids) > 0 }
  database = { for zone, subnets in data.aws_subnets.database : zone => sort(subnets.ids)[0] if length(subnets.ids) > 0 }
}

# Karpenter starts nodes in the subnets that carry its cluster's name.
resource "aws_ec2_tag" "karpenter" {
  for_each = local.private

  resource_id = each.value
  key         = "karpenter.sh/discovery"
  value       = var.name

  lifecycle {
    precondition {
      condition     = lookup(data.aws_subnet.private[each.key].tags, "karpenter.sh/discovery", var.name) == var.name
      error_message = "${each.value} is tagged for another cluster (karpenter.sh/discovery). Give each cluster private subnets of its own."
    }
  }
}
