################################################################################
# Server: what stands before the database
################################################################################

# It has no egress rule: a database only answers, and answers need none.
resource "aws_security_group" "server" {
  # checkov:skip=CKV2_AWS_5:the database takes it by this module's output, which checkov does not follow

  name        = var.name
  description = "Database ${var.name}: reachable from its clients on port ${var.port}"
  vpc_id      = var.vpc_id

  tags = { Name = var.name }
}

################################################################################
# Clients: one group for each workload that uses the database
################################################################################

# Given to pods by a SecurityGroupPolicy. A pod without the group does not reach the port, wherever it runs.
resource "aws_security_group" "client" {
  # checkov:skip=CKV2_AWS_5:attached to pods by a SecurityGroupPolicy in the cluster

  for_each = var.clients

  name        = "${var.name}-from-${each.key}"
  description = "Pods of ${each.key}: may reach database ${var.name}"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name}-from-${each.key}" }
}

resource "aws_vpc_security_group_egress_rule" "client" {
  for_each = var.clients

  security_group_id            = aws_security_group.client[each.key].id
  description                  = "PostgreSQL of ${var.name}"
  referenced_security_group_id = aws_security_group.server.id
  ip_protocol                  = "tcp"
  from_port                    = var.port
  to_port                      = var.port
}

resource "aws_vpc_security_group_ingress_rule" "client" {
  for_each = var.clients

  security_group_id            = aws_security_group.server.id
  description                  = "Pods of ${each.key}"
  referenced_security_group_id = aws_security_group.client[each.key].id
  ip_protocol                  = "tcp"
  from_port                    = var.port
  to_port                      = var.port
}

################################################################################
# Shared sources: where pods cannot have groups of their own
################################################################################

# EKS Auto Mode gives one group to all pods of a node class, and instances without trunk interfaces (t3, t4g) give
# pods the node's. There the network policies in the cluster say which pod may go out to the database.
resource "aws_vpc_security_group_ingress_rule" "source" {
  for_each = var.source_security_groups

  security_group_id            = aws_security_group.server.id
  description                  = "Pods in group ${each.key}"
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = var.port
  to_port                      = var.port
}
