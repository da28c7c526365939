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
    defaults = { arn = "arn:aws:iam::111111111111:role/counter-production-karpenter" }
  }

  mock_resource "aws_sqs_queue" {
    defaults = {
      arn = "arn:aws:sqs:eu-west-3:111111111111:counter-production-karpenter"
      url = "https://sqs.eu-west-3.amazonaws.com/111111111111/counter-production-karpenter"
    }
  }

  mock_resource "aws_cloudwatch_event_rule" {
    defaults = { arn = "arn:aws:events:eu-west-3:111111111111:rule/counter-production-health" }
  }
}

variables {
  cluster_name              = "counter-production"
  cluster_security_group_id = "sg-0123456789abcdef0"
}

################################################################################
# Permissions
################################################################################

run "starts_and_ends_only_its_own" {
  # Whatever makes, tags or ends something is tied to the tags of this cluster, or to the role of its nodes.
  assert {
    condition = alltrue([
      for statement in concat(data.aws_iam_policy_document.node_lifecycle.statement, data.aws_iam_policy_document.iam.statement) :
      statement.sid == "StartFromWhatIsThere" || statement.sid == "GiveNodesTheirRole" || anytrue([
        for condition in statement.condition : contains(["aws:RequestTag/kubernetes.io/cluster/counter-production", "aws:ResourceTag/kubernetes.io/cluster/counter-production"], condition.variable) && condition.values == tolist(["owned"])
      ])
    ])
    error_message = "a statement that writes is not tied to this cluster"
  }

  assert {
    condition     = alltrue(flatten([for statement in data.aws_iam_policy_document.node_lifecycle.statement : [for resource in statement.resources : resource != "*"]]))
    error_message = "nothing that writes is allowed on everything"
  }

  assert {
    condition     = one([for statement in data.aws_iam_policy_document.iam.statement : statement.resources if statement.sid == "GiveNodesTheirRole"]) == toset([aws_iam_role.node.arn])
    error_message = "it hands out the nodes' role and no other"
  }
}

run "reads_what_cannot_be_restricted" {
  assert {
    condition = alltrue(flatten([
      for document in [data.aws_iam_policy_document.node_lifecycle, data.aws_iam_policy_document.iam, data.aws_iam_policy_document.interruption, data.aws_iam_policy_document.discovery, data.aws_iam_policy_document.zonal_shift] : [
        for statement in document.statement : [
          for action in statement.actions : can(regex(":(Describe|Get|List)[A-Za-z]+$", action)) || !contains(statement.resources, "*")
        ]
      ]
    ]))
    error_message = "on everything, only reading is allowed"
  }

  assert {
    condition     = !anytrue(flatten([for document in [data.aws_iam_policy_document.node_lifecycle, data.aws_iam_policy_document.iam, data.aws_iam_policy_document.discovery, data.aws_iam_policy_document.zonal_shift, data.aws_iam_policy_document.interruption] : [for statement in document.statement : [for action in statement.actions : strcontains(action, "*")]]]))
    error_message = "no action has a wildcard"
  }
}

run "trusts_one_service_account" {
  assert {
    condition = {
      for condition in one(data.aws_iam_policy_document.controller_trust.statement).condition : condition.variable => one(condition.values)
      } == {
      "aws:RequestTag/eks-cluster-arn"            = "arn:aws:eks:eu-west-3:111111111111:cluster/counter-production"
      "aws:RequestTag/kubernetes-namespace"       = "kube-system"
      "aws:RequestTag/kubernetes-service-account" = "karpenter"
    }
    error_message = "only Karpenter of this cluster gets the role"
  }

  assert {
    condition     = aws_eks_pod_identity_association.controller.namespace == "kube-system" && aws_eks_pod_identity_association.controller.service_account == "karpenter"
    error_message = "Karpenter has an identity"
  }
}

run "nodes_join_and_pull_and_no_more" {
  assert {
    condition     = toset(keys(aws_iam_role_policy_attachment.node)) == toset(["AmazonEC2ContainerRegistryPullOnly", "AmazonEKSWorkerNodePolicy"]) && aws_eks_access_entry.node.type == "EC2_LINUX"
    error_message = "nodes may join and pull images"
  }
}

################################################################################
# Interruptions
################################################################################

run "hears_of_every_interruption" {
  assert {
    condition = toset([for rule in aws_cloudwatch_event_rule.interruption : one(jsondecode(rule.event_pattern)["detail-type"])]) == toset([
      "AWS Health Event",
      "EC2 Capacity Reservation Instance Interruption Warning",
      "EC2 Instance Rebalance Recommendation",
      "EC2 Instance State-change Notification",
      "EC2 Spot Instance Interruption Warning",
    ])
    error_message = "every event that Karpenter handles reaches the queue"
  }

  assert {
    condition     = alltrue([for target in aws_cloudwatch_event_target.interruption : target.arn == aws_sqs_queue.interruption.arn])
    error_message = "every rule sends to the queue"
  }

  assert {
    condition     = aws_sqs_queue.interruption.sqs_managed_sse_enabled && aws_sqs_queue.interruption.message_retention_seconds == 300
    error_message = "the queue is encrypted, and old news is dropped"
  }
}

run "only_these_rules_write_to_the_queue" {
  assert {
    condition     = one([for statement in data.aws_iam_policy_document.interruption_queue.statement : one(statement.condition).variable if statement.sid == "EventsOfTheseRules"]) == "aws:SourceArn"
    error_message = "nobody else's events arrive"
  }
}

run "names_stay_within_the_limits" {
  variables {
    cluster_name = "a-platform-whose-name-has-forty-letters1"
  }

  assert {
    condition     = alltrue([for rule in aws_cloudwatch_event_rule.interruption : length(rule.name) <= 64]) && length(aws_iam_role.node.name) <= 64 && length(aws_iam_role.controller.name) <= 64
    error_message = "the longest name that is allowed makes no name that AWS refuses"
  }
}

run "finds_the_clusters_security_group" {
  assert {
    condition     = aws_ec2_tag.security_group.key == "karpenter.sh/discovery" && aws_ec2_tag.security_group.value == "counter-production"
    error_message = "Karpenter's nodes get the cluster's security group"
  }
}

run "refuses_a_name_that_would_be_too_long" {
  command = plan

  variables {
    cluster_name = "a-platform-whose-name-has-forty-one-lette"
  }

  expect_failures = [var.cluster_name]
}

run "refuses_a_namespace_that_is_none" {
  command = plan

  variables {
    namespace = "Kube_System"
  }

  expect_failures = [var.namespace]
}
