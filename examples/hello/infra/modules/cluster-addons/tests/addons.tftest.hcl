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

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111111111111:role/counter-production-vpc-cni" }
  }
}

variables {
  cluster_name = "counter-production"

  addons = {
    kube-proxy = { version = "v1.36.0-eksbuild.14" }
    vpc-cni = {
      version       = "v1.22.4-eksbuild.3"
      configuration = "{\"env\":{\"ENABLE_PREFIX_DELEGATION\":\"true\"}}"
      identity = {
        role_name       = "counter-production-vpc-cni"
        service_account = "aws-node"
        policies        = ["AmazonEKS_CNI_Policy"]
      }
    }
  }
}

run "pins_versions" {
  assert {
    condition     = output.versions == { kube-proxy = "v1.36.0-eksbuild.14", vpc-cni = "v1.22.4-eksbuild.3" }
    error_message = "add-ons have the versions asked for"
  }

  assert {
    condition     = aws_eks_addon.this["vpc-cni"].configuration_values == var.addons["vpc-cni"].configuration
    error_message = "the configuration arrives"
  }
}

run "only_those_that_call_aws_have_a_role" {
  assert {
    condition     = keys(aws_iam_role.this) == ["vpc-cni"] && keys(aws_iam_role_policy_attachment.this) == ["vpc-cni/AmazonEKS_CNI_Policy"]
    error_message = "the CNI has a role with its policy, kube-proxy has none"
  }

  assert {
    condition     = one(aws_eks_addon.this["vpc-cni"].pod_identity_association).role_arn == aws_iam_role.this["vpc-cni"].arn && length(aws_eks_addon.this["kube-proxy"].pod_identity_association) == 0
    error_message = "the role is the CNI's"
  }
}

run "trusts_one_service_account_of_one_cluster" {
  assert {
    condition = {
      for condition in one(data.aws_iam_policy_document.trust["vpc-cni"].statement).condition : condition.variable => one(condition.values)
      } == {
      "aws:RequestTag/eks-cluster-arn"            = "arn:aws:eks:eu-west-3:111111111111:cluster/counter-production"
      "aws:RequestTag/kubernetes-service-account" = "aws-node"
    }
    error_message = "no other service account and no other cluster gets the role"
  }
}

run "refuses_a_version_that_moves" {
  command = plan

  variables {
    addons = { coredns = { version = "latest" } }
  }

  expect_failures = [var.addons]
}

run "refuses_a_configuration_that_is_no_json" {
  command = plan

  variables {
    addons = { coredns = { version = "v1.14.3-eksbuild.3", configuration = "replicas: 2" } }
  }

  expect_failures = [var.addons]
}

run "refuses_an_identity_that_may_do_nothing" {
  command = plan

  variables {
    addons = {
      vpc-cni = {
        version  = "v1.22.4-eksbuild.3"
        identity = { role_name = "counter-production-vpc-cni", service_account = "aws-node", policies = [] }
      }
    }
  }

  expect_failures = [var.addons]
}
