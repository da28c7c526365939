# Who may be the service, and what the service may do.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }

  mock_data "aws_caller_identity" {
    defaults = { account_id = "222222222222" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::222222222222:role/counter-production-api" }
  }
}

variables {
  name            = "counter-production-api"
  cluster_name    = "counter-production"
  cluster_arn     = "arn:aws:eks:eu-west-3:222222222222:cluster/counter-production"
  namespace       = "counter"
  service_account = "api"
}

run "only_this_service_account_of_this_cluster" {
  command = apply

  assert {
    condition = { for condition in one(data.aws_iam_policy_document.trust.statement).condition : condition.variable => [condition.test, one(condition.values)] } == {
      "aws:SourceAccount"                         = ["StringEquals", "222222222222"]
      "aws:RequestTag/eks-cluster-arn"            = ["StringEquals", "arn:aws:eks:eu-west-3:222222222222:cluster/counter-production"]
      "aws:RequestTag/kubernetes-namespace"       = ["StringEquals", "counter"]
      "aws:RequestTag/kubernetes-service-account" = ["StringEquals", "api"]
    }
    error_message = "Account, cluster, namespace and service account are all compared whole."
  }

  assert {
    condition     = one(data.aws_iam_policy_document.trust.statement).actions == toset(["sts:AssumeRole", "sts:TagSession"])
    error_message = "Without TagSession Pod Identity fails."
  }

  assert {
    condition     = length(aws_iam_role_policy.bucket) + length(aws_iam_role_policy.secrets) == 0
    error_message = "A service that uses nothing may do nothing."
  }

  assert {
    condition     = aws_eks_pod_identity_association.this.role_arn == aws_iam_role.this.arn
    error_message = "The association gives this role."
  }
}

run "reads_or_writes_as_said" {
  command = apply

  variables {
    buckets = {
      photos  = { arn = "arn:aws:s3:::counter-production-photos", kms_key_arn = "arn:aws:kms:eu-west-3:222222222222:key/1", write = true }
      reports = { arn = "arn:aws:s3:::counter-production-reports", kms_key_arn = "arn:aws:kms:eu-west-3:222222222222:key/1", write = false }
    }
  }

  assert {
    condition     = one([for statement in data.aws_iam_policy_document.bucket["reports"].statement : statement.actions if statement.sid == "Objects"]) == toset(["s3:GetObject"])
    error_message = "Who reads does not write."
  }

  assert {
    condition     = one([for statement in data.aws_iam_policy_document.bucket["photos"].statement : statement.resources if statement.sid == "Objects"]) == toset(["arn:aws:s3:::counter-production-photos/*"])
    error_message = "Objects of the one bucket."
  }
}

run "refuses_every_bucket" {
  command = plan

  variables {
    buckets = { all = { arn = "arn:aws:s3:::*", kms_key_arn = "arn:aws:kms:eu-west-3:222222222222:key/1", write = true } }
  }

  expect_failures = [var.buckets]
}

run "refuses_every_secret" {
  command = plan

  variables {
    secrets = { all = { arn = "arn:aws:secretsmanager:eu-west-3:222222222222:secret:*", kms_key_arn = "arn:aws:kms:eu-west-3:222222222222:key/1" } }
  }

  expect_failures = [var.secrets]
}

run "refuses_every_namespace" {
  command = plan

  variables {
    namespace = "*"
  }

  expect_failures = [var.namespace]
}

run "refuses_every_service_account" {
  command = plan

  variables {
    service_account = "*"
  }

  expect_failures = [var.service_account]
}

run "refuses_every_cluster" {
  command = plan

  variables {
    cluster_arn = "arn:aws:eks:eu-west-3:222222222222:cluster/*"
  }

  expect_failures = [var.cluster_arn]
}
