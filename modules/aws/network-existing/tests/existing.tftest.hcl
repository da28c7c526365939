mock_provider "aws" {
  mock_data "aws_vpc" {
    defaults = {
      id                   = "vpc-0123456789abcdef0"
      cidr_block           = "10.20.0.0/16"
      enable_dns_support   = true
      enable_dns_hostnames = true
    }
  }
}

variables {
  name   = "counter-production"
  vpc_id = "vpc-0123456789abcdef0"
}

override_data {
  target = data.aws_subnets.private
  values = { ids = ["subnet-c", "subnet-a", "subnet-b"] }
}

override_data {
  target = data.aws_subnets.public
  values = { ids = ["subnet-p"] }
}

override_data {
  target = data.aws_subnets.database
  values = { ids = ["subnet-d", "subnet-e"] }
}

override_data {
  target = data.aws_subnet.this["subnet-a"]
  values = { availability_zone = "eu-west-3a", tags = {} }
}

override_data {
  target = data.aws_subnet.this["subnet-b"]
  values = { availability_zone = "eu-west-3b", tags = { "karpenter.sh/discovery" = "counter-production" } }
}

# A second private subnet in the first zone.
override_data {
  target = data.aws_subnet.this["subnet-c"]
  values = { availability_zone = "eu-west-3a", tags = {} }
}

override_data {
  target = data.aws_subnet.this["subnet-p"]
  values = { availability_zone = "eu-west-3b", tags = {} }
}

override_data {
  target = data.aws_subnet.this["subnet-d"]
  values = { availability_zone = "eu-west-3a", tags = {} }
}

override_data {
  target = data.aws_subnet.this["subnet-e"]
  values = { availability_zone = "eu-west-3b", tags = {} }
}

run "takes_one_subnet_per_zone" {
  assert {
    condition     = output.private_subnet_ids == { eu-west-3a = "subnet-a", eu-west-3b = "subnet-b" }
    error_message = "of two subnets in a zone the first by id is taken"
  }

  assert {
    condition     = output.public_subnet_ids == { eu-west-3b = "subnet-p" } && output.database_subnet_ids == { eu-west-3a = "subnet-d", eu-west-3b = "subnet-e" }
    error_message = "public and database subnets are found by their own tags"
  }

  assert {
    condition     = output.zones == tolist(["eu-west-3a", "eu-west-3b"])
    error_message = "zones are those with a private subnet"
  }
}

run "tags_private_subnets_and_nothing_else" {
  assert {
    condition     = toset([for tag in aws_ec2_tag.karpenter : "${tag.resource_id} ${tag.key}=${tag.value}"]) == toset(["subnet-a karpenter.sh/discovery=counter-production", "subnet-b karpenter.sh/discovery=counter-production"])
    error_message = "Karpenter finds the private subnets that are used"
  }
}

run "refuses_private_subnets_in_one_zone" {
  command = plan

  override_data {
    target = data.aws_subnets.private
    values = { ids = ["subnet-a", "subnet-c"] }
  }

  expect_failures = [aws_ec2_tag.karpenter]
}

run "refuses_database_subnets_in_one_zone" {
  command = plan

  override_data {
    target = data.aws_subnets.database
    values = { ids = ["subnet-d"] }
  }

  expect_failures = [aws_ec2_tag.karpenter]
}

run "refuses_subnets_of_another_cluster" {
  command = plan

  override_data {
    target = data.aws_subnet.this["subnet-b"]
    values = { availability_zone = "eu-west-3b", tags = { "karpenter.sh/discovery" = "billing-production" } }
  }

  expect_failures = [aws_ec2_tag.karpenter]
}

run "refuses_a_vpc_without_dns" {
  command = plan

  override_data {
    target = data.aws_vpc.this
    values = {
      id                   = "vpc-0123456789abcdef0"
      cidr_block           = "10.20.0.0/16"
      enable_dns_support   = true
      enable_dns_hostnames = false
    }
  }

  expect_failures = [aws_ec2_tag.karpenter]
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
