mock_provider "aws" {
  mock_data "aws_availability_zones" {
    defaults = {
      names = ["eu-west-3c", "eu-west-3a", "eu-west-3b", "eu-west-3d"]
    }
  }

  mock_data "aws_region" {
    defaults = { id = "eu-west-3" }
  }

  mock_data "aws_caller_identity" {
    defaults = { account_id = "111111111111" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }

  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-west-3:111111111111:key/00000000-0000-0000-0000-000000000000" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-3:111111111111:log-group:/aws/vpc-flow-logs/counter-production" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111111111111:role/counter-production-flow-log" }
  }
}

# A mocked id is the same for every resource of a type, so that those that are compared are given here.
override_resource {
  target = aws_route_table.public
  values = { id = "rtb-public" }
}

override_resource {
  target = aws_route_table.private
  values = { id = "rtb-private" }
}

override_resource {
  target = aws_route_table.isolated
  values = { id = "rtb-isolated" }
}

variables {
  name = "counter-production"
}

################################################################################
# Where things lie
################################################################################

run "three_zones_in_order_of_their_names" {
  assert {
    condition     = output.zones == tolist(["eu-west-3a", "eu-west-3b", "eu-west-3c"])
    error_message = "the first three zones by name are used, whatever order AWS answers in"
  }

  assert {
    condition     = [for zone in output.zones : aws_subnet.private[zone].cidr_block] == ["10.0.0.0/18", "10.0.64.0/18", "10.0.128.0/18"]
    error_message = "private subnets are the first three quarters"
  }

  assert {
    condition     = [for zone in output.zones : aws_subnet.public[zone].cidr_block] == ["10.0.192.0/21", "10.0.200.0/21", "10.0.208.0/21"]
    error_message = "public subnets lie in the fourth quarter"
  }

  assert {
    condition     = [for zone in output.zones : aws_subnet.database[zone].cidr_block] == ["10.0.224.0/22", "10.0.228.0/22", "10.0.232.0/22"]
    error_message = "database subnets follow the public ones"
  }

  assert {
    condition     = [for zone in output.zones : aws_subnet.control_plane[zone].cidr_block] == ["10.0.240.0/24", "10.0.241.0/24", "10.0.242.0/24"]
    error_message = "the control plane's subnets follow the database's"
  }
}

run "a_third_zone_moves_nothing" {
  variables {
    zones = 2
  }

  assert {
    condition     = aws_subnet.private["eu-west-3b"].cidr_block == "10.0.64.0/18"
    error_message = "a zone's range does not depend on how many zones there are"
  }

  assert {
    condition     = length(aws_subnet.private) == 2 && length(aws_subnet.database) == 2 && length(aws_subnet.public) == 2 && length(aws_subnet.control_plane) == 2
    error_message = "every tier has a subnet in each of the two zones"
  }
}

run "the_smallest_range_still_holds_every_tier" {
  variables {
    cidr     = "10.1.0.0/20"
    capacity = { nodes = 6, pods = 100 }
  }

  assert {
    condition     = aws_subnet.private["eu-west-3a"].cidr_block == "10.1.0.0/22" && aws_subnet.public["eu-west-3a"].cidr_block == "10.1.12.0/25"
    error_message = "private subnets have 1024 addresses; public ones more than the 32 that a load balancer needs"
  }

  assert {
    condition     = aws_subnet.database["eu-west-3c"].cidr_block == "10.1.14.128/26" && aws_subnet.control_plane["eu-west-3c"].cidr_block == "10.1.15.32/28"
    error_message = "the control plane's subnets have the 16 addresses that EKS recommends"
  }
}

################################################################################
# Ways to the internet
################################################################################

run "nat_in_each_zone" {
  assert {
    condition     = toset(keys(aws_nat_gateway.this)) == toset(["eu-west-3a", "eu-west-3b", "eu-west-3c"])
    error_message = "each zone has a NAT gateway"
  }

  assert {
    condition     = keys(aws_route.private_nat) == keys(aws_nat_gateway.this)
    error_message = "each zone has a way out"
  }
}

run "nat_in_one_zone" {
  variables {
    nat = "single"
  }

  assert {
    condition     = keys(aws_nat_gateway.this) == ["eu-west-3a"] && length(aws_eip.nat) == 1
    error_message = "there is one NAT gateway, in the first zone"
  }

  assert {
    condition     = length(aws_route.private_nat) == 3
    error_message = "every zone has a way out"
  }
}

run "no_nat" {
  variables {
    nat = "none"
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 0 && length(aws_eip.nat) == 0 && length(aws_route.private_nat) == 0
    error_message = "nothing costs and nothing leads outside"
  }

  assert {
    condition     = aws_vpc_endpoint.s3.route_table_ids == toset(["rtb-private", "rtb-isolated"])
    error_message = "S3 is reached from every private table and from the isolated one"
  }
}

run "databases_have_no_way_out" {
  assert {
    condition     = alltrue([for association in aws_route_table_association.database : association.route_table_id == aws_route_table.isolated.id])
    error_message = "database subnets use the isolated table"
  }

  assert {
    condition     = alltrue([for route in concat([aws_route.public_internet], values(aws_route.private_nat)) : route.route_table_id != aws_route_table.isolated.id])
    error_message = "no route is put into the isolated table"
  }
}

run "nothing_gets_a_public_address_by_being_started" {
  assert {
    condition     = alltrue([for subnet in aws_subnet.public : subnet.map_public_ip_on_launch != true])
    error_message = "public subnets do not hand out public addresses"
  }
}

################################################################################
# Tags that controllers look for
################################################################################

run "controllers_find_their_subnets" {
  assert {
    condition     = alltrue([for subnet in aws_subnet.private : subnet.tags["karpenter.sh/discovery"] == "counter-production" && subnet.tags["kubernetes.io/role/internal-elb"] == "1"])
    error_message = "Karpenter and internal load balancers find the private subnets"
  }

  assert {
    condition     = alltrue([for subnet in aws_subnet.public : subnet.tags["kubernetes.io/role/elb"] == "1" && !contains(keys(subnet.tags), "karpenter.sh/discovery")])
    error_message = "public load balancers find the public subnets, and no node is put there"
  }
}

################################################################################
# What is refused
################################################################################

run "refuses_one_zone" {
  command = plan

  variables {
    zones = 1
  }

  expect_failures = [var.zones]
}

run "refuses_a_range_that_is_too_small" {
  command = plan

  variables {
    cidr = "10.0.0.0/21"
  }

  expect_failures = [var.cidr]
}

run "refuses_a_range_with_host_bits" {
  command = plan

  variables {
    cidr = "10.0.1.0/16"
  }

  expect_failures = [var.cidr]
}

run "refuses_an_unknown_kind_of_nat" {
  command = plan

  variables {
    nat = "one"
  }

  expect_failures = [var.nat]
}

run "refuses_more_pods_than_addresses" {
  command = plan

  variables {
    cidr     = "10.0.0.0/20"
    capacity = { nodes = 40, pods = 900 }
  }

  expect_failures = [aws_vpc.this]
}

run "refuses_a_region_with_too_few_zones" {
  command = plan

  override_data {
    target = data.aws_availability_zones.available
    values = { names = ["us-west-1b", "us-west-1c"] }
  }

  expect_failures = [aws_vpc.this]
}

run "refuses_a_retention_that_cloudwatch_does_not_know" {
  command = plan

  variables {
    flow_log_retention_days = 100
  }

  expect_failures = [var.flow_log_retention_days]
}
