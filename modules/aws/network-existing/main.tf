# A VPC that somebody else owns: it is looked at, and nothing in it is changed but one tag on the private subnets. Its
# routes, NAT, endpoints and flow logs are its owner's.

data "aws_vpc" "this" {
  id = var.vpc_id
}

data "aws_subnets" "private" {
  tags = var.private_subnet_tags

  filter {
    name   = "vpc-id"
    values = [var.vpc_id]
  }
}

data "aws_subnets" "public" {
  tags = var.public_subnet_tags

  filter {
    name   = "vpc-id"
    values = [var.vpc_id]
  }
}

data "aws_subnets" "database" {
  tags = var.database_subnet_tags

  filter {
    name   = "vpc-id"
    values = [var.vpc_id]
  }
}

data "aws_subnet" "this" {
  for_each = toset(concat(data.aws_subnets.private.ids, data.aws_subnets.public.ids, data.aws_subnets.database.ids))

  id = each.key
}

locals {
  # One subnet per zone and purpose: load balancers and control planes take no two of one zone. Where there are several,
  # the first by id, so that the choice stays.
  private  = { for zone, ids in { for id in sort(data.aws_subnets.private.ids) : data.aws_subnet.this[id].availability_zone => id... } : zone => ids[0] }
  public   = { for zone, ids in { for id in sort(data.aws_subnets.public.ids) : data.aws_subnet.this[id].availability_zone => id... } : zone => ids[0] }
  database = { for zone, ids in { for id in sort(data.aws_subnets.database.ids) : data.aws_subnet.this[id].availability_zone => id... } : zone => ids[0] }
}

# Karpenter starts nodes in the subnets that carry its cluster's name.
resource "aws_ec2_tag" "karpenter" {
  for_each = local.private

  resource_id = each.value
  key         = "karpenter.sh/discovery"
  value       = var.name

  lifecycle {
    precondition {
      condition     = length(local.private) >= 2
      error_message = "${var.vpc_id} has private subnets in ${length(local.private)} zones, where EKS needs two. Tag subnets of another zone with ${jsonencode(var.private_subnet_tags)}."
    }

    precondition {
      condition     = length(local.database) >= 2
      error_message = "${var.vpc_id} has database subnets in ${length(local.database)} zones, where RDS needs two. Tag subnets of another zone with ${jsonencode(var.database_subnet_tags)}."
    }

    precondition {
      condition     = data.aws_vpc.this.enable_dns_support && data.aws_vpc.this.enable_dns_hostnames
      error_message = "${var.vpc_id} resolves no names: EKS needs both enableDnsSupport and enableDnsHostnames."
    }

    precondition {
      condition     = lookup(data.aws_subnet.this[each.value].tags, "karpenter.sh/discovery", var.name) == var.name
      error_message = "${each.value} is tagged for another cluster (karpenter.sh/discovery). Give each cluster private subnets of its own."
    }
  }
}
