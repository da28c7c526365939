mock_provider "aws" {
  mock_data "aws_eks_cluster" {
    defaults = {
      arn                   = "arn:aws:eks:eu-west-3:111111111111:cluster/shared"
      access_config         = [{ authentication_mode = "API", bootstrap_cluster_creator_admin_permissions = false }]
      certificate_authority = [{ data = "LS0tLS1CRUdJTg==" }]
      vpc_config = [{
        cluster_security_group_id = "sg-0123456789abcdef0"
        endpoint_private_access   = true
        endpoint_public_access    = false
        public_access_cidrs       = []
        security_group_ids        = []
        subnet_ids                = []
        vpc_id                    = "vpc-0123456789abcdef0"
      }]
    }
  }
}

variables {
  name   = "shared"
  vpc_id = "vpc-0123456789abcdef0"
}

run "says_what_a_cluster_of_ours_says" {
  assert {
    condition     = output.name == "shared" && output.security_group_id == "sg-0123456789abcdef0" && output.certificate_authority == "LS0tLS1CRUdJTg=="
    error_message = "what stands in the cluster does not know the difference"
  }
}

run "refuses_a_cluster_in_another_vpc" {
  command = plan

  variables {
    vpc_id = "vpc-0fedcba9876543210"
  }

  expect_failures = [data.aws_eks_cluster.this]
}

run "refuses_a_cluster_that_knows_no_access_entries" {
  command = plan

  override_data {
    target = data.aws_eks_cluster.this
    values = {
      access_config = [{ authentication_mode = "CONFIG_MAP", bootstrap_cluster_creator_admin_permissions = false }]
      vpc_config = [{
        cluster_security_group_id = "sg-0123456789abcdef0"
        endpoint_private_access   = true
        endpoint_public_access    = false
        public_access_cidrs       = []
        security_group_ids        = []
        subnet_ids                = []
        vpc_id                    = "vpc-0123456789abcdef0"
      }]
    }
  }

  expect_failures = [data.aws_eks_cluster.this]
}

run "refuses_a_name_that_is_none" {
  command = plan

  variables {
    name = "arn:aws:eks:eu-west-3:111111111111:cluster/shared"
  }

  expect_failures = [var.name]
}
