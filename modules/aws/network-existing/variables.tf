variable "name" {
  description = "Name of the cluster that runs here. Private subnets are tagged with it so that Karpenter finds them."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}[a-z0-9]$", var.name))
    error_message = "name is 3 to 40 lower-case letters, digits and hyphens, and starts with a letter."
  }
}

variable "vpc_id" {
  description = "Id of the VPC that exists."
  type        = string

  validation {
    condition     = can(regex("^vpc-[0-9a-f]{8,17}$", var.vpc_id))
    error_message = "vpc_id looks like vpc-0123456789abcdef0."
  }
}

variable "private_subnet_tags" {
  description = "Tags of the subnets for nodes and pods. The default is the tag by which internal load balancers find them."
  type        = map(string)
  default     = { "kubernetes.io/role/internal-elb" = "1" }

  validation {
    condition     = length(var.private_subnet_tags) > 0
    error_message = "private_subnet_tags names at least one tag; without one, every subnet of the VPC would match."
  }
}

variable "public_subnet_tags" {
  description = "Tags of the subnets for load balancers that face the internet. There may be none."
  type        = map(string)
  default     = { "kubernetes.io/role/elb" = "1" }

  validation {
    condition     = length(var.public_subnet_tags) > 0
    error_message = "public_subnet_tags names at least one tag; without one, every subnet of the VPC would match."
  }
}

variable "database_subnet_tags" {
  description = "Tags of the subnets for databases. The default puts databases beside the nodes."
  type        = map(string)
  default     = { "kubernetes.io/role/internal-elb" = "1" }

  validation {
    condition     = length(var.database_subnet_tags) > 0
    error_message = "database_subnet_tags names at least one tag; without one, every subnet of the VPC would match."
  }
}
