# What is refused, what is only counted, and what is logged.

mock_provider "aws" {
  mock_resource "aws_wafv2_web_acl" {
    defaults = { arn = "arn:aws:wafv2:eu-west-3:222222222222:regional/webacl/counter-production/1" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-3:222222222222:log-group:aws-waf-logs-counter-production" }
  }
}

variables {
  name        = "counter-production"
  description = "Public routes of counter in production"
  rate_limit  = 2000
  kms_key_arn = "arn:aws:kms:eu-west-3:222222222222:key/00000000-0000-4000-8000-000000000000"
}

run "managed_rules_and_a_rate_limit" {
  command = plan

  assert {
    condition     = length(aws_wafv2_web_acl.this.rule) == 5 && length(distinct([for rule in aws_wafv2_web_acl.this.rule : rule.priority])) == 5
    error_message = "Four groups and the rate limit, each with a place of its own."
  }

  assert {
    condition = one([
      for rule in aws_wafv2_web_acl.this.rule : one(one(rule.statement).rate_based_statement).limit if rule.name == "rate-limit"
    ]) == 2000
    error_message = "The limit is the one that was asked for."
  }

  assert {
    condition     = alltrue([for rule in aws_wafv2_web_acl.this.rule : length(one(rule.override_action).none) == 1 if rule.name != "rate-limit"])
    error_message = "Groups refuse what they find."
  }

  assert {
    condition     = length(aws_wafv2_web_acl_logging_configuration.this.redacted_fields) == 2
    error_message = "Credentials are not logged."
  }
}

run "tried_out_without_refusing" {
  command = plan

  variables {
    count_only = true
  }

  assert {
    condition     = alltrue([for rule in aws_wafv2_web_acl.this.rule : length(one(rule.override_action).count) == 1 if rule.name != "rate-limit"])
    error_message = "Nothing is refused."
  }

  assert {
    condition     = one([for rule in aws_wafv2_web_acl.this.rule : length(one(rule.action).count) if rule.name == "rate-limit"]) == 1
    error_message = "Nor by the limit."
  }
}

run "a_single_rule_is_counted" {
  command = plan

  variables {
    counted_rules = { AWSManagedRulesCommonRuleSet = ["SizeRestrictions_BODY"] }
  }

  assert {
    condition = one([
      for rule in aws_wafv2_web_acl.this.rule : one(one(one(rule.statement).managed_rule_group_statement).rule_action_override).name
      if rule.name == "AWSManagedRulesCommonRuleSet"
    ]) == "SizeRestrictions_BODY"
    error_message = "The rule is counted, the others of its group refuse."
  }
}

run "refuses_a_limit_that_waf_refuses" {
  command = plan

  variables {
    rate_limit = 5
  }

  expect_failures = [var.rate_limit]
}
