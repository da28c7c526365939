variable "name" {
  description = "Prefix of every name, usually `<platform>-<environment>`."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}[a-z0-9]$", var.name))
    error_message = "name is 3 to 40 lower-case letters, digits and hyphens, and starts with a letter."
  }
}

variable "vpc_id" {
  description = "Id of the VPC."
  type        = string

  validation {
    condition     = can(regex("^vpc-[0-9a-f]{8,17}$", var.vpc_id))
    error_message = "vpc_id looks like vpc-0123456789abcdef0."
  }
}

variable "vpc_cidr" {
  description = "IPv4 range that may use the endpoints: the VPC's."
  type        = string

  validation {
    condition     = can(cidrnetmask(var.vpc_cidr)) && !endswith(var.vpc_cidr, "/0")
    error_message = "vpc_cidr is an IPv4 range, and not the whole internet."
  }
}

variable "subnet_ids" {
  description = "Private subnets by zone. Each endpoint has an address in each of them, and is paid for by zone and hour."
  type        = map(string)

  validation {
    condition     = length(var.subnet_ids) >= 1
    error_message = "subnet_ids names at least one subnet."
  }
}

variable "services" {
  description = "Short names of the AWS services, as in `com.amazonaws.<region>.<name>`. The default is what a cluster without NAT needs. S3 is not one of them: it has a gateway endpoint."
  type        = set(string)
  default = [
    "autoscaling",
    "ec2",
    "ecr.api",
    "ecr.dkr",
    "eks",
    "eks-auth",
    "elasticloadbalancing",
    "kms",
    "logs",
    "secretsmanager",
    "sqs",
    "ssm",
    "sts",
  ]

  validation {
    condition     = length(var.services) >= 1 && alltrue([for service in var.services : can(regex("^[a-z][a-z0-9.-]*$", service)) && !startswith(service, "com.amazonaws.")])
    error_message = "services are short names such as `ecr.api`, at least one."
  }

  validation {
    condition     = !contains(var.services, "s3")
    error_message = "S3 is reached through the network's gateway endpoint, which is free."
  }
}

variable "tags" {
  description = "Tags of every resource, in addition to the provider's `default_tags`."
  type        = map(string)
  default     = {}
}
