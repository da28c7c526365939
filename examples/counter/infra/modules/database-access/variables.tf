variable "name" {
  description = "Name of the database's security group; those of its clients begin with it."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,190}$", var.name))
    error_message = "The name holds lower-case letters, digits and `-`, starts with a letter, and leaves room for a client's name."
  }
}

variable "vpc_id" {
  description = "VPC the database stands in."
  type        = string

  validation {
    condition     = startswith(var.vpc_id, "vpc-")
    error_message = "A VPC's id starts with `vpc-`."
  }
}

variable "port" {
  description = "Port the database listens on."
  type        = number
  default     = 5432

  validation {
    condition     = var.port >= 1150 && var.port <= 65535
    error_message = "RDS allows ports 1150 to 65535."
  }
}

variable "clients" {
  description = "Workloads that use the database: each gets a security group, and only these reach the port."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for client in var.clients : can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", client))])
    error_message = "A client is named as in Kubernetes: lower-case letters, digits and `-`."
  }
}

variable "source_security_groups" {
  description = "Ids of security groups that are admitted as a whole, by what they are; for compute whose pods have no groups of their own."
  type        = map(string)
  default     = {}
}
