# Names and the records that prove them.

mock_provider "aws" {
  mock_resource "aws_acm_certificate" {
    defaults = {
      arn = "arn:aws:acm:eu-west-3:222222222222:certificate/00000000-0000-4000-8000-000000000000"
      domain_validation_options = [
        { domain_name = "*.counter.example.com", resource_record_name = "_a.counter.example.com.", resource_record_type = "CNAME", resource_record_value = "_b.acm-validations.aws." },
        { domain_name = "counter.example.com", resource_record_name = "_a.counter.example.com.", resource_record_type = "CNAME", resource_record_value = "_b.acm-validations.aws." },
      ]
    }
  }
}

variables {
  names   = ["counter.example.com", "*.counter.example.com"]
  zone_id = "Z0123456789ABCDEFGHIJ"
}

run "one_record_proves_a_name_and_all_below" {
  command = apply

  assert {
    condition     = toset(keys(aws_route53_record.validation)) == toset(["counter.example.com"])
    error_message = "The wildcard is proven by the name's own record."
  }

  assert {
    condition     = aws_acm_certificate.this.validation_method == "DNS"
    error_message = "Certificates renew by themselves."
  }
}

run "does_not_wait_for_a_zone_that_nobody_finds_yet" {
  command = apply

  variables {
    wait = false
  }

  assert {
    condition     = length(aws_acm_certificate_validation.this) == 0 && output.arn == aws_acm_certificate.this.arn
    error_message = "The certificate is there and waits for its zone by itself."
  }
}

run "refuses_a_star_in_the_middle" {
  command = plan

  variables {
    names = ["www.*.example.com"]
  }

  expect_failures = [var.names]
}

run "refuses_no_name" {
  command = plan

  variables {
    names = []
  }

  expect_failures = [var.names]
}
