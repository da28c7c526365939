# What each role may do, and what it is refused.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }

  mock_data "aws_caller_identity" {
    defaults = { account_id = "222222222222" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
}

variables {
  prefix            = "counter-production"
  regions           = ["eu-west-3", "us-east-1"]
  plan_role_name    = "counter-production-github-plan"
  apply_role_name   = "counter-production-github-apply"
  oidc_provider_arn = "arn:aws:iam::222222222222:oidc-provider/token.actions.githubusercontent.com"
  repository        = { owner = "acme", name = "counter", owner_id = "4321", id = "987654" }
  plan_environment  = "production-plan"
  apply_environment = "production"
  state_bucket      = "counter-222222222222-eu-west-3-tofu"
  state_prefix      = "production"
  state_kms_key_arn = "arn:aws:kms:eu-west-3:222222222222:key/00000000-0000-4000-8000-000000000000"
}

run "planning_reads_no_secret_and_no_object" {
  command = plan

  assert {
    condition = alltrue([
      for action in ["secretsmanager:GetSecretValue", "dynamodb:GetItem", "logs:GetLogEvents", "sqs:ReceiveMessage"] :
      contains(flatten([for statement in data.aws_iam_policy_document.plan.statement : tolist(statement.actions) if statement.effect == "Deny" && statement.resources == toset(["*"])]), action)
    ])
    error_message = "Data is refused."
  }

  assert {
    condition = one([
      for statement in data.aws_iam_policy_document.plan.statement : statement.not_resources
      if statement.effect == "Deny" && contains(statement.actions, "s3:GetObject*")
    ]) == toset(["arn:aws:s3:::counter-222222222222-eu-west-3-tofu/*"])
    error_message = "Objects other than states are refused."
  }

  assert {
    condition = !anytrue(flatten([
      for statement in data.aws_iam_policy_document.plan.statement : [for action in statement.actions : can(regex(":(Put|Create|Delete|Update|Modify)", action))]
      if statement.effect != "Deny"
    ]))
    error_message = "Planning changes nothing."
  }
}

run "each_role_has_its_environment" {
  command = plan

  assert {
    condition     = alltrue([for subject in module.plan.subjects : endswith(subject, ":environment:production-plan")])
    error_message = "Plans come from their environment."
  }

  assert {
    condition     = alltrue([for subject in module.apply.subjects : endswith(subject, ":environment:production")])
    error_message = "Applies come from theirs."
  }
}

run "applying_stays_in_its_regions_names_and_states" {
  command = plan

  assert {
    condition = alltrue([
      for statement in data.aws_iam_policy_document.apply.statement :
      one(statement.condition).variable == "aws:RequestedRegion" && one(statement.condition).values == tolist(["eu-west-3", "us-east-1"])
      if statement.sid == "ServicesInTheseRegions"
    ])
    error_message = "Whole services, but only in these regions."
  }

  assert {
    condition     = one([for statement in data.aws_iam_policy_document.apply.statement : statement.resources if statement.sid == "WriteStates"]) == toset(["arn:aws:s3:::counter-222222222222-eu-west-3-tofu/production/*"])
    error_message = "Only the environment's own states are written."
  }

  assert {
    condition = alltrue(flatten([
      for statement in data.aws_iam_policy_document.apply_iam.statement : [for resource in statement.resources : strcontains(resource, "/counter-production")]
      if contains(["OwnRoles", "GiveRolesToServices"], statement.sid)
    ]))
    error_message = "Only roles of the environment are made and given away."
  }

  assert {
    condition     = !contains(flatten([for statement in data.aws_iam_policy_document.apply_iam.statement : tolist(statement.actions) if statement.effect != "Deny"]), "iam:*")
    error_message = "No right to all of IAM."
  }

  assert {
    condition = alltrue([
      for name in ["oidc-provider/*", "role/counter-production-github-apply", "role/counter-production-github-plan"] :
      contains(one([for statement in data.aws_iam_policy_document.apply_iam.statement : statement.resources if statement.sid == "NotItself"]), "arn:aws:iam::222222222222:${name}")
    ])
    error_message = "A role cannot change who may take it."
  }
}

run "a_boundary_is_demanded" {
  command = plan

  variables {
    permissions_boundary_arn = "arn:aws:iam::222222222222:policy/boundary"
  }

  assert {
    condition = one([
      for statement in data.aws_iam_policy_document.apply_iam.statement : one(statement.condition)
      if statement.sid == "RolesNeedTheBoundary" && statement.effect == "Deny"
    ]).values == tolist(["arn:aws:iam::222222222222:policy/boundary"])
    error_message = "A role without the boundary is refused."
  }
}

run "refuses_one_environment_for_both" {
  command = plan

  variables {
    plan_environment = "production"
  }

  expect_failures = [var.apply_environment]
}

run "refuses_a_prefix_that_reaches_further" {
  command = plan

  variables {
    prefix = "counter"
  }

  expect_failures = [var.prefix]
}

run "refuses_every_region" {
  command = plan

  variables {
    regions = ["*"]
  }

  expect_failures = [var.regions]
}

run "refuses_every_state" {
  command = plan

  variables {
    state_prefix = "*"
  }

  expect_failures = [var.state_prefix]
}
