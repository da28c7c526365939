variable "name" {
  description = "Name of the cluster that exists."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$", var.name))
    error_message = "name is the name of an EKS cluster: up to 100 letters, digits, hyphens and underscores."
  }
}

variable "vpc_id" {
  description = "The VPC that it must stand in: databases admit it by its security group, which works within one VPC."
  type        = string

  validation {
    condition     = can(regex("^vpc-[0-9a-f]{8,17}$", var.vpc_id))
    error_message = "vpc_id looks like vpc-0123456789abcdef0."
  }
}
