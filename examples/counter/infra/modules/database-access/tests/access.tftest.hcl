# Who reaches the port, and that nobody else does.

mock_provider "aws" {}

variables {
  name   = "counter-production-counter"
  vpc_id = "vpc-0a1b2c3d4e5f60718"
}

run "each_client_has_a_way_there_and_in" {
  command = apply

  variables {
    clients = ["api", "report"]
  }

  assert {
    condition     = toset(keys(aws_vpc_security_group_ingress_rule.client)) == toset(["api", "report"])
    error_message = "One way in for each client."
  }

  assert {
    condition = alltrue([
      for client, rule in aws_vpc_security_group_ingress_rule.client :
      rule.security_group_id == aws_security_group.server.id &&
      rule.referenced_security_group_id == aws_security_group.client[client].id &&
      rule.ip_protocol == "tcp" && rule.from_port == 5432 && rule.to_port == 5432
    ])
    error_message = "A way in admits the client's own group to the port, and nothing wider."
  }

  assert {
    condition = alltrue([
      for client, rule in aws_vpc_security_group_egress_rule.client :
      rule.security_group_id == aws_security_group.client[client].id &&
      rule.referenced_security_group_id == aws_security_group.server.id &&
      rule.ip_protocol == "tcp" && rule.from_port == 5432 && rule.to_port == 5432
    ])
    error_message = "A client's group leads to the database and nowhere else."
  }

  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.source) == 0
    error_message = "Nothing shared is admitted unless it is named."
  }

  assert {
    condition     = output.client_security_group_ids["api"] == aws_security_group.client["api"].id
    error_message = "The group of a client is handed on."
  }
}

run "without_clients_nothing_gets_in" {
  command = plan

  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.client) + length(aws_vpc_security_group_ingress_rule.source) == 0
    error_message = "A database that nobody uses admits nobody."
  }
}

run "shared_pods_are_admitted_by_their_group" {
  command = plan

  variables {
    source_security_groups = { pods = "sg-0123456789abcdef0" }
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.source["pods"].referenced_security_group_id == "sg-0123456789abcdef0"
    error_message = "The named group is admitted."
  }
}

run "refuses_a_reserved_port" {
  command = plan

  variables {
    port = 80
  }

  expect_failures = [var.port]
}

run "refuses_what_is_no_vpc" {
  command = plan

  variables {
    vpc_id = "subnet-0a1b2c3d4e5f60718"
  }

  expect_failures = [var.vpc_id]
}

run "refuses_a_client_that_kubernetes_could_not_name" {
  command = plan

  variables {
    clients = ["Api_Service"]
  }

  expect_failures = [var.clients]
}
