# Who is trusted, to the letter.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
}

variables {
  name              = "counter-production-github-apply"
  description       = "Applies counter in production"
  oidc_provider_arn = "arn:aws:iam::222222222222:oidc-provider/token.actions.githubusercontent.com"
  environment       = "production"
  repository        = { owner = "acme", name = "counter", owner_id = "4321", id = "987654" }
}

run "both_forms_of_the_subject" {
  command = plan

  assert {
    condition = output.subjects == [
      "repo:acme@4321/counter@987654:environment:production",
      "repo:acme/counter:environment:production",
    ]
    error_message = "Both forms that GitHub sends, and nothing else."
  }

  assert {
    condition = { for condition in one(data.aws_iam_policy_document.trust.statement).condition : condition.variable => [condition.test, condition.values] } == {
      "token.actions.githubusercontent.com:aud"           = ["StringEquals", tolist(["sts.amazonaws.com"])]
      "token.actions.githubusercontent.com:sub"           = ["StringEquals", tolist(output.subjects)]
      "token.actions.githubusercontent.com:repository_id" = ["StringEquals", tolist(["987654"])]
    }
    error_message = "Whole values are compared: audience, subject and repository."
  }

  assert {
    condition     = !anytrue([for subject in output.subjects : strcontains(subject, "*") || strcontains(subject, "?")])
    error_message = "No patterns."
  }
}

run "without_ids_the_form_with_names" {
  command = plan

  variables {
    repository = { owner = "acme", name = "counter" }
  }

  assert {
    condition     = output.subjects == ["repo:acme/counter:environment:production"]
    error_message = "What is not known is not guessed."
  }

  assert {
    condition     = length(one(data.aws_iam_policy_document.trust.statement).condition) == 2
    error_message = "Nothing is compared with an id that is not known."
  }
}

run "refuses_every_repository_of_an_owner" {
  command = plan

  variables {
    repository = { owner = "acme", name = "*" }
  }

  expect_failures = [var.repository]
}

run "refuses_one_id_of_two" {
  command = plan

  variables {
    repository = { owner = "acme", name = "counter", id = "987654" }
  }

  expect_failures = [var.repository]
}

run "refuses_an_id_that_is_a_name" {
  command = plan

  variables {
    repository = { owner = "acme", name = "counter", owner_id = "acme", id = "987654" }
  }

  expect_failures = [var.repository]
}

run "refuses_every_environment" {
  command = plan

  variables {
    environment = "*"
  }

  expect_failures = [var.environment]
}

run "refuses_an_environment_that_would_add_to_the_subject" {
  command = plan

  variables {
    environment = "production:ref:refs/heads/main"
  }

  expect_failures = [var.environment]
}

run "refuses_an_administrator" {
  command = plan

  variables {
    managed_policy_arns = ["arn:aws:iam::aws:policy/AdministratorAccess"]
  }

  expect_failures = [var.managed_policy_arns]
}

run "refuses_another_issuer" {
  command = plan

  variables {
    oidc_provider_arn = "arn:aws:iam::222222222222:oidc-provider/token.example.com"
  }

  expect_failures = [var.oidc_provider_arn]
}
