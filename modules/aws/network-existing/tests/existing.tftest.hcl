# What is mocked is the same for every zone: each of the three has the same subnets.
mock_provider "aws" {
  mock_data "aws_vpc" {
    defaults = {
      enable_dns_support   = true
      enable_dns_hostnames = true
    }
  }

  mock_data "aws_availability_zones" {
    defaults = { names = ["eu-west-3a", "eu-west-3b", "eu-west-3c"] }
  }

  mock_data "aws_subnet" {
    defaults = { tags = {} }
  }
}

variables {
  name   = "counter-production"
  vpc_id = "vpc-0123456789abcdef0"
}

override_data {
  target = data.aws_subnets.private
  values = { ids = ["subnet-c", "subnet-a"] }
}

override_data {
  target = data.aws_subnets.public
  values = { ids = [] }
}

override_data {
  target = data.aws_subnets.database
  values = { ids = ["subnet-d"] }
}

run "takes_one_subnet_per_zone" {
  assert {
    condition     = output.private_subnet_ids == { eu-west-3a = "subnet-a", eu-west-3b = "subnet-a", eu-west-3c = "subnet-a" }
    error_message = "of two subnets in a zone the first by id is taken"
  }

  assert {
    condition     = output.database_subnet_ids == { eu-west-3a = "subnet-d", eu-west-3b = "subnet-d", eu-west-3c = "subnet-d" } && output.control_plane_subnet_ids == output.private_subnet_ids
    error_message = "databases have their subnets, and the control plane shares the private ones"
  }

  assert {
    condition     = output.zones == tolist(["eu-west-3a", "eu-west-3b", "eu-west-3c"]) && length(output.public_subnet_ids) == 0
    error_message = "zones are those with a private subnet; there may be no public ones"
  }
}

run "tags_private_subnets_and_nothing_else" {
  assert {
    condition     = toset([for tag in aws_ec2_tag.karpenter : "${tag.resource_id} ${tag.key}=${tag.value}"]) == toset(["subnet-a karpenter.sh/discovery=counter-production"])
    error_message = "Karpenter finds the private subnets that are used"
  }
}

run "takes_subnets_that_are_tagged_already" {
  override_data {
    target = data.aws_subnet.private
    values = { tags = { "karpenter.sh/discovery" = "counter-production" } }
  }

  assert {
    condition     = length(aws_ec2_tag.karpenter) == 3
    error_message = "a tag of ours is no other cluster's"
  }
}

run "refuses_private_subnets_in_one_zone" {
  command = plan

  override_data {
    target = data.aws_availability_zones.available
    values = { names = ["eu-west-3a"] }
  }

  expect_failures = [output.private_subnet_ids, output.database_subnet_ids]
}

run "refuses_a_vpc_without_private_subnets" {
  command = plan

  override_data {
    target = data.aws_subnets.private
    values = { ids = [] }
  }

  expect_failures = [output.private_subnet_ids]
}

run "refuses_a_vpc_without_database_subnets" {
  command = plan

  override_data {
    target = data.aws_subnets.database
    values = { ids = [] }
  }

  expect_failures = [output.database_subnet_ids]
}

run "refuses_subnets_of_another_cluster" {
  command = plan

  override_data {
    target = data.aws_subnet.private
    values = { tags = { "karpenter.sh/discovery" = "billing-production" } }
  }

  expect_failures = [aws_ec2_tag.karpenter]
}

run "refuses_a_vpc_without_dns" {
  command = plan

  override_data {
    target = data.aws_vpc.this
    values = {
      enable_dns_support   = true
      enable_dns_hostnames = false
    }
  }

  expect_failures = [data.aws_vpc.this]
}

run "refuses_to_take_every_subnet" {
  command = plan

  variables {
    private_subnet_tags = {}
  }

  expect_failures = [var.private_subnet_tags]
}

run "refuses_an_id_that_is_none" {
  command = plan

  variables {
    vpc_id = "counter"
  }

  expect_failures = [var.vpc_id]
}
