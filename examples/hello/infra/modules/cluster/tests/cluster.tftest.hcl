mock_provider "aws" {
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

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111111111111:role/counter-production-cluster" }
  }

  mock_resource "aws_eks_cluster" {
    defaults = {
      certificate_authority = [{ data = "LS0tLS1CRUdJTg==" }]
    }
  }
}

variables {
  name               = "counter-production"
  kubernetes_version = "1.36"
  subnet_ids         = { eu-west-3a = "subnet-a", eu-west-3b = "subnet-b" }
}

################################################################################
# Access
################################################################################

run "private_unless_somebody_is_named" {
  assert {
    condition     = one(aws_eks_cluster.this.vpc_config).endpoint_private_access && !one(aws_eks_cluster.this.vpc_config).endpoint_public_access
    error_message = "the API server is reached from inside the VPC only"
  }

  assert {
    condition     = one(aws_eks_cluster.this.access_config).authentication_mode == "API" && !one(aws_eks_cluster.this.access_config).bootstrap_cluster_creator_admin_permissions
    error_message = "nobody is an admin for having applied"
  }

  assert {
    condition     = length(aws_eks_access_entry.admin) == 0 && length(aws_eks_access_entry.viewer) == 0
    error_message = "nobody gets in who is not named"
  }
}

run "public_for_named_ranges" {
  variables {
    public_access_cidrs = ["192.0.2.0/24"]
  }

  assert {
    condition     = one(aws_eks_cluster.this.vpc_config).endpoint_public_access && one(aws_eks_cluster.this.vpc_config).public_access_cidrs == toset(["192.0.2.0/24"])
    error_message = "the named range gets in, and no other"
  }

  assert {
    condition     = one(aws_eks_cluster.this.vpc_config).endpoint_private_access
    error_message = "nodes still use the private endpoint"
  }
}

run "admins_and_viewers" {
  variables {
    admins  = ["arn:aws:iam::111111111111:role/platform"]
    viewers = ["arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/eu-west-3/AWSReservedSSO_Developers_0123456789abcdef"]
  }

  assert {
    condition     = [for association in aws_eks_access_policy_association.admin : "${association.principal_arn} ${association.policy_arn}"] == ["arn:aws:iam::111111111111:role/platform arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"]
    error_message = "the named admin administers the cluster"
  }

  assert {
    condition     = [for association in aws_eks_access_policy_association.viewer : association.policy_arn] == ["arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"]
    error_message = "who only looks sees no secrets"
  }
}

################################################################################
# Encryption, logs, upgrades
################################################################################

run "secrets_are_encrypted_and_changes_recorded" {
  assert {
    condition     = one(aws_eks_cluster.this.encryption_config).resources == toset(["secrets"]) && one(one(aws_eks_cluster.this.encryption_config).provider).key_arn == aws_kms_key.cluster.arn
    error_message = "secrets are encrypted with a key of the account"
  }

  assert {
    condition     = contains(aws_eks_cluster.this.enabled_cluster_log_types, "audit") && aws_cloudwatch_log_group.this.name == "/aws/eks/counter-production/cluster" && aws_cloudwatch_log_group.this.kms_key_id == aws_kms_key.cluster.arn
    error_message = "the audit log goes into an encrypted group of ours"
  }

  assert {
    condition     = aws_kms_key.cluster.enable_key_rotation && aws_kms_key.volumes.enable_key_rotation
    error_message = "keys are rotated"
  }
}

run "stays_in_standard_support" {
  assert {
    condition     = one(aws_eks_cluster.this.upgrade_policy).support_type == "STANDARD" && aws_eks_cluster.this.version == "1.36"
    error_message = "EKS upgrades at the end of standard support instead of charging for extended support"
  }

  assert {
    condition     = aws_eks_cluster.this.bootstrap_self_managed_addons == false
    error_message = "every add-on is ours, with a pinned version"
  }
}

################################################################################
# Auto Mode
################################################################################

