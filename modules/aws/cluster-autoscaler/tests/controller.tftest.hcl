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
    defaults = { arn = "arn:aws:iam::111111111111:role/counter-production-controller" }
  }
}

variables {
  name         = "counter-production-cluster-autoscaler"
  cluster_name = "counter-production"
  cluster_arn  = "arn:aws:eks:eu-west-3:111111111111:cluster/counter-production"
}

run "trusts_one_service_account" {
  assert {
    condition = {
      for condition in one(data.aws_iam_policy_document.trust.statement).condition : condition.variable => one(condition.values)
      } == {
      "aws:RequestTag/eks-cluster-arn"            = "arn:aws:eks:eu-west-3:111111111111:cluster/counter-production"
      "aws:RequestTag/kubernetes-namespace"       = "kube-system"
      "aws:RequestTag/kubernetes-service-account" = "cluster-autoscaler"
    }
    error_message = "no other service account, namespace or cluster gets the role"
  }

  assert {
    condition     = aws_eks_pod_identity_association.this.namespace == "kube-system" && aws_eks_pod_identity_association.this.service_account == "cluster-autoscaler"
    error_message = "the controller has an identity"
  }
}

run "no_action_is_a_pattern" {
  assert {
    condition     = !anytrue(flatten([for statement in data.aws_iam_policy_document.this.statement : [for action in statement.actions : strcontains(action, "*")]]))
    error_message = "every action is written out"
  }
}

run "refuses_a_pattern_for_a_service_account" {
  command = plan

  variables {
    service_account = "external-*"
  }

  expect_failures = [var.service_account]
}

run "refuses_a_cluster_that_is_a_pattern" {
  command = plan

  variables {
    cluster_arn = "arn:aws:eks:eu-west-3:111111111111:cluster/*"
  }

  expect_failures = [var.cluster_arn]
}

run "resizes_this_clusters_groups_only" {
  assert {
    condition = {
      for condition in one([for statement in data.aws_iam_policy_document.this.statement : statement.condition if statement.sid == "ResizeGroupsOfThisCluster"]) : condition.variable => one(condition.values)
    } == { "aws:ResourceTag/k8s.io/cluster-autoscaler/counter-production" = "owned" }
    error_message = "groups of other clusters keep their size"
  }

  assert {
    condition = alltrue(flatten([
      for statement in data.aws_iam_policy_document.this.statement : [for action in statement.actions : can(regex(":(Describe|Get)[A-Za-z]+$", action))] if contains(statement.resources, "*")
    ]))
    error_message = "on everything, only reading is allowed"
  }
}
