# Which tags can move, what expires and what never does, and who may pull.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
}

variables {
  name     = "counter"
  services = ["api", "web"]
}

run "releases_stay_and_branches_move" {
  command = apply

  assert {
    condition     = aws_ecr_repository.release["api"].name == "counter/api" && aws_ecr_repository.release["api"].image_tag_mutability == "IMMUTABLE"
    error_message = "A release's tag cannot be moved."
  }

  assert {
    condition     = aws_ecr_repository.branch["api"].name == "counter/branches/api" && aws_ecr_repository.branch["api"].image_tag_mutability == "MUTABLE"
    error_message = "A branch's tag follows the branch."
  }

  assert {
    condition     = alltrue([for policy in aws_ecr_lifecycle_policy.branch : !contains([for repository in aws_ecr_repository.release : repository.name], policy.repository)])
    error_message = "Nothing expires among the releases."
  }

  assert {
    condition = alltrue([
      for policy in aws_ecr_lifecycle_policy.branch :
      jsondecode(policy.policy).rules[0].selection.tagPatternList[0] == "deployed-*" &&
      alltrue([for rule in slice(jsondecode(policy.policy).rules, 1, 3) : rule.rulePriority > jsondecode(policy.policy).rules[0].rulePriority])
    ])
    error_message = "The rule that keeps what is deployed comes before those that expire."
  }

  assert {
    condition     = alltrue([for repository in merge(aws_ecr_repository.release, aws_ecr_repository.branch) : one(repository.image_scanning_configuration).scan_on_push])
    error_message = "Every push is scanned."
  }

  assert {
    condition     = length(aws_ecr_repository_policy.pull) == 0
    error_message = "Nobody else pulls unless named."
  }
}

run "other_environments_pull_and_no_more" {
  command = apply

  variables {
    pull_accounts = ["111111111111"]
  }

  assert {
    condition     = toset(keys(aws_ecr_repository_policy.pull)) == toset(["api", "web", "branches/api", "branches/web"])
    error_message = "All repositories can be pulled from."
  }

  assert {
    condition     = one(one(data.aws_iam_policy_document.pull.statement).principals).identifiers == toset(["arn:aws:iam::111111111111:root"])
    error_message = "Only the named account."
  }

  assert {
    condition     = alltrue([for action in one(data.aws_iam_policy_document.pull.statement).actions : !strcontains(action, "*") && !strcontains(action, "Put") && !strcontains(action, "Upload")])
    error_message = "Pulling needs no right to write."
  }
}

run "refuses_everybody" {
  command = plan

  variables {
    pull_accounts = ["*"]
  }

  expect_failures = [var.pull_accounts]
}

run "refuses_a_service_in_the_place_of_the_branches" {
  command = plan

  variables {
    services = ["branches"]
  }

  expect_failures = [var.services]
}

run "refuses_a_name_that_ecr_refuses" {
  command = plan

  variables {
    services = ["Api"]
  }

  expect_failures = [var.services]
}