run "without_auto_mode" {
  assert {
    condition = toset([
      one(aws_eks_cluster.this.compute_config).enabled,
      one(one(aws_eks_cluster.this.storage_config).block_storage).enabled,
      one(one(aws_eks_cluster.this.kubernetes_network_config).elastic_load_balancing).enabled,
    ]) == toset([false])
    error_message = "the three settings of Auto Mode are off together"
  }

  assert {
    condition     = toset(keys(aws_iam_role_policy_attachment.this)) == toset(["AmazonEKSClusterPolicy", "AmazonEKSVPCResourceController"])
    error_message = "the control plane gets no permissions of Auto Mode"
  }
}

run "with_auto_mode" {
  variables {
    auto_mode = { node_role_arn = "arn:aws:iam::111111111111:role/counter-production-auto-node" }
  }

  assert {
    condition = toset([
      one(aws_eks_cluster.this.compute_config).enabled,
      one(one(aws_eks_cluster.this.storage_config).block_storage).enabled,
      one(one(aws_eks_cluster.this.kubernetes_network_config).elastic_load_balancing).enabled,
    ]) == toset([true])
    error_message = "the three settings of Auto Mode are on together"
  }

  assert {
    condition     = one(aws_eks_cluster.this.compute_config).node_pools == toset(["general-purpose", "system"]) && one(aws_eks_cluster.this.compute_config).node_role_arn == "arn:aws:iam::111111111111:role/counter-production-auto-node"
    error_message = "both built-in pools are there, with the given role"
  }

  assert {
    condition     = length(setsubtract(["AmazonEKSBlockStoragePolicy", "AmazonEKSClusterPolicy", "AmazonEKSComputePolicy", "AmazonEKSLoadBalancingPolicy", "AmazonEKSNetworkingPolicy"], keys(aws_iam_role_policy_attachment.this))) == 0
    error_message = "the control plane may make nodes, volumes, load balancers and network interfaces"
  }
}

run "auto_mode_with_pools_of_its_own" {
  variables {
    auto_mode = {
      node_role_arn = "arn:aws:iam::111111111111:role/counter-production-auto-node"
      node_pools    = []
    }
  }

  assert {
    condition     = one(aws_eks_cluster.this.compute_config).node_role_arn == null
    error_message = "EKS refuses a node role without a built-in pool"
  }
}

################################################################################
# What is refused
################################################################################

run "refuses_the_whole_internet" {
  command = plan

  variables {
    public_access_cidrs = ["0.0.0.0/0"]
  }

  expect_failures = [var.public_access_cidrs]
}

run "refuses_half_of_the_internet" {
  command = plan

  variables {
    public_access_cidrs = ["0.0.0.0/1", "128.0.0.0/1"]
  }

  expect_failures = [var.public_access_cidrs]
}

run "refuses_a_session_as_an_admin" {
  command = plan

  variables {
    admins = ["arn:aws:sts::111111111111:assumed-role/platform/ada"]
  }

  expect_failures = [var.admins]
}

run "refuses_a_whole_account_as_a_viewer" {
  command = plan

  variables {
    viewers = ["arn:aws:iam::111111111111:root"]
  }

  expect_failures = [var.viewers]
}

run "refuses_somebody_who_is_both" {
  command = plan

  variables {
    admins  = ["arn:aws:iam::111111111111:role/platform"]
    viewers = ["arn:aws:iam::111111111111:role/platform"]
  }

  expect_failures = [var.viewers]
}

run "refuses_a_patch_version" {
  command = plan

  variables {
    kubernetes_version = "1.36.1"
  }

  expect_failures = [var.kubernetes_version]
}

run "refuses_one_zone" {
  command = plan

  variables {
    subnet_ids = { eu-west-3a = "subnet-a" }
  }

  expect_failures = [var.subnet_ids]
}

run "refuses_to_forget_who_changed_what" {
  command = plan

  variables {
    log_types = ["api"]
  }

  expect_failures = [var.log_types]
}

run "refuses_services_on_public_addresses" {
  command = plan

  variables {
    service_cidr = "11.0.0.0/16"
  }

  expect_failures = [var.service_cidr]
}

run "refuses_a_built_in_pool_that_does_not_exist" {
  command = plan

  variables {
    auto_mode = {
      node_role_arn = "arn:aws:iam::111111111111:role/counter-production-auto-node"
      node_pools    = ["general-purpose", "gpu"]
    }
  }

  expect_failures = [var.auto_mode]
}
