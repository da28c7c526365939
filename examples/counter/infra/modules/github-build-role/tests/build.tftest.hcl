# Builds push to these repositories and do nothing else.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
}

variables {
  name               = "counter-github-build"
  oidc_provider_arn  = "arn:aws:iam::222222222222:oidc-provider/token.actions.githubusercontent.com"
  repository         = { owner = "acme", name = "counter" }
  github_environment = "build"
  repository_arns    = ["arn:aws:ecr:eu-west-3:222222222222:repository/counter/api"]
}

run "pushes_to_these_repositories_only" {
  command = plan

  assert {
    condition = alltrue([
      for statement in data.aws_iam_policy_document.push.statement :
      statement.resources == toset(["arn:aws:ecr:eu-west-3:222222222222:repository/counter/api"]) || statement.actions == toset(["ecr:GetAuthorizationToken"])
    ])
    error_message = "Only logging in knows no repository."
  }

  assert {
    condition     = !anytrue(flatten([for statement in data.aws_iam_policy_document.push.statement : [for action in statement.actions : strcontains(action, "*") || strcontains(action, "Delete") || strcontains(action, "Policy")]]))
    error_message = "A build deletes nothing and changes no policy."
  }
}

run "refuses_a_pattern" {
  command = plan

  variables {
    repository_arns = ["arn:aws:ecr:eu-west-3:222222222222:repository/*"]
  }

  expect_failures = [var.repository_arns]
}

run "refuses_no_repository" {
  command = plan

  variables {
    repository_arns = []
  }

  expect_failures = [var.repository_arns]
}
