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
  name         = "counter-production-load-balancer"
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
      "aws:RequestTag/kubernetes-service-account" = "aws-load-balancer-controller"
    }
    error_message = "no other service account, namespace or cluster gets the role"
  }

  assert {
    condition     = aws_eks_pod_identity_association.this.namespace == "kube-system" && aws_eks_pod_identity_association.this.service_account == "aws-load-balancer-controller"
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

run "changes_only_load_balancers_of_this_cluster" {
  assert {
    condition = alltrue([
      for statement in data.aws_iam_policy_document.this.statement : anytrue([
        for condition in statement.condition : endswith(condition.variable, "/elbv2.k8s.aws/cluster") && contains(condition.values, "counter-production")
      ]) if contains(["MakeLoadBalancers", "TagItsLoadBalancers", "ChangeAndRemoveItsLoadBalancers", "TagLoadBalancersThatAreMade", "TagSecurityGroupsThatAreMade", "TagItsSecurityGroups", "RemoveItsSecurityGroups"], statement.sid)
    ])
    error_message = "what another cluster made is not touched"
  }

  assert {
    condition     = toset([for statement in data.aws_iam_policy_document.this.statement : statement.sid if contains(statement.resources, "*")]) == toset(["Look", "CertificatesAndProtection", "SetFirewall"])
    error_message = "on everything there is only reading, and attaching what an object names"
  }
}
