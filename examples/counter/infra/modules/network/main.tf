data "aws_region" "current" {}
data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

data "aws_availability_zones" "available" {
  #checkov:skip=CKV_AWS_394:the zones are sorted and cut to as many as are asked for, so that a new one changes nothing
  state = "available"

  # Zones that EKS cannot place a control plane in:
  # https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html
  exclude_zone_ids = ["use1-az3", "usw1-az2", "cac1-az3"]

  # Local and wavelength zones are opted in to; they hold neither NAT gateways nor control planes.
  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

locals {
  zones = slice(sort(data.aws_availability_zones.available.names), 0, min(var.zones, length(data.aws_availability_zones.available.names)))

  # Where each zone's ranges lie depends on its position alone, so that a third zone can be added without moving two.
  #
  #   first three quarters   private, one quarter per zone             /18 of a /16
  #   fourth quarter         public, an eighth of it per zone          /21
  #                          (its last public eighth is left free)
  #                          database, a sixteenth of it per zone      /22
  #                          control plane, 1/64 of it per zone        /24
  #                          (the rest is left free)
  fourth_quarter = cidrsubnet(var.cidr, 2, 3)

  private_cidrs       = { for i, zone in local.zones : zone => cidrsubnet(var.cidr, 2, i) }
  public_cidrs        = { for i, zone in local.zones : zone => cidrsubnet(local.fourth_quarter, 3, i) }
  database_cidrs      = { for i, zone in local.zones : zone => cidrsubnet(local.fourth_quarter, 4, 8 + i) }
  control_plane_cidrs = { for i, zone in local.zones : zone => cidrsubnet(local.fourth_quarter, 6, 48 + i) }

  # The VPC CNI gives each node prefixes of 16 addresses. A node spoils up to three: one that its own address falls
  # into, one kept warm, one partly filled. With one zone lost, the others hold everything.
  nodes_per_zone    = ceil(var.capacity.nodes / (length(local.zones) - 1))
  pods_per_zone     = ceil(var.capacity.pods / (length(local.zones) - 1))
  prefixes_needed   = ceil(local.pods_per_zone / 16) + 3 * local.nodes_per_zone
  prefixes_per_zone = pow(2, 28 - (tonumber(split("/", var.cidr)[1]) + 2))

  nat_zones = {
    per-zone = local.zones
    single   = slice(local.zones, 0, 1)
    none     = []
  }[var.nat]

  flow_log_group = "/aws/vpc-flow-logs/${var.name}"
}

################################################################################
# VPC
################################################################################

resource "aws_vpc" "this" {
  cidr_block           = var.cidr
  enable_dns_hostnames = true
  enable_dns_support   = true

  tags = merge(var.tags, { Name = var.name })

  lifecycle {
    precondition {
      condition     = length(data.aws_availability_zones.available.names) >= var.zones
      error_message = "The region ${data.aws_region.current.id} has ${length(data.aws_availability_zones.available.names)} zones that EKS can use, fewer than the ${var.zones} asked for."
    }

    precondition {
      condition     = local.prefixes_needed <= local.prefixes_per_zone
      error_message = "With one zone lost, a private subnet must hold ${local.nodes_per_zone} nodes and ${local.pods_per_zone} pods: ${local.prefixes_needed} prefixes of 16 addresses, where ${var.cidr} leaves room for ${local.prefixes_per_zone}. Choose a larger cidr, or lower the capacity."
    }
  }
}

# Every VPC has this group, and what names no group of its own gets it: it admits nothing.
resource "aws_default_security_group" "this" {
  vpc_id = aws_vpc.this.id

  tags = merge(var.tags, { Name = "${var.name}-default" })
}

################################################################################
# Public subnets: load balancers and NAT gateways
################################################################################

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id

  tags = merge(var.tags, { Name = var.name })
}

