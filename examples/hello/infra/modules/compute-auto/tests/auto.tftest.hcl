mock_provider "aws" {
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  cluster_name = "counter-production"
}

run "nodes_join_and_pull_and_no_more" {
  assert {
    condition     = toset([for attachment in aws_iam_role_policy_attachment.node : attachment.policy_arn]) == toset(["arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly", "arn:aws:iam::aws:policy/AmazonEKSWorkerNodeMinimalPolicy"])
    error_message = "Auto Mode's nodes need the minimal policy and images"
  }

  assert {
    condition     = output.node_role_name == "counter-production-auto-node"
    error_message = "NodeClasses name the role by its computed name"
  }

  assert {
    condition     = one(one(data.aws_iam_policy_document.trust.statement).principals).identifiers == toset(["ec2.amazonaws.com"])
    error_message = "only instances get the role"
  }
}

run "refuses_a_name_that_would_be_too_long" {
  command = plan

  variables {
    cluster_name = "a-platform-whose-name-has-forty-one-lette"
  }

  expect_failures = [var.cluster_name]
}
