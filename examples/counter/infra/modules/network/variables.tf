variable "name" {
  description = "Prefix of every name, usually `<platform>-<environment>`. The cluster that runs here has the same name; subnets are tagged with it so that Karpenter finds them."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}[a-z0-9]$", var.name))
    error_message = "name is 3 to 40 lower-case letters, digits and hyphens, and starts with a letter; names made of it then stay within what AWS allows."
  }
}

variable "cidr" {
  description = "IPv4 range of the VPC, from /16 to /20. It must not overlap with what it is peered with. It cannot be changed later."
  type        = string
  default     = "10.0.0.0/16"

  validation {
    condition     = can(cidrnetmask(var.cidr)) && try(cidrsubnet(var.cidr, 0, 0) == var.cidr, false)
    error_message = "cidr is an IPv4 range written from its first address, such as 10.0.0.0/16."
  }

  validation {
    condition     = try(tonumber(split("/", var.cidr)[1]) >= 16 && tonumber(split("/", var.cidr)[1]) <= 20, false)
    error_message = "cidr is between /16, the largest that AWS allows, and /20, below which private subnets are too small for pods."
  }
}

variable "zones" {
  description = "How many availability zones are used: 2 or 3. EKS and RDS need two; three keep two when one fails."
  type        = number
  default     = 3

  validation {
    condition     = contains([2, 3], var.zones)
    error_message = "zones is 2 or 3."
  }
}

variable "nat" {
  description = "How private subnets reach the internet. `per-zone`: a NAT gateway in each zone, nothing shared fails. `single`: one for all zones, cheaper, and a single point of failure. `none`: not at all; interface endpoints are then needed."
  type        = string
  default     = "per-zone"

  validation {
    condition     = contains(["per-zone", "single", "none"], var.nat)
    error_message = "nat is `per-zone`, `single` or `none`."
  }
}

variable "capacity" {
  description = "The most nodes and pods that run at once, in all zones together. The plan fails when they would not fit into the private subnets with one zone lost."
  type = object({
    nodes = number
    pods  = number
  })
  default = {
    nodes = 20
    pods  = 500
  }

  validation {
    condition     = var.capacity.nodes >= 1 && var.capacity.pods >= 1 && floor(var.capacity.nodes) == var.capacity.nodes && floor(var.capacity.pods) == var.capacity.pods
    error_message = "capacity.nodes and capacity.pods are whole numbers from 1."
  }
}

variable "flow_log_traffic" {
  description = "Which connections the flow log records: `ALL`, `ACCEPT` or `REJECT`."
  type        = string
  default     = "ALL"

  validation {
    condition     = contains(["ALL", "ACCEPT", "REJECT"], var.flow_log_traffic)
    error_message = "flow_log_traffic is `ALL`, `ACCEPT` or `REJECT`."
  }
}

variable "flow_log_retention_days" {
  description = "How many days the flow log is kept; one of the periods that CloudWatch Logs knows."
  type        = number
  default     = 90

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.flow_log_retention_days)
    error_message = "flow_log_retention_days is a period that CloudWatch Logs knows: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}

variable "tags" {
  description = "Tags of every resource, in addition to the provider's `default_tags`."
  type        = map(string)
  default     = {}
}
