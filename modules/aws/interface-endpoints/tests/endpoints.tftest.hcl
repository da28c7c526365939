mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { id = "eu-west-3" }
  }
}

variables {
  name       = "counter-production"
  vpc_id     = "vpc-0123456789abcdef0"
  vpc_cidr   = "10.0.0.0/16"
  subnet_ids = { eu-west-3a = "subnet-a", eu-west-3b = "subnet-b" }
}

run "a_cluster_without_nat_finds_what_it_needs" {
  assert {
    condition     = alltrue([for service in ["ec2", "ecr.api", "ecr.dkr", "eks", "eks-auth", "sts", "logs"] : contains(keys(aws_vpc_endpoint.this), service)])
    error_message = "nodes can join, pull images, assume roles and log"
  }

  assert {
    condition     = alltrue([for service, endpoint in aws_vpc_endpoint.this : endpoint.service_name == "com.amazonaws.eu-west-3.${service}" && endpoint.private_dns_enabled && endpoint.vpc_endpoint_type == "Interface" && length(endpoint.subnet_ids) == 2])
    error_message = "every endpoint answers by the service's usual name, in every zone"
  }
}

run "only_the_vpc_and_only_https" {
  assert {
    condition     = aws_vpc_security_group_ingress_rule.https.cidr_ipv4 == "10.0.0.0/16" && aws_vpc_security_group_ingress_rule.https.from_port == 443 && aws_vpc_security_group_ingress_rule.https.to_port == 443
    error_message = "the endpoints admit HTTPS from the VPC"
  }
}

run "those_asked_for_and_no_others" {
  variables {
    services = ["sts"]
  }

  assert {
    condition     = keys(aws_vpc_endpoint.this) == ["sts"]
    error_message = "each endpoint costs: there are none that nobody asked for"
  }
}

run "refuses_an_endpoint_for_s3" {
  command = plan

  variables {
    services = ["s3", "sts"]
  }

  expect_failures = [var.services]
}

run "refuses_whole_names" {
  command = plan

  variables {
    services = ["com.amazonaws.eu-west-3.sts"]
  }

  expect_failures = [var.services]
}

run "refuses_the_whole_internet" {
  command = plan

  variables {
    vpc_cidr = "0.0.0.0/0"
  }

  expect_failures = [var.vpc_cidr]
}