resource "aws_subnet" "public" {
  for_each = local.public_cidrs

  vpc_id            = aws_vpc.this.id
  availability_zone = each.key
  cidr_block        = each.value

  tags = merge(var.tags, {
    Name                     = "${var.name}-public-${each.key}"
    "kubernetes.io/role/elb" = "1"
  })
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.this.id

  tags = merge(var.tags, { Name = "${var.name}-public" })
}

resource "aws_route" "public_internet" {
  route_table_id         = aws_route_table.public.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this.id
}

resource "aws_route_table_association" "public" {
  for_each = aws_subnet.public

  route_table_id = aws_route_table.public.id
  subnet_id      = each.value.id
}

################################################################################
# NAT
################################################################################

resource "aws_eip" "nat" {
  for_each = toset(local.nat_zones)

  domain = "vpc"

  tags = merge(var.tags, { Name = "${var.name}-nat-${each.key}" })

  depends_on = [aws_internet_gateway.this]
}

resource "aws_nat_gateway" "this" {
  for_each = toset(local.nat_zones)

  allocation_id = aws_eip.nat[each.key].id
  subnet_id     = aws_subnet.public[each.key].id

  tags = merge(var.tags, { Name = "${var.name}-${each.key}" })

  # Its address is of no use before there is a way to the internet.
  depends_on = [aws_route.public_internet]
}

################################################################################
# Private subnets: nodes and pods
################################################################################

resource "aws_subnet" "private" {
  for_each = local.private_cidrs

  vpc_id            = aws_vpc.this.id
  availability_zone = each.key
  cidr_block        = each.value

  tags = merge(var.tags, {
    Name                              = "${var.name}-private-${each.key}"
    "karpenter.sh/discovery"          = var.name
    "kubernetes.io/role/internal-elb" = "1"
  })
}

# One table per zone also with a single NAT gateway, so that going to one per zone changes routes, not tables.
resource "aws_route_table" "private" {
  for_each = local.private_cidrs

  vpc_id = aws_vpc.this.id

  tags = merge(var.tags, { Name = "${var.name}-private-${each.key}" })
}

resource "aws_route" "private_nat" {
  for_each = var.nat == "none" ? {} : local.private_cidrs

  route_table_id         = aws_route_table.private[each.key].id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.this[var.nat == "per-zone" ? each.key : local.nat_zones[0]].id
}

resource "aws_route_table_association" "private" {
  for_each = aws_subnet.private

  route_table_id = aws_route_table.private[each.key].id
  subnet_id      = each.value.id
}

################################################################################
# Isolated subnets: databases, and the control plane's network interfaces
################################################################################

resource "aws_subnet" "database" {
  for_each = local.database_cidrs

  vpc_id            = aws_vpc.this.id
  availability_zone = each.key
  cidr_block        = each.value

  tags = merge(var.tags, { Name = "${var.name}-database-${each.key}" })
}

# Apart from the nodes' subnets, so that pods can never use up the addresses that an upgrade of the control plane needs.
resource "aws_subnet" "control_plane" {
  for_each = local.control_plane_cidrs

  vpc_id            = aws_vpc.this.id
  availability_zone = each.key
  cidr_block        = each.value

  tags = merge(var.tags, { Name = "${var.name}-control-plane-${each.key}" })
}

# No route to the internet in either direction.
resource "aws_route_table" "isolated" {
  vpc_id = aws_vpc.this.id

  tags = merge(var.tags, { Name = "${var.name}-isolated" })
}

resource "aws_route_table_association" "database" {
  for_each = aws_subnet.database

  route_table_id = aws_route_table.isolated.id
  subnet_id      = each.value.id
}

resource "aws_route_table_association" "control_plane" {
  for_each = aws_subnet.control_plane

  route_table_id = aws_route_table.isolated.id
  subnet_id      = each.value.id
}

################################################################################
# S3 without NAT: free, and every image layer in ECR comes from S3
################################################################################

resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.this.id
  service_name      = "com.amazonaws.${data.aws_region.current.id}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = concat([for table in aws_route_table.private : table.id], [aws_route_table.isolated.id])

  tags = merge(var.tags, { Name = "${var.name}-s3" })
}
