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
  name         = "counter-production-external-secrets"
  cluster_name = "counter-production"
  cluster_arn  = "arn:aws:eks:eu-west-3:111111111111:cluster/counter-production"
  prefix       = "counter-production"
}

run "trusts_one_service_account" {
  assert {
    condition = {
      for condition in one(data.aws_iam_policy_document.trust.statement).condition : condition.variable => one(condition.values)
      } == {
      "aws:RequestTag/eks-cluster-arn"            = "arn:aws:eks:eu-west-3:111111111111:cluster/counter-production"
      "aws:RequestTag/kubernetes-namespace"       = "external-secrets"
      "aws:RequestTag/kubernetes-service-account" = "external-secrets"
    }
    error_message = "no other service account, namespace or cluster gets the role"
  }

  assert {
    condition     = aws_eks_pod_identity_association.this.namespace == "external-secrets" && aws_eks_pod_identity_association.this.service_account == "external-secrets"
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

run "reads_this_platforms_secrets" {
  assert {
    condition     = one([for statement in data.aws_iam_policy_document.this.statement : statement.resources if statement.sid == "SecretsOfThePlatform"]) == toset(["arn:aws:secretsmanager:eu-west-3:111111111111:secret:counter-production/*"])
    error_message = "secrets of other platforms and environments stay closed"
  }

  assert {
    condition = alltrue([
      for statement in data.aws_iam_policy_document.this.statement : anytrue([for condition in statement.condition : startswith(condition.variable, "aws:ResourceTag/aws:rds:")]) if startswith(statement.sid, "MasterPasswords")
    ])
    error_message = "of RDS's secrets only those of this platform's databases are read"
  }

  assert {
    condition     = alltrue(flatten([for statement in data.aws_iam_policy_document.this.statement : [for action in statement.actions : contains(["kms:Decrypt", "secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"], action)]]))
    error_message = "it reads and does not write"
  }
}

run "refuses_a_prefix_that_is_everybodys" {
  command = plan

  variables {
    prefix = "*"
  }

  expect_failures = [var.prefix]
}
