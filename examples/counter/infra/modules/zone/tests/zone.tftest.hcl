# The zone, and who may make certificates for it.

mock_provider "aws" {}

variables {
  name    = "counter.example.com"
  comment = "counter in production"
}

run "only_acm_makes_certificates" {
  command = plan

  assert {
    condition     = aws_route53_record.caa.records == toset(["0 issue \"amazon.com\""])
    error_message = "Other authorities must refuse."
  }
}

run "refuses_a_dot_at_the_end" {
  command = plan

  variables {
    name = "counter.example.com."
  }

  expect_failures = [var.name]
}

run "refuses_a_zone_without_authority" {
  command = plan

  variables {
    certificate_authorities = []
  }

  expect_failures = [var.certificate_authorities]
}
