# When an alarm comes.

mock_provider "aws" {}

variables {
  name         = "counter-production"
  limit_amount = "600.0"
  topic_arn    = "arn:aws:sns:eu-west-3:222222222222:counter-production-alarms"
}

run "half_four_fifths_all_and_forecast" {
  command = plan

  assert {
    condition = toset([for notification in aws_budgets_budget.this.notification : "${notification.notification_type} ${notification.threshold}"]) == toset([
      "ACTUAL 50", "ACTUAL 80", "ACTUAL 100", "FORECASTED 100",
    ])
    error_message = "Alarms at half, four fifths and all of it, and at a forecast of more."
  }

  assert {
    condition     = alltrue([for notification in aws_budgets_budget.this.notification : notification.subscriber_sns_topic_arns == toset([var.topic_arn])])
    error_message = "Each alarm goes to the topic."
  }

  assert {
    condition     = length(aws_budgets_budget.this.cost_filter) == 0
    error_message = "Without a tag it is the account's."
  }
}

run "one_of_several_in_an_account" {
  command = plan

  variables {
    tag = { key = "environment", value = "production" }
  }

  assert {
    condition     = one(aws_budgets_budget.this.cost_filter).values == tolist(["user:environment$production"])
    error_message = "Only what carries the tag counts."
  }
}

run "refuses_nothing" {
  command = plan

  variables {
    limit_amount = "0"
  }

  expect_failures = [var.limit_amount]
}

run "refuses_an_amount_with_its_currency" {
  command = plan

  variables {
    limit_amount = "60 USD"
  }

  expect_failures = [var.limit_amount]
}
